// Searching the sparse index, and the bytes of its file.
#include "log/segment_index.hpp"

#include <algorithm>

namespace iggy::log {
namespace {

constexpr std::uint64_t file_magic = 0x01'58'44'49'59'47'47'49;  // "IGGYIDX", version 1

IndexEntry load_entry(const std::byte* bytes) {
  return {.offset = base::load<std::uint64_t>(bytes),
          .position = base::load<std::uint64_t>(bytes + 8),
          .timestamp = base::load<std::uint64_t>(bytes + 16)};
}

/// The last entry before the first that `is_behind`.
template <class IsBehind>
std::optional<IndexEntry> last_before(std::span<const IndexEntry> entries, IsBehind is_behind) {
  const auto first = std::ranges::partition_point(
      entries, [&](const IndexEntry& entry) { return !is_behind(entry); });
  if (first == entries.begin()) return std::nullopt;
  return *(first - 1);
}

}  // namespace

void SegmentIndex::cut(std::uint64_t position) {
  while (!entries_.empty() && entries_.back().position >= position) entries_.pop_back();
}

void SegmentIndex::drop_first(std::size_t count) {
  if (count == 0) return;
  const auto end = entries_.begin() + static_cast<std::ptrdiff_t>(count);
  dropped_ = (end - 1)->position;
  entries_ = std::vector<IndexEntry>(end, entries_.end());  // gives the memory back
}

std::optional<IndexEntry> SegmentIndex::at_or_before_offset(std::uint64_t offset) const {
  return last_before(entries_, [=](const IndexEntry& entry) { return entry.offset > offset; });
}

std::optional<IndexEntry> SegmentIndex::at_or_before_position(std::uint64_t position) const {
  return last_before(entries_, [=](const IndexEntry& entry) { return entry.position > position; });
}

std::optional<IndexEntry> SegmentIndex::before_timestamp(std::uint64_t timestamp) const {
  return last_before(entries_,
                     [=](const IndexEntry& entry) { return entry.timestamp >= timestamp; });
}

base::Bytes SegmentIndex::encode_header(std::uint64_t base_offset) {
  base::Bytes bytes;
  base::ByteWriter writer(bytes);
  writer.integer(file_magic);
  writer.integer(base_offset);
  return bytes;
}

base::Bytes SegmentIndex::encode_entries(std::size_t count) const {
  base::Bytes bytes;
  bytes.reserve(count * file_entry_size);
  base::ByteWriter writer(bytes);
  for (const auto& entry : std::span(entries_).first(count)) {
    writer.integer(entry.offset);
    writer.integer(entry.position);
    writer.integer(entry.timestamp);
  }
  return bytes;
}

Result<SegmentIndex> SegmentIndex::decode(base::ByteView file, const Bounds& bounds,
                                          std::uint64_t interval) {
  if (file.size() < file_header_size) return fail(Error::damaged);
  if (base::load<std::uint64_t>(file.data()) != file_magic) return fail(Error::damaged);
  if (base::load<std::uint64_t>(file.data() + 8) != bounds.base_offset) return fail(Error::damaged);

  SegmentIndex index(interval);
  const auto count = (file.size() - file_header_size) / file_entry_size;
  IndexEntry last{.offset = bounds.base_offset};
  for (std::size_t i = 0; i < count; ++i) {
    const auto entry = load_entry(file.data() + file_header_size + i * file_entry_size);
    if (entry.offset >= bounds.end_offset || entry.position >= bounds.end_position) break;
    if (entry.position <= last.position || entry.offset < last.offset ||
        (entry.offset == last.offset && i > 0) || entry.timestamp < last.timestamp) {
      return fail(Error::damaged);
    }
    index.add(entry);
    last = entry;
  }
  return index;
}

}  // namespace iggy::log
