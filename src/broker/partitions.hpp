// Adding and removing partitions of a topic.
#pragma once

#include "broker/context.hpp"
#include "wire/partitions.hpp"

namespace iggy::broker {

/// Errors: too_many_partitions, stream_id_not_found, topic_id_not_found, unauthorized.
Task<Result<>> create_partitions(Context context, wire::CreatePartitions request);
/// Removes those with the highest ids. Errors: too_many_partitions (none), stream_id_not_found,
/// topic_id_not_found, unauthorized, invalid_partitions_count (more than there are).
Task<Result<>> delete_partitions(Context context, wire::DeletePartitions request);

}  // namespace iggy::broker
