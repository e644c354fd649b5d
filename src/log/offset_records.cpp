// Bytes of consumer offsets. docs/storage.md describes them.
#include "log/offset_records.hpp"

#include <algorithm>

#include "base/hash.hpp"

namespace iggy::log {
namespace {

constexpr std::size_t checksum_size = 8;

bool is_known(ConsumerKind kind) {
  return kind == ConsumerKind::consumer || kind == ConsumerKind::group;
}

bool is_known(OffsetRecord::Operation operation) {
  return operation == OffsetRecord::Operation::store ||
         operation == OffsetRecord::Operation::remove;
}

}  // namespace

std::array<std::byte, OffsetRecord::size> encode(const OffsetRecord& record) {
  std::array<std::byte, OffsetRecord::size> bytes{};
  base::store(bytes.data() + 8, record.key.id);
  base::store(bytes.data() + 12, static_cast<std::uint8_t>(record.key.kind));
  base::store(bytes.data() + 13, static_cast<std::uint8_t>(record.operation));
  base::store(bytes.data() + 16, record.offset);
  base::store(bytes.data(), base::hash64(base::ByteView(bytes).subspan(checksum_size)));
  return bytes;
}

std::optional<OffsetRecord> decode_offset_record(base::ByteView bytes) {
  if (bytes.size() < OffsetRecord::size) return std::nullopt;
  bytes = bytes.first(OffsetRecord::size);
  if (base::load<std::uint64_t>(bytes.data()) != base::hash64(bytes.subspan(checksum_size))) {
    return std::nullopt;
  }
  const OffsetRecord record{
      .key = {.kind = static_cast<ConsumerKind>(base::load<std::uint8_t>(bytes.data() + 12)),
              .id = base::load<std::uint32_t>(bytes.data() + 8)},
      .operation =
          static_cast<OffsetRecord::Operation>(base::load<std::uint8_t>(bytes.data() + 13)),
      .offset = base::load<std::uint64_t>(bytes.data() + 16)};
  if (!is_known(record.key.kind) || !is_known(record.operation)) return std::nullopt;
  return record;
}

ReplayedOffsets replay(base::ByteView file, std::map<ConsumerKey, std::uint64_t>& offsets) {
  ReplayedOffsets replayed;
  while (!file.empty()) {
    const auto size = std::min(file.size(), OffsetRecord::size);
    if (const auto record = decode_offset_record(file)) {
      ++replayed.records_count;
      if (record->operation == OffsetRecord::Operation::store) {
        offsets[record->key] = record->offset;
      } else {
        offsets.erase(record->key);
      }
    } else {
      replayed.bad_bytes += size;
    }
    file = file.subspan(size);
  }
  return replayed;
}

}  // namespace iggy::log
