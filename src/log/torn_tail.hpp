// What a crash left half written at the end of a log: kept aside, then cut off.
#pragma once

#include "log/partition_state.hpp"

namespace iggy::log {

/// Moves the bytes from the active segment's end to the end of its file, at `file_size`, to
/// `<segment>.torn`, behind those that are there, and cuts them off. If that fails nothing is lost,
/// and the partition is read-only.
Task<> cut_torn_tail(PartitionState& state, FileHandle file, std::uint64_t file_size);

}  // namespace iggy::log
