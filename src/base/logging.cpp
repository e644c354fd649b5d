// The log of the process, on spdlog: the console, and a file that is rotated by size.
#include "base/logging.hpp"

#include <fmt/format.h>
#include <spdlog/details/console_globals.h>
#include <spdlog/details/file_helper.h>
#include <spdlog/details/os.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

namespace iggy::base {
namespace {

namespace os = spdlog::details::os;

// The lock that spdlog itself puts around a sink: lines come from every thread.
using Lock = spdlog::details::console_mutex::mutex_t;

std::string rotated_path(const std::string& path, std::uint64_t number) {
  return fmt::format("{}.{}", path, number);
}

/// The file of the log; takes lines from the time it is opened to the time it is closed.
class FileSink final : public spdlog::sinks::base_sink<Lock> {
 public:
  Result<> open(LogFileOptions options) {
    const std::lock_guard guard(mutex_);
    options_ = std::move(options);
    return open_file();
  }

  Result<> reopen() {
    const std::lock_guard guard(mutex_);
    return is_open_ ? open_file() : Result<>{};
  }

  void close() {
    const std::lock_guard guard(mutex_);
    is_open_ = false;
    file_.close();
  }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (!is_open_) return;
    spdlog::memory_buf_t line;
    formatter_->format(message, line);

    const auto size_max = options_.max_file_size.bytes;
    if (size_max != 0 && size_ != 0 && size_ + line.size() > size_max) rotate();
    if (!is_open_) return;
    file_.write(line);
    file_.flush();
    size_ += line.size();
  }

  void flush_() override {
    if (is_open_) file_.flush();
  }

  Result<> open_file() {
    is_open_ = false;
    try {
      file_.open(options_.path);
      size_ = file_.size();
    } catch (const spdlog::spdlog_ex&) {
      file_.close();
      return fail(Error::io_error);
    }
    is_open_ = true;
    return {};
  }

  /// Moves each file to the next number; the oldest one falls off the end.
  void rotate() {
    file_.close();
    const auto& path = options_.path;
    const auto kept = rotated_files_max(options_);
    std::uint64_t last = 1;
    while (last < kept && os::path_exists(rotated_path(path, last))) ++last;
    for (; last > 1; --last) {
      os::rename(rotated_path(path, last - 1), rotated_path(path, last));
    }
    os::rename(path, rotated_path(path, 1));
    // Opened for appending: a file that could not be moved away is written on, not lost.
    if (!open_file()) return;
    size_ = 0;
  }

  LogFileOptions options_;
  spdlog::details::file_helper file_;
  std::uint64_t size_ = 0;
  bool is_open_ = false;
};

spdlog::color_mode color_mode() {
  return os::getenv("NO_COLOR").empty() ? spdlog::color_mode::automatic : spdlog::color_mode::never;
}

/// Standard output for what goes well; errors have standard error.
class OutputSink final : public spdlog::sinks::stdout_color_sink_mt {
 public:
  using Base = spdlog::sinks::stdout_color_sink_mt;
  using Base::Base;
  void log(const spdlog::details::log_msg& message) override {
    if (message.level < spdlog::level::err) Base::log(message);
  }
};

struct Log {
  std::shared_ptr<FileSink> file = std::make_shared<FileSink>();
  std::shared_ptr<spdlog::sinks::sink> errors =
      std::make_shared<spdlog::sinks::stderr_color_sink_mt>(color_mode());
  spdlog::logger logger{"iggy", {std::make_shared<OutputSink>(color_mode()), errors, file}};

  Log() {
    errors->set_level(spdlog::level::err);
    logger.set_formatter(std::make_unique<spdlog::pattern_formatter>(
        "%Y-%m-%dT%H:%M:%S.%fZ %^%-7l%$ %v", spdlog::pattern_time_type::utc));
    logger.set_level(spdlog::level::info);
  }
};

/// Never destroyed: what ends last may still have something to say.
Log& the_log() {
  static auto& log = *new Log;
  return log;
}

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::trace:
      return spdlog::level::trace;
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
    case LogLevel::off:
      break;
  }
  return spdlog::level::off;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

/// `line` without control characters: a name that a client chose must not forge another line.
std::string one_line(std::string_view line) {
  std::string text;
  for (const char c : line) {
    if (is_control(c)) {
      text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      text += c;
    }
  }
  return text;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::optional<LogLevel> level_named(std::string_view word) {
  static constexpr auto names = std::to_array<std::pair<std::string_view, LogLevel>>({
      {"trace", LogLevel::trace},
      {"debug", LogLevel::debug},
      {"info", LogLevel::info},
      {"warn", LogLevel::warning},
      {"warning", LogLevel::warning},
      {"error", LogLevel::error},
      {"off", LogLevel::off},
      {"none", LogLevel::off},
  });
  std::string lower(word);
  for (auto& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  for (const auto& [name, level] : names) {
    if (name == lower) return level;
  }
  return std::nullopt;
}

}  // namespace

bool logs(LogLevel level) { return the_log().logger.should_log(spdlog_level(level)); }

void write_log(LogLevel level, std::string_view line) {
  auto& logger = the_log().logger;
  if (std::ranges::none_of(line, is_control)) return logger.log(spdlog_level(level), line);
  logger.log(spdlog_level(level), std::string_view(one_line(line)));
}

void set_log_level(LogLevel level) { the_log().logger.set_level(spdlog_level(level)); }

LogLevel log_level() {
  for (const auto level :
       {LogLevel::trace, LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error}) {
    if (logs(level)) return level;
  }
  return LogLevel::off;
}

std::optional<LogLevel> parse_log_level(std::string_view filter) {
  std::optional<LogLevel> level;
  while (!filter.empty()) {
    const auto comma = std::min(filter.find(','), filter.size());
    if (const auto named = level_named(trim(filter.substr(0, comma)))) level = named;
    filter.remove_prefix(std::min(comma + 1, filter.size()));
  }
  return level;
}

std::uint64_t rotated_files_max(const LogFileOptions& options) {
  constexpr std::uint64_t files_max = 100'000;
  if (options.max_file_size.bytes == 0) return 1;
  if (options.max_total_size.bytes == 0) return files_max;
  const auto files = options.max_total_size.bytes / options.max_file_size.bytes;
  return std::clamp<std::uint64_t>(files, 2, files_max + 1) - 1;  // one of them is being written
}

Result<> open_log_file(LogFileOptions options) { return the_log().file->open(std::move(options)); }
Result<> reopen_log_file() { return the_log().file->reopen(); }
void close_log_file() { the_log().file->close(); }

}  // namespace iggy::base
