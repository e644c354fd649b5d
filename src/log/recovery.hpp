// Opening a partition: what its files hold, and what a crash has left.
#pragma once

#include <memory>

#include "log/partition_state.hpp"

namespace iggy::log {

/// Reads the directory into a fresh state. Errors: see PartitionLog::open.
Task<Result<>> recover(PartitionState& state);

}  // namespace iggy::log
