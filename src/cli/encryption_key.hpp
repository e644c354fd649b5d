// The key for messages that are encrypted before they are sent.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace iggy::cli {

using EncryptionKey = std::array<std::byte, 32>;

/// The key that `text`, base64 of exactly 32 bytes, stands for.
[[nodiscard]] std::optional<EncryptionKey> parse_encryption_key(std::string_view text);

}  // namespace iggy::cli
