// The segment indexes that are kept in memory, for all partitions of a shard.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <memory>

#include "log/recent_map.hpp"
#include "log/segment_index.hpp"

namespace iggy::log {

/// A segment of one of the logs that a shard has open.
struct SegmentKey {
  std::uint64_t log = 0;  // a number that the shard gave it when it was opened
  std::uint64_t base_offset = 0;
  auto operator<=>(const SegmentKey&) const = default;
};

using SegmentIndexHandle = std::shared_ptr<const SegmentIndex>;

/// They are dropped when others need the room; who holds a handle keeps it alive.
class IndexCache {
 public:
  explicit IndexCache(std::uint64_t bytes_max) : indexes_(bytes_max) {}

  [[nodiscard]] SegmentIndexHandle find(SegmentKey key) { return indexes_.find(key); }
  void keep(SegmentKey key, SegmentIndexHandle index) {
    const auto weight = index->memory_bytes();
    indexes_.put(key, std::move(index), weight);
  }
  void forget(SegmentKey key) { indexes_.erase(key); }
  /// Drops all that belongs to a log.
  void forget(std::uint64_t log) {
    indexes_.erase_range({log, 0}, {log, std::numeric_limits<std::uint64_t>::max()});
  }

  [[nodiscard]] std::uint64_t size_bytes() const { return indexes_.weight(); }
  [[nodiscard]] std::uint64_t next_log() { return ++logs_; }

 private:
  RecentMap<SegmentKey, SegmentIndexHandle> indexes_;
  std::uint64_t logs_ = 0;
};

}  // namespace iggy::log
