// Choosing the log level, and removing old log files.
#include "server/log_files.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "runtime/disk.hpp"
#include "runtime/timer.hpp"
#include "runtime/workers.hpp"

namespace iggy::server {
namespace {

std::string rotated_path(const std::string& path, std::uint64_t number) {
  return fmt::format("{}.{}", path, number);
}

/// The rotated files, the newest first: number 1, 2 and so on, to the first that is not there.
std::vector<runtime::FileFacts> rotated_files(const std::string& path) {
  std::vector<runtime::FileFacts> files;
  while (true) {
    const auto facts = runtime::file_facts(rotated_path(path, files.size() + 1));
    if (!facts) return files;
    files.push_back(*facts);
  }
}

}  // namespace

base::LogLevel chosen_log_level(const LoggingSettings& settings,
                                const runtime::Environment& environment) {
  const auto variable = environment.find("RUST_LOG");
  if (variable != environment.end()) {
    if (const auto level = base::parse_log_level(variable->second)) return *level;
  }
  return base::parse_log_level(settings.level).value_or(base::LogLevel::info);
}

base::LogFileOptions log_file_options(const SystemSettings& settings) {
  const auto directory = runtime::join_path(settings.path, settings.logging.path);
  return {.path = runtime::join_path(directory, "iggy-server.log"),
          .max_file_size = settings.logging.max_file_size,
          .max_total_size = settings.logging.max_total_size};
}

std::uint64_t remove_old_log_files(const base::LogFileOptions& options, Duration retention) {
  auto files = rotated_files(options.path);
  const auto active = runtime::file_facts(options.path);
  auto total = active ? active->size.bytes : 0;
  for (const auto& file : files) total += file.size.bytes;

  // From the oldest on, so that the numbers of those that stay have no gap.
  std::uint64_t removed = 0;
  const auto size_max = options.max_total_size.bytes;
  while (!files.empty()) {
    const auto& oldest = files.back();
    const bool is_too_much = size_max != 0 && total > size_max;
    if (oldest.age <= retention && !is_too_much) break;
    if (!runtime::remove_file(rotated_path(options.path, files.size()))) break;
    total -= oldest.size.bytes;
    files.pop_back();
    ++removed;
  }
  return removed;
}

runtime::Task<> keep_log_files_in_bounds(SystemSettings settings) {
  const auto options = log_file_options(settings);
  const auto retention = settings.logging.retention;
  while (true) {
    const auto remove = [&options, retention] { return remove_old_log_files(options, retention); };
    const auto removed = co_await runtime::offload(remove);
    if (removed > 0) base::log_info("removed {} old log files", removed);
    const auto slept = co_await runtime::sleep(settings.logging.rotation_check_interval);
    if (!slept) co_return;
  }
}

}  // namespace iggy::server
