// The partitions that live on one shard: their logs and consumer offsets, opened on first use.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/ids.hpp"
#include "log/consumer_offsets.hpp"
#include "log/log_store.hpp"
#include "log/partition_log.hpp"
#include "runtime/event.hpp"
#include "runtime/task.hpp"

namespace iggy::broker {

using runtime::Task;

/// Which partition, by all its names. Taken from the catalogue, good across shards and time: when
/// the incarnation is gone, so is the partition.
struct PartitionRef {
  StreamId stream_id{};
  TopicId topic_id{};
  PartitionId partition_id{};
  Incarnation stream{};
  Incarnation topic{};
  Incarnation partition{};
  bool is_written = false;  // the catalogue knows that it holds data
};

/// A partition at work.
struct OpenPartition {
  PartitionRef ref;
  std::unique_ptr<log::PartitionLog> log;
  std::unique_ptr<log::ConsumerOffsets> offsets;
};

/// What stats and details show of a partition.
struct PartitionTotals {
  std::uint32_t segments_count = 1;
  std::uint64_t current_offset = 0;
  std::uint64_t size_bytes = 0;
  std::uint64_t messages_count = 0;
};

/// Belongs to one shard. A partition stays in memory as long as somebody holds it, but is found
/// only until it is removed.
class PartitionStore {
 public:
  /// `directory` holds one directory for each partition, named by its incarnation.
  PartitionStore(runtime::Disk& disk, std::string directory, log::LogSettings settings,
                 bool recreate_missing);

  /// The partition, opened and recovered if nobody used it before. The caller has found `ref` in
  /// the current catalogue of this shard. Errors: those of PartitionLog::open.
  Task<Result<std::shared_ptr<OpenPartition>>> open(PartitionRef ref);

  /// The partition if it is open, else nothing.
  [[nodiscard]] std::shared_ptr<OpenPartition> find(Incarnation partition) const;
  [[nodiscard]] PartitionTotals totals(Incarnation partition) const;

  /// Forgets the partition and removes its files. Those who hold it get incarnation_gone from it.
  /// Errors: those of Disk::remove_all, with a log line; the files are tried again at the next
  /// start.
  Task<Result<>> remove(Incarnation partition);

  /// Syncs and checkpoints what was written since the last time.
  Task<> save_all();
  /// Closes all. Errors are logged: what was acknowledged is in the log already.
  Task<> close_all();

  [[nodiscard]] std::vector<std::shared_ptr<OpenPartition>> all() const;
  [[nodiscard]] std::string directory_of(Incarnation partition) const;

 private:
  Task<Result<std::shared_ptr<OpenPartition>>> open_files(PartitionRef ref);

  log::LogStore store_;
  std::string directory_;
  bool recreate_missing_;
  std::unordered_map<Incarnation, std::shared_ptr<OpenPartition>> open_;
  std::unordered_map<Incarnation, std::shared_ptr<runtime::Event>> opening_;
};

}  // namespace iggy::broker
