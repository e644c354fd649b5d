// What is kept in memory of sealed segments, for all partitions of a shard: open files and indexes.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <memory>

#include "log/recent_map.hpp"
#include "log/segment_index.hpp"
#include "runtime/disk.hpp"

namespace iggy::log {

/// A segment of one of the logs that a shard has open.
struct SegmentKey {
  std::uint64_t log = 0;  // a number that the shard gave it when it was opened
  std::uint64_t base_offset = 0;
  auto operator<=>(const SegmentKey&) const = default;
};

using SegmentIndexHandle = std::shared_ptr<const SegmentIndex>;

/// Both are dropped when others need the room; who holds a handle keeps it alive.
class SegmentCache {
 public:
  static constexpr std::uint64_t files_max = 256;

  explicit SegmentCache(std::uint64_t index_bytes_max)
      : files_(files_max), indexes_(index_bytes_max) {}

  [[nodiscard]] runtime::FileHandle file(SegmentKey key) { return files_.find(key); }
  [[nodiscard]] SegmentIndexHandle index(SegmentKey key) { return indexes_.find(key); }

  void keep_file(SegmentKey key, runtime::FileHandle file) { files_.put(key, std::move(file), 1); }
  void keep_index(SegmentKey key, SegmentIndexHandle index) {
    const auto weight = index->memory_bytes();
    indexes_.put(key, std::move(index), weight);
  }

  /// Drops all that belongs to a log.
  void forget(std::uint64_t log) {
    const SegmentKey last{log, std::numeric_limits<std::uint64_t>::max()};
    files_.erase_range({log, 0}, last);
    indexes_.erase_range({log, 0}, last);
  }

  [[nodiscard]] std::uint64_t index_bytes() const { return indexes_.weight(); }
  [[nodiscard]] std::size_t files_count() const { return files_.size(); }

  [[nodiscard]] std::uint64_t next_log() { return ++logs_; }

 private:
  RecentMap<SegmentKey, runtime::FileHandle> files_;
  RecentMap<SegmentKey, SegmentIndexHandle> indexes_;
  std::uint64_t logs_ = 0;
};

}  // namespace iggy::log
