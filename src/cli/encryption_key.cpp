// The key for messages that are encrypted before they are sent.
#include "cli/encryption_key.hpp"

#include <cstdint>

namespace iggy::cli {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t text_size = 44;  // 32 bytes: 43 characters and one of padding

}  // namespace

std::optional<EncryptionKey> parse_encryption_key(std::string_view text) {
  if (text.size() != text_size || text.back() != '=') return std::nullopt;
  text.remove_suffix(1);

  EncryptionKey key{};
  std::size_t size = 0;
  std::uint32_t bits = 0;
  std::uint32_t bit_count = 0;
  for (const char c : text) {
    const auto value = alphabet.find(c);
    if (value == alphabet.npos) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    bit_count += 6;
    if (bit_count < 8) continue;
    bit_count -= 8;
    key[size++] = static_cast<std::byte>(bits >> bit_count & 0xFF);
    bits &= (1U << bit_count) - 1;
  }
  // The last two bits stand for nothing and must be 0.
  if (bits != 0) return std::nullopt;
  return key;
}

}  // namespace iggy::cli
