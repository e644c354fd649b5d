// Standard input, output and error, for programs that people type at. All calls block the thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "iggy/error.hpp"

namespace iggy::runtime {

/// Standard input, read in pieces: what a call has read too much of is kept for the next one.
class StandardInput {
 public:
  explicit StandardInput(int descriptor = 0) : descriptor_(descriptor) {}

  [[nodiscard]] bool is_terminal() const;

  /// The next line without its line feed; nothing at the end of the input.
  /// Errors: io_error, limit_reached (a line of more than `size_max` bytes).
  Result<std::optional<std::string>> read_line(std::size_t size_max);

  /// All that is left. Errors: io_error, limit_reached (more than `size_max` bytes).
  Result<std::string> read_all(std::size_t size_max);

  /// Shows `prompt` on the terminal and reads a line there that is not shown.
  /// Errors: io_error, cancelled (the interrupt key).
  Result<std::string> read_secret(std::string_view prompt);

 private:
  Result<bool> fill();  // false at the end of the input

  int descriptor_;
  std::string buffer_;
};

enum class StandardStream : std::uint8_t { output, error };

/// Writes all of `text`. Errors: io_error, connection_reset (nobody reads it any more).
Result<> write_standard(StandardStream stream, std::string_view text);

}  // namespace iggy::runtime
