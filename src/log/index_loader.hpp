// Getting the index of a segment: from memory, from its file, or from the log itself.
#pragma once

#include <optional>

#include "log/partition_state.hpp"

namespace iggy::log {

/// The index of the segment that starts at `base_offset`; of the active one, what was written to
/// its file. A file that is missing, or that disagrees with the log, is made anew.
/// Errors: damaged (no such segment any more), io_error ...
Task<Result<SegmentIndexHandle>> load_index(PartitionState& state, std::uint64_t base_offset);

/// What `look_up(index)` finds in the index of a segment: in the entries that are in memory alone,
/// or else in those before. Errors: those of `load_index`.
template <class LookUp>
Task<Result<std::optional<IndexEntry>>> find_entry(PartitionState& state, std::uint64_t base_offset,
                                                   LookUp look_up) {
  if (base_offset == state.active.base_offset) {
    std::optional<IndexEntry> entry = look_up(state.active.index);
    if (entry) co_return entry;
  }
  const auto index = co_await load_index(state, base_offset);
  if (!index) co_return fail(index);
  co_return look_up(**index);
}

/// Makes the index of a segment anew from the log, after an entry was found to be wrong.
Task<Result<>> rebuild_index(PartitionState& state, std::uint64_t base_offset);

/// Finds out how many entries the active segment's file holds, after a start, and adds those that
/// it lacks. `keeping` is held by the caller. Errors: io_error ...
Task<Result<>> settle_index_file(PartitionState& state);

}  // namespace iggy::log
