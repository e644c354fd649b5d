// Answering a read.
#pragma once

#include "log/partition_state.hpp"

namespace iggy::log {

/// Finds the messages and gives their bytes or their slices; see PartitionLog::read.
/// Errors: incarnation_gone, too.
Task<Result<ReadReply>> read_log(PartitionState& state, ReadRequest request,
                                 MutableByteView scratch);

}  // namespace iggy::log
