// Putting the server's fields into the messages of a batch.
#pragma once

#include <cstdint>
#include <vector>

#include "log/random_ids.hpp"
#include "log/record.hpp"
#include "log/segment_index.hpp"

namespace iggy::log {

/// Where a batch will stand.
struct StampPlace {
  std::uint64_t first_offset = 0;
  std::uint64_t timestamp = 0;
  std::uint64_t position = 0;  // of its first byte in the segment's file
};

/// What is gathered on the way over the messages.
struct StampGathered {
  RandomIds& ids;
  GroupDigest* digest = nullptr;     // null: the batch is in no group
  std::vector<IndexEntry>& entries;  // of messages that are due for one
  std::uint64_t next_entry_position = 0;
  std::uint64_t index_interval = 0;
};

/// Stamps offset, timestamp, missing ids, the zero of `reserved`, and at last the checksum, in one
/// pass over the bytes.
void stamp(const wire::Batch& batch, StampPlace place, StampGathered& gathered);

}  // namespace iggy::log
