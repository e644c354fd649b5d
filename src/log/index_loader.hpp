// Getting the index of a segment: from memory, from its file, or from the log itself.
#pragma once

#include "log/partition_state.hpp"

namespace iggy::log {

/// The index of the sealed segment that starts at `base_offset`. A file that is missing, or that
/// disagrees with the log, is made anew. Errors: damaged (no such segment any more), io_error ...
Task<Result<SegmentIndexHandle>> load_sealed_index(PartitionState& state,
                                                   std::uint64_t base_offset);

/// Makes the index of a segment anew from the log, after an entry was found to be wrong.
Task<Result<>> rebuild_index(PartitionState& state, std::uint64_t base_offset);

struct LoadedIndex {
  SegmentIndex index;
  std::size_t from_file = 0;  // entries that its file holds, the first ones
};

/// Reads an index file as far as it is within `bounds` and its last entry agrees with the log; then
/// adds the entries that are missing up to the end of `window`.
/// A file that can't be used counts as empty.
/// Errors: io_error, out_of_memory: of the log.
Task<Result<LoadedIndex>> read_index(PartitionState& state, RecordWindow& window,
                                     SegmentIndex::Bounds bounds);

}  // namespace iggy::log
