// What several tests of this folder need: bytes from text, and shorthand for names.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "wire/primitives.hpp"

namespace iggy::broker::test {

/// Bytes from hexadecimal digits; blanks between them are passed over.
inline base::Bytes hex(std::string_view text) {
  std::string digits;
  for (const auto character : text) {
    if (character != ' ') digits += character;
  }
  assert(digits.size() % 2 == 0);
  base::Bytes bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    bytes.push_back(std::byte(std::strtoul(digits.substr(i, 2).c_str(), nullptr, 16)));
  }
  return bytes;
}

inline wire::Name name(std::string text) { return wire::Name(std::move(text)); }

}  // namespace iggy::broker::test
