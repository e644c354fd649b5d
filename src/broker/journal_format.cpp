// Records that name their predecessor, and the search for where the good ones end.
#include "broker/journal_format.hpp"

#include <algorithm>
#include <cassert>
#include <optional>

#include "base/hash.hpp"

namespace iggy::broker {

namespace {

constexpr std::string_view journal_magic = "IGGYJRNL";
constexpr std::string_view snapshot_magic = "IGGYSNAP";
constexpr std::uint32_t format_version = 1;
constexpr std::size_t file_header_size = journal_header_size;
constexpr std::size_t record_header_size = 56;
constexpr std::size_t checksum_size = 8;
constexpr std::size_t alignment = 8;

constexpr std::uint64_t padded(std::uint64_t size) {
  return (size + alignment - 1) / alignment * alignment;
}

/// Both files start alike: magic, version, two numbers, checksum.
struct FileHeader {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
  std::uint64_t checksum = 0;
};

base::Bytes encode_header(std::string_view magic, std::uint64_t first, std::uint64_t second) {
  base::Bytes bytes;
  base::ByteWriter writer(bytes);
  writer.text(magic);
  writer.integer(format_version);
  writer.integer(std::uint32_t{0});
  writer.integer(first);
  writer.integer(second);
  return bytes;
}

std::expected<FileHeader, FileDamage> decode_header(base::ByteReader& reader,
                                                    std::string_view magic) {
  const auto read_magic = base::as_text(reader.view(magic.size()));
  const auto version = reader.integer<std::uint32_t>();
  const auto zero = reader.integer<std::uint32_t>();
  FileHeader header;
  header.first = reader.integer<std::uint64_t>();
  header.second = reader.integer<std::uint64_t>();
  header.checksum = reader.integer<std::uint64_t>();
  if (reader.failed() || read_magic != magic) {
    return std::unexpected(FileDamage{Error::state_file_corrupted, 0, "it has no header"});
  }
  if (version > format_version) {
    return std::unexpected(FileDamage{Error::unsupported_format, 0, "a newer server wrote it"});
  }
  if (version == 0 || zero != 0) {
    return std::unexpected(FileDamage{Error::state_file_corrupted, 0, "its header is damaged"});
  }
  return header;
}

/// A record that agrees with its own checksum; what it is chained to is not looked at.
struct FoundRecord {
  PlacedRecord placed;
  std::uint64_t previous_checksum = 0;
  std::uint64_t group_start = 0;
};

std::optional<FoundRecord> find_record(base::ByteView file, std::uint64_t position) {
  base::ByteReader reader(file.subspan(position));
  FoundRecord found;
  auto& [meta, change] = found.placed.record;
  const auto checksum = reader.integer<std::uint64_t>();
  found.previous_checksum = reader.integer<std::uint64_t>();
  const auto body_size = reader.integer<std::uint32_t>();
  change.type = reader.integer<std::uint16_t>();
  change.version = reader.integer<std::uint16_t>();
  meta.index = reader.integer<std::uint64_t>();
  meta.epoch = reader.integer<std::uint64_t>();
  meta.time = Timestamp{reader.integer<std::uint64_t>()};
  meta.user = UserId{reader.integer<std::uint32_t>()};
  const auto group_bytes_before = reader.integer<std::uint32_t>();
  if (reader.failed() || body_size > record_body_bytes_max) return std::nullopt;

  const auto body = reader.view(padded(body_size));
  if (reader.failed()) return std::nullopt;
  const auto size = record_header_size + body.size();
  const auto hashed = file.subspan(position + checksum_size, size - checksum_size);
  if (base::hash64(hashed) != checksum) return std::nullopt;

  change.body.assign(body.begin(), body.begin() + body_size);
  found.placed.link = {meta.index, checksum};
  found.placed.end = position + size;
  found.group_start = position - std::min<std::uint64_t>(group_bytes_before, position);
  return found;
}

/// True if a record with an index above `index` lies behind `position`, and belongs to a group that
/// starts there: then the one at `position` had been on the disk as a whole.
bool is_followed_by_later_group(base::ByteView file, std::uint64_t position, std::uint64_t index) {
  constexpr std::size_t index_at = 24;
  for (auto at = position + alignment; at + record_header_size <= file.size(); at += alignment) {
    // Each record takes room, so that few numbers are possible: nearly nothing gets hashed in vain.
    const auto found_index = base::load<std::uint64_t>(file.data() + at + index_at);
    if (found_index <= index || found_index - index > (at - position) / alignment) continue;
    const auto found = find_record(file, at);
    if (found && found->group_start > position) return true;
  }
  return false;
}

}  // namespace

base::Bytes encode_journal_header(const JournalLink& base) {
  auto bytes = encode_header(journal_magic, base.index, base.checksum);
  const auto checksum = base::hash64(bytes);
  base::ByteWriter(bytes).integer(checksum);
  assert(bytes.size() == journal_header_size);
  return bytes;
}

std::vector<PlacedRecord> encode_group(base::Bytes& bytes, const JournalLink& before,
                                       std::span<const JournalRecord> records) {
  std::vector<PlacedRecord> placed;
  auto link = before;
  const auto group_start = bytes.size();
  base::ByteWriter writer(bytes);
  for (const auto& record : records) {
    const auto& [meta, change] = record;
    assert(meta.index == link.index + 1 && change.body.size() <= record_body_bytes_max);
    const auto start = bytes.size();
    writer.integer(std::uint64_t{0});  // the checksum: known at the end
    writer.integer(link.checksum);
    writer.integer(static_cast<std::uint32_t>(change.body.size()));
    writer.integer(change.type);
    writer.integer(change.version);
    writer.integer(meta.index);
    writer.integer(meta.epoch);
    writer.integer(meta.time.microseconds);
    writer.integer(number(meta.user));
    writer.integer(static_cast<std::uint32_t>(start - group_start));
    assert(bytes.size() - start == record_header_size);
    writer.view(change.body);
    bytes.resize(start + record_header_size + padded(change.body.size()));

    const auto hashed = base::ByteView(bytes).subspan(start + checksum_size);
    link = {meta.index, base::hash64(hashed)};
    base::store(bytes.data() + start, link.checksum);
    placed.push_back({.record = {}, .link = link, .end = bytes.size() - group_start});
  }
  return placed;
}

std::expected<JournalScan, FileDamage> scan_journal(base::ByteView bytes) {
  base::ByteReader reader(bytes);
  const auto header = decode_header(reader, journal_magic);
  if (!header) return std::unexpected(header.error());
  if (base::hash64(bytes.first(file_header_size - checksum_size)) != header->checksum) {
    return std::unexpected(
        FileDamage{Error::invalid_state_entry_checksum, 0, "its header is damaged"});
  }

  JournalScan scan{.base = {header->first, header->second}, .end = file_header_size};
  auto link = scan.base;
  while (scan.end < bytes.size()) {
    auto found = find_record(bytes, scan.end);
    if (!found) break;
    if (found->placed.link.index != link.index + 1 || found->previous_checksum != link.checksum) {
      return std::unexpected(FileDamage{Error::state_file_corrupted, scan.end,
                                        "a record does not follow the one before it"});
    }
    link = found->placed.link;
    scan.end = found->placed.end;
    scan.records.push_back(std::move(found->placed));
  }
  if (is_followed_by_later_group(bytes, scan.end, link.index + 1)) {
    return std::unexpected(
        FileDamage{Error::invalid_state_entry_checksum, scan.end, "a record is damaged"});
  }
  scan.is_torn = std::ranges::any_of(bytes.subspan(scan.end),
                                     [](std::byte byte) { return byte != std::byte{0}; });
  return scan;
}

base::Bytes encode_snapshot_file(std::uint64_t index, base::ByteView body) {
  auto bytes = encode_header(snapshot_magic, index, body.size());
  const auto checksum = base::hash64(body, base::hash64(bytes));
  base::ByteWriter writer(bytes);
  writer.integer(checksum);
  writer.view(body);
  return bytes;
}

std::expected<SnapshotFile, FileDamage> decode_snapshot_file(base::ByteView bytes) {
  base::ByteReader reader(bytes);
  const auto header = decode_header(reader, snapshot_magic);
  if (!header) return std::unexpected(header.error());
  const auto body = reader.rest();
  if (body.size() != header->second) {
    return std::unexpected(
        FileDamage{Error::state_file_corrupted, bytes.size(), "it has not its whole size"});
  }
  const auto head = bytes.first(file_header_size - checksum_size);
  if (base::hash64(body, base::hash64(head)) != header->checksum) {
    return std::unexpected(
        FileDamage{Error::invalid_state_entry_checksum, 0, "its checksum is wrong"});
  }
  return SnapshotFile{.index = header->first, .body = {body.begin(), body.end()}};
}

}  // namespace iggy::broker
