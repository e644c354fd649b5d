// What the program prints.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "iggy/error.hpp"

namespace iggy::cli {

enum class Verbosity : std::uint8_t { quiet, normal };

/// Lines on standard output, and a trace of all that happens. Control characters in lines are
/// escaped.
class Output {
 public:
  using Write = std::function<Result<>(std::string_view)>;

  /// Lines go to `write`.
  Output(Verbosity verbosity, Write write) : verbosity_(verbosity), write_(std::move(write)) {}

  /// One line, or several with line feeds in between; nothing if quiet.
  void line(std::string_view text);
  /// The same, also if quiet.
  void result(std::string_view text);
  /// Notes what happens, for the debug file. Never a secret in it.
  void trace(std::string_view text);

  [[nodiscard]] bool is_quiet() const { return verbosity_ == Verbosity::quiet; }
  [[nodiscard]] const std::string& traced() const { return trace_; }

 private:
  static constexpr std::size_t trace_bytes_max = 16 * 1024 * 1024;

  Verbosity verbosity_;
  Write write_;
  std::string trace_;
};

}  // namespace iggy::cli
