// The log file of the server: where it lies, and how long its rotated files are kept.
#pragma once

#include <cstdint>

#include "base/logging.hpp"
#include "runtime/startup_file.hpp"
#include "runtime/task.hpp"
#include "server/settings.hpp"

namespace iggy::server {

/// The level to log at: that of RUST_LOG, else of `settings`, else info.
[[nodiscard]] base::LogLevel chosen_log_level(const LoggingSettings& settings,
                                              const runtime::Environment& environment);

/// <system.path>/<logging.path>/iggy-server.log
[[nodiscard]] base::LogFileOptions log_file_options(const SystemSettings& settings);

/// Removes the rotated files that are older than `retention`, and the oldest while all together are
/// larger than allowed; gives their count. Blocks.
std::uint64_t remove_old_log_files(const base::LogFileOptions& options, Duration retention);

/// Does that at once and then every `rotation_check_interval`, off the shard, until it is
/// cancelled.
runtime::Task<> keep_log_files_in_bounds(SystemSettings settings);

}  // namespace iggy::server
