// The records of a consumer offsets file.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "base/bytes.hpp"
#include "log/consumer_offsets.hpp"

namespace iggy::log {

/// One change of one consumer's offset.
struct OffsetRecord {
  static constexpr std::size_t size = 24;
  enum class Operation : std::uint8_t { store = 1, remove = 2 };

  ConsumerKey key;
  Operation operation{};
  std::uint64_t offset = 0;
  bool operator==(const OffsetRecord&) const = default;
};

[[nodiscard]] std::array<std::byte, OffsetRecord::size> encode(const OffsetRecord& record);
/// The record in the first 24 bytes; nothing if they are none.
[[nodiscard]] std::optional<OffsetRecord> decode_offset_record(base::ByteView bytes);

struct ReplayedOffsets {
  std::uint64_t records_count = 0;  // good ones
  std::uint64_t bad_bytes = 0;      // torn or damaged; they were left out
};

/// Applies the records of a file, in their order.
ReplayedOffsets replay(base::ByteView file, std::map<ConsumerKey, std::uint64_t>& offsets);

}  // namespace iggy::log
