// What is known of each error: name, protocol code, HTTP status and text.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "iggy/error.hpp"

namespace iggy::base {

struct ErrorDescription {
  Error error;
  std::string_view name;  // the published snake_case name
  Error wire_error;       // what a client is told: the error itself, or what one of our own becomes
  std::uint16_t http_status;
  std::string_view
      text;  // English; {0}, {1} ... are filled with what it is about, if that is known
};

/// The whole table, ascending by code.
[[nodiscard]] std::span<const ErrorDescription> all_errors();

/// The row of `error`; that of `Error::error` for a number that is not in the table.
[[nodiscard]] const ErrorDescription& describe(Error error);

/// The status that a client gets for `error`.
[[nodiscard]] inline std::uint32_t wire_code(Error error) {
  return static_cast<std::uint32_t>(describe(error).wire_error);
}

}  // namespace iggy::base
