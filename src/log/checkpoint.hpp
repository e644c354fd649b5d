// The checkpoint of a partition: the place from which the next recovery starts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "log/partition_state.hpp"

namespace iggy::log {

/// Up to `place` in the segment everything is on the disk and was verified once.
struct Checkpoint {
  static constexpr std::size_t file_size = 80;

  Incarnation incarnation{};
  std::uint64_t segment = 0;  // base offset
  LogPlace place;
  std::uint64_t epoch = 0;
  std::uint64_t last_timestamp = 0;  // of the partition
  SegmentTotals totals;              // of the segment, up to `place`
  bool operator==(const Checkpoint&) const = default;
};

[[nodiscard]] base::Bytes encode_checkpoint(const Checkpoint& checkpoint);
/// Errors: damaged.
Result<Checkpoint> decode_checkpoint(base::ByteView bytes);

/// Reads the partition's checkpoint. None, or a damaged one (with a log line): nothing.
Task<Result<std::optional<Checkpoint>>> read_checkpoint(runtime::Disk& disk, std::string directory,
                                                        Incarnation incarnation);

/// Removes the checkpoint, if there is one: the log no longer reaches up to it.
/// Errors: permission_denied, io_error.
Task<Result<>> remove_checkpoint(PartitionState& state);

/// Syncs the log, then writes the index entries that are new, then the checkpoint.
/// Errors: cannot_sync_file, no_space, io_error, cancelled.
Task<Result<>> write_checkpoint(PartitionState& state);

/// Syncs the segment that was sealed last, then writes a checkpoint behind it, unless that spares
/// the next recovery too little. Failing is worth a log line only.
Task<> settle_sealed(PartitionState& state);

/// Adds the entries that are new to the index file of the active segment. It is a hint: failing is
/// worth a log line only. `keeping` is held by the caller.
Task<> write_index(PartitionState& state);

}  // namespace iggy::log
