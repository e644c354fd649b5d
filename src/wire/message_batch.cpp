// Message headers, and the check of a batch that was received.
#include "wire/message_batch.hpp"

#include <cassert>

#include "base/hash.hpp"

namespace iggy::wire {
namespace {

/// An entry of the index that travels in front of sent messages. Source: the protocol, 3.3.
struct IndexEntry {
  std::uint32_t offset;
  std::uint32_t position;  // behind the message
  std::uint64_t timestamp;
};

IndexEntry load_index_entry(const std::byte* bytes) {
  return {.offset = base::load<std::uint32_t>(bytes),
          .position = base::load<std::uint32_t>(bytes + 4),
          .timestamp = base::load<std::uint64_t>(bytes + 8)};
}

/// The message in `cut`, which the index gives it; it may be shorter. Rows 10 to 12.
/// Errors: missing_index, too_big_message_payload, too_big_user_headers.
Result<std::uint64_t> message_size_in(ByteView cut) {
  if (cut.size() < message_header_size) return fail(Error::missing_index);
  const auto payload = base::load<std::uint32_t>(cut.data() + MessageField::payload_size);
  const auto headers = base::load<std::uint32_t>(cut.data() + MessageField::user_headers_size);
  const auto size = message_header_size + std::uint64_t{payload} + headers;
  if (size > cut.size()) return fail(Error::missing_index);
  if (payload > message_payload_size_max) return fail(Error::too_big_message_payload);
  if (headers > message_user_headers_size_max) return fail(Error::too_big_user_headers);
  return size;
}

}  // namespace

MessageHeader load_message_header(const std::byte* bytes) {
  return {.checksum = base::load<std::uint64_t>(bytes + MessageField::checksum),
          .id = base::load<unsigned __int128>(bytes + MessageField::id),
          .offset = base::load<std::uint64_t>(bytes + MessageField::offset),
          .timestamp = base::load<std::uint64_t>(bytes + MessageField::timestamp),
          .origin_timestamp = base::load<std::uint64_t>(bytes + MessageField::origin_timestamp),
          .user_headers_size = base::load<std::uint32_t>(bytes + MessageField::user_headers_size),
          .payload_size = base::load<std::uint32_t>(bytes + MessageField::payload_size),
          .reserved = base::load<std::uint64_t>(bytes + MessageField::reserved)};
}

void store_message_header(std::byte* bytes, const MessageHeader& header) {
  base::store(bytes + MessageField::checksum, header.checksum);
  base::store(bytes + MessageField::id, header.id);
  base::store(bytes + MessageField::offset, header.offset);
  base::store(bytes + MessageField::timestamp, header.timestamp);
  base::store(bytes + MessageField::origin_timestamp, header.origin_timestamp);
  base::store(bytes + MessageField::user_headers_size, header.user_headers_size);
  base::store(bytes + MessageField::payload_size, header.payload_size);
  base::store(bytes + MessageField::reserved, header.reserved);
}

std::uint64_t message_checksum(ByteView message) {
  return base::hash64(message.subspan(MessageField::id));
}

Result<Batch> validate_batch(ByteView indexes, MutableByteView messages, std::uint32_t count) {
  assert(indexes.size() == std::size_t{count} * message_index_size);
  if (count == 0) return fail(Error::invalid_messages_count);

  std::uint64_t sizes_sum = 0;
  std::uint64_t last_offset = 0;
  std::uint32_t last_position = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto entry = load_index_entry(indexes.data() + std::size_t{i} * message_index_size);
    if (entry.offset != 0) return fail(Error::non_zero_offset);
    if (entry.timestamp != 0) return fail(Error::non_zero_timestamp);

    // The last message ends where the block ends, whatever its entry says.
    const std::uint64_t start = last_position;
    const std::uint64_t end = i + 1 == count ? messages.size() : entry.position;
    if (start > end || end > messages.size()) return fail(Error::missing_index);
    const auto cut = ByteView(messages).subspan(start, end - start);
    const auto size = message_size_in(cut);
    if (!size) return fail(size);

    const auto offset = base::load<std::uint64_t>(cut.data() + MessageField::offset);
    if (offset < last_offset) return fail(Error::invalid_offset);
    if (entry.position < last_position) return fail(Error::cannot_read_index_position);

    sizes_sum += *size;
    last_offset = offset;
    last_position = entry.position;
  }
  // The cuts tile the block, and no message is longer than its cut: if the sums agree, so does
  // each.
  if (sizes_sum != messages.size()) return fail(Error::invalid_messages_size);
  return Batch{.bytes = messages, .count = count};
}

}  // namespace iggy::wire
