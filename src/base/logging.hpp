// The log of the process: levelled lines, written by one sink that only logging.cpp knows.
#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "iggy/error.hpp"
#include "iggy/units.hpp"

namespace iggy::base {

enum class LogLevel : std::uint8_t { trace, debug, info, warning, error, off };

/// True if a line of `level` would be written: ask before building an expensive one.
[[nodiscard]] bool logs(LogLevel level);

/// Writes one line. Any thread may call it. Never a secret in it.
void write_log(LogLevel level, std::string_view line);

template <class... Args>
void log(LogLevel level, fmt::format_string<Args...> format, Args&&... args) {
  if (logs(level)) write_log(level, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_debug(fmt::format_string<Args...> format, Args&&... args) {
  log(LogLevel::debug, format, std::forward<Args>(args)...);
}
template <class... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  log(LogLevel::info, format, std::forward<Args>(args)...);
}
template <class... Args>
void log_warning(fmt::format_string<Args...> format, Args&&... args) {
  log(LogLevel::warning, format, std::forward<Args>(args)...);
}
template <class... Args>
void log_error(fmt::format_string<Args...> format, Args&&... args) {
  log(LogLevel::error, format, std::forward<Args>(args)...);
}

// Setting it up: to be called by the program alone. Until then lines from `info` on go to standard
// output.

void set_log_level(LogLevel level);
[[nodiscard]] LogLevel log_level();

/// The general level of a filter as RUST_LOG and system.logging.level hold it: "debug", or the part
/// without a target of "warn,server=debug". Parts that are not understood are skipped; nothing if
/// none is left.
[[nodiscard]] std::optional<LogLevel> parse_log_level(std::string_view filter);

/// A log file that is rotated by size: `path` is the newest, `path`.1 the next older, and so on.
struct LogFileOptions {
  std::string path;
  ByteSize max_file_size;   // 0: never rotated
  ByteSize max_total_size;  // of all together; 0: unlimited
};

/// How many rotated files are kept beside the one that is written.
[[nodiscard]] std::uint64_t rotated_files_max(const LogFileOptions& options);

/// From now on lines also go to this file, instead of to one opened before. Makes its directory.
/// Errors: io_error, lines go to standard output alone.
Result<> open_log_file(LogFileOptions options);

/// Opens the file anew under its name, so that somebody else could move it away.
/// Errors: io_error, lines go to standard output alone.
Result<> reopen_log_file();

/// Ends the log file; lines go to standard output alone.
void close_log_file();

}  // namespace iggy::base
