// The sparse index of one segment: where to start looking for an offset or a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "iggy/error.hpp"

namespace iggy::log {

/// Points to the start of a message in the segment's file.
struct IndexEntry {
  std::uint64_t offset = 0;
  std::uint64_t position = 0;
  std::uint64_t timestamp = 0;
  bool operator==(const IndexEntry&) const = default;
};

/// One entry for the first message after each `interval` bytes of the file. A hint: it may lack
/// entries, and an entry is believed only if the record that it points to agrees.
class SegmentIndex {
 public:
  static constexpr std::size_t file_header_size = 16;
  static constexpr std::size_t file_entry_size = 24;
  static constexpr std::uint64_t file_size_max = std::uint64_t{256} << 20;

  explicit SegmentIndex(std::uint64_t interval) : interval_(interval) {}

  /// The next message that starts there or behind is due for an entry.
  [[nodiscard]] std::uint64_t next_position() const {
    return (entries_.empty() ? dropped_ : entries_.back().position) + interval_;
  }
  void add(const IndexEntry& entry) { entries_.push_back(entry); }
  /// Forgets the entries that point to `position` or behind it.
  void cut(std::uint64_t position);
  /// Forgets the first `count` entries; what comes next is due as if they were there.
  void drop_first(std::size_t count);

  /// The last entry at or before an offset, a position; the last one before a time. Nothing: start
  /// at the beginning.
  [[nodiscard]] std::optional<IndexEntry> at_or_before_offset(std::uint64_t offset) const;
  [[nodiscard]] std::optional<IndexEntry> at_or_before_position(std::uint64_t position) const;
  [[nodiscard]] std::optional<IndexEntry> before_timestamp(std::uint64_t timestamp) const;

  [[nodiscard]] std::span<const IndexEntry> entries() const { return entries_; }
  [[nodiscard]] std::uint64_t interval() const { return interval_; }
  [[nodiscard]] std::uint64_t memory_bytes() const {
    return sizeof *this + entries_.capacity() * sizeof(IndexEntry);
  }

  /// The bytes of the file: its header, and the first `count` entries.
  [[nodiscard]] static base::Bytes encode_header(std::uint64_t base_offset);
  [[nodiscard]] base::Bytes encode_entries(std::size_t count) const;

  /// What bounds the entries of a file that may say anything.
  struct Bounds {
    std::uint64_t base_offset = 0;
    std::uint64_t end_offset = 0;
    std::uint64_t end_position = 0;
    bool operator==(const Bounds&) const = default;
  };
  /// Reads a file. Entries from the first that lies outside of `bounds` on are left out.
  /// Errors: damaged: no index, or its entries do not ascend.
  static Result<SegmentIndex> decode(base::ByteView file, const Bounds& bounds,
                                     std::uint64_t interval);

 private:
  std::uint64_t interval_;
  std::uint64_t dropped_ = 0;  // position of the last entry that was dropped
  std::vector<IndexEntry> entries_;
};

}  // namespace iggy::log
