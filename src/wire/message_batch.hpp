// Messages as they travel and as they are stored: a 64-byte header, the payload, the user headers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"
#include "iggy/error.hpp"

namespace iggy::wire {

using base::ByteView;
using base::MutableByteView;

inline constexpr std::size_t message_header_size = 64;
inline constexpr std::size_t message_index_size = 16;  // an index entry of a send request
inline constexpr std::uint32_t message_payload_size_max = 64'000'000;
inline constexpr std::uint32_t message_user_headers_size_max = 100'000;

/// Positions of the header's fields. Source: the protocol, 3.1.
struct MessageField {
  static constexpr std::size_t checksum = 0;            // u64, XXH3-64 of bytes 8 to the end
  static constexpr std::size_t id = 8;                  // u128
  static constexpr std::size_t offset = 24;             // u64
  static constexpr std::size_t timestamp = 32;          // u64, microseconds
  static constexpr std::size_t origin_timestamp = 40;   // u64, microseconds
  static constexpr std::size_t user_headers_size = 48;  // u32
  static constexpr std::size_t payload_size = 52;       // u32
  static constexpr std::size_t reserved = 56;           // u64, 0 for a message
};

/// A header, decoded.
struct MessageHeader {
  std::uint64_t checksum{};
  unsigned __int128 id{};
  std::uint64_t offset{};
  std::uint64_t timestamp{};
  std::uint64_t origin_timestamp{};
  std::uint32_t user_headers_size{};
  std::uint32_t payload_size{};
  std::uint64_t reserved{};

  /// Header, payload and user headers.
  [[nodiscard]] std::uint64_t message_size() const {
    return message_header_size + std::uint64_t{payload_size} + user_headers_size;
  }
  bool operator==(const MessageHeader&) const = default;
};

/// Reads the header at `bytes`, which must hold 64 of them. Nothing is checked.
[[nodiscard]] MessageHeader load_message_header(const std::byte* bytes);
void store_message_header(std::byte* bytes, const MessageHeader& header);

/// The checksum that the message in `message` (header included) should have.
[[nodiscard]] std::uint64_t message_checksum(ByteView message);

/// Whole messages, back to back, lent by whoever received them. `validate_batch` has been over
/// them: their sizes add up to `bytes`, payloads and user headers are within the limits.
struct Batch {
  MutableByteView bytes;
  std::uint32_t count = 0;
};

/// Checks a send request's messages against its index entries, in one walk, in the order of the
/// protocol (5.6, rows 7 to 15). Errors: invalid_messages_count, non_zero_offset,
/// non_zero_timestamp, missing_index, too_big_message_payload, too_big_user_headers,
/// invalid_offset, cannot_read_index_position, invalid_messages_size.
Result<Batch> validate_batch(ByteView indexes, MutableByteView messages, std::uint32_t count);

}  // namespace iggy::wire
