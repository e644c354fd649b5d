// The log of the process: levelled lines, written by one sink that only logging.cpp knows.
#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <string_view>

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

}  // namespace iggy::base
