// Bytes of the log's own records. docs/storage.md describes them field by field.
#include "log/record.hpp"

#include <algorithm>
#include <cassert>

#include "base/hash.hpp"

namespace iggy::log {
namespace {

using wire::MessageField;

// The field `reserved`: 6 bytes of magic, the version, the type.
constexpr std::uint64_t magic = 0x524c'5947'4749;  // "IGGYLR"
constexpr std::uint64_t magic_mask = 0xffff'ffff'ffff;

constexpr std::uint64_t tag(RecordType type) {
  return magic | std::uint64_t{record_version} << 48 |
         static_cast<std::uint64_t>(static_cast<std::uint8_t>(type)) << 56;
}

bool is_written_by_us(RecordType type) {
  return type >= RecordType::segment && type <= RecordType::seal;
}

std::optional<ByteView> body_of(ByteView record, RecordType type, std::size_t size) {
  const auto header = load_record_header(record.data());
  if (header.kind != RecordHeader::Kind::internal || header.type != type) return std::nullopt;
  if (header.size != record.size() || record.size() < record_header_size + size) {
    return std::nullopt;
  }
  return record.subspan(record_header_size);
}

}  // namespace

RecordHeader load_record_header(const std::byte* bytes) {
  const auto payload = base::load<std::uint32_t>(bytes + MessageField::payload_size);
  const auto headers = base::load<std::uint32_t>(bytes + MessageField::user_headers_size);
  const auto reserved = base::load<std::uint64_t>(bytes + MessageField::reserved);
  RecordHeader header{.offset = base::load<std::uint64_t>(bytes + MessageField::offset),
                      .timestamp = base::load<std::uint64_t>(bytes + MessageField::timestamp),
                      .size = record_header_size + std::uint64_t{payload} + headers};
  if (reserved == 0) {
    const bool possible =
        payload <= wire::message_payload_size_max && headers <= wire::message_user_headers_size_max;
    if (possible) header.kind = RecordHeader::Kind::message;
    return header;
  }
  header.type = static_cast<RecordType>(reserved >> 56);
  if ((reserved & magic_mask) == magic && ((reserved >> 48) & 0xff) == record_version &&
      is_written_by_us(header.type) && headers == 0 && payload <= record_body_size_max) {
    header.kind = RecordHeader::Kind::internal;
  }
  return header;
}

bool is_of_newer_format(const std::byte* bytes) {
  const auto reserved = base::load<std::uint64_t>(bytes + MessageField::reserved);
  return (reserved & magic_mask) == magic &&
         load_record_header(bytes).kind == RecordHeader::Kind::unknown;
}

bool verifies(ByteView record) {
  return base::load<std::uint64_t>(record.data()) == wire::message_checksum(record);
}

RecordFields load_record_fields(const std::byte* bytes) {
  const auto reserved = base::load<std::uint64_t>(bytes + MessageField::reserved);
  return {.type = static_cast<RecordType>(reserved >> 56),
          .incarnation = Incarnation{base::load<std::uint64_t>(bytes + MessageField::id)},
          .next_offset = base::load<std::uint64_t>(bytes + MessageField::offset),
          .timestamp = base::load<std::uint64_t>(bytes + MessageField::timestamp),
          .epoch = base::load<std::uint64_t>(bytes + MessageField::origin_timestamp)};
}

std::optional<SegmentBody> load_segment_body(ByteView record) {
  const auto body = body_of(record, RecordType::segment, SegmentBody::size);
  if (!body) return std::nullopt;
  return SegmentBody{.format_version = base::load<std::uint32_t>(body->data()),
                     .key_id = base::load<std::uint32_t>(body->data() + 4),
                     .base_offset = base::load<std::uint64_t>(body->data() + 8)};
}

std::optional<GroupBody> load_group_body(ByteView record) {
  const auto body = body_of(record, RecordType::group, GroupBody::size);
  if (!body) return std::nullopt;
  return GroupBody{.messages_count = base::load<std::uint32_t>(body->data()),
                   .size_bytes = base::load<std::uint64_t>(body->data() + 8),
                   .digest = base::load<std::uint64_t>(body->data() + 16)};
}

std::optional<SealBody> load_seal_body(ByteView record) {
  const auto body = body_of(record, RecordType::seal, SealBody::size);
  if (!body) return std::nullopt;
  return SealBody{.messages_count = base::load<std::uint64_t>(body->data()),
                  .size_bytes = base::load<std::uint64_t>(body->data() + 8),
                  .first_timestamp = base::load<std::uint64_t>(body->data() + 16),
                  .last_timestamp = base::load<std::uint64_t>(body->data() + 24)};
}

void RecordWriter::segment(RecordFields fields, const SegmentBody& body) {
  fields.type = RecordType::segment;
  auto* const record = start(fields, SegmentBody::size);
  base::store(record + record_header_size, body.format_version);
  base::store(record + record_header_size + 4, body.key_id);
  base::store(record + record_header_size + 8, body.base_offset);
  finish(record);
}

void RecordWriter::epoch(RecordFields fields) {
  fields.type = RecordType::epoch;
  finish(start(fields, 0));
}

void RecordWriter::group(RecordFields fields, const GroupBody& body) {
  fields.type = RecordType::group;
  auto* const record = start(fields, GroupBody::size);
  base::store(record + record_header_size, std::uint64_t{body.messages_count});
  base::store(record + record_header_size + 8, body.size_bytes);
  base::store(record + record_header_size + 16, body.digest);
  finish(record);
}

void RecordWriter::seal(RecordFields fields, const SealBody& body) {
  fields.type = RecordType::seal;
  auto* const record = start(fields, SealBody::size);
  base::store(record + record_header_size, body.messages_count);
  base::store(record + record_header_size + 8, body.size_bytes);
  base::store(record + record_header_size + 16, body.first_timestamp);
  base::store(record + record_header_size + 24, body.last_timestamp);
  finish(record);
}

std::byte* RecordWriter::start(RecordFields fields, std::size_t body_size) {
  auto* const record = bytes_.data() + size_;
  size_ += record_header_size + body_size;
  assert(size_ <= bytes_.size());
  wire::store_message_header(record, {.id = number(fields.incarnation),
                                      .offset = fields.next_offset,
                                      .timestamp = fields.timestamp,
                                      .origin_timestamp = fields.epoch,
                                      .payload_size = static_cast<std::uint32_t>(body_size),
                                      .reserved = tag(fields.type)});
  return record;
}

void RecordWriter::finish(const std::byte* record) {
  const auto start = static_cast<std::size_t>(record - bytes_.data());
  const auto whole = MutableByteView(bytes_).subspan(start, size_ - start);
  base::store(whole.data(), wire::message_checksum(whole));
}

void GroupDigest::fold() {
  const auto block = std::as_bytes(std::span(block_)).first(count_ * sizeof(std::uint64_t));
  digest_ = base::hash64(block, digest_);
  count_ = 0;
}

}  // namespace iggy::log
