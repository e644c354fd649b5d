// Validation of UTF-8, after the table of well-formed sequences in the Unicode standard.
#include "base/utf8.hpp"

#include <cstddef>
#include <cstdint>

namespace iggy::base {
namespace {

struct Sequence {
  std::size_t size;           // bytes in the sequence, 0: not a first byte
  std::uint8_t second_least;  // bounds of the second byte
  std::uint8_t second_most;
};

Sequence sequence_of(std::uint8_t first) {
  if (first < 0x80) return {1, 0, 0};
  if (first < 0xc2) return {0, 0, 0};
  if (first < 0xe0) return {2, 0x80, 0xbf};
  if (first == 0xe0) return {3, 0xa0, 0xbf};
  if (first == 0xed) return {3, 0x80, 0x9f};
  if (first < 0xf0) return {3, 0x80, 0xbf};
  if (first == 0xf0) return {4, 0x90, 0xbf};
  if (first < 0xf4) return {4, 0x80, 0xbf};
  if (first == 0xf4) return {4, 0x80, 0x8f};
  return {0, 0, 0};
}

}  // namespace

bool is_utf8(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  for (std::size_t i = 0; i < text.size();) {
    const auto [size, least, most] = sequence_of(byte(i));
    if (size == 0 || size > text.size() - i) return false;
    if (size > 1 && (byte(i + 1) < least || byte(i + 1) > most)) return false;
    for (std::size_t k = 2; k < size; ++k) {
      if ((byte(i + k) & 0xc0) != 0x80) return false;
    }
    i += size;
  }
  return true;
}

}  // namespace iggy::base
