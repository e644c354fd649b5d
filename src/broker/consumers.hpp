// Which partition and which stored offset a consumer's request is about.
#pragma once

#include "broker/context.hpp"
#include "wire/primitives.hpp"

namespace iggy::broker {

/// The partition of a topic. Errors: partition_not_found.
[[nodiscard]] Result<PartitionRef> find_partition(const FoundTopic& in, PartitionId partition);

/// Under which key the consumer's offsets are stored. Errors: consumer_group_id_not_found: a topic
/// has no groups yet.
[[nodiscard]] Result<log::ConsumerKey> consumer_key(const wire::Consumer& consumer);

}  // namespace iggy::broker
