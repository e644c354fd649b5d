// What a read may still give, and the reply that it fills.
#pragma once

#include <algorithm>
#include <cstdint>

#include "log/cursor.hpp"

namespace iggy::log {

/// Why a walk that fills a reply has ended.
enum class ReadEnd : std::uint8_t {
  reached,  // all that was wanted, or all that there is
  full,     // no room for the next message
  damaged,  // the next record can't be read
};

struct ReadLimits {
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
  std::uint64_t end_offset = 0;  // none from there on

  [[nodiscard]] std::uint64_t messages_left(const ReadReply& reply, const Cursor& cursor) const {
    const auto before_end = end_offset > cursor.place.offset ? end_offset - cursor.place.offset : 0;
    return std::min(count - reply.count, before_end);
  }
  [[nodiscard]] std::uint64_t bytes_left(const ReadReply& reply) const {
    return bytes > reply.size ? bytes - reply.size : 0;
  }
  /// The first message is given whatever its size.
  [[nodiscard]] bool allows(const ReadReply& reply, std::uint64_t size) const {
    return reply.count == 0 || size <= bytes_left(reply);
  }
};

/// Notes messages that stand at the cursor as given, and passes them.
inline void give(ReadReply& reply, Cursor& cursor, std::uint64_t messages_count,
                 std::uint64_t size) {
  if (reply.count == 0) reply.first_offset = cursor.place.offset;
  reply.count += static_cast<std::uint32_t>(messages_count);
  reply.size += size;
  cursor.place.offset += messages_count;
  cursor.place.position += size;
  reply.last_offset = cursor.place.offset - 1;
}

}  // namespace iggy::log
