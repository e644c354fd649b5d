// How far consumers are: getting, storing and deleting their offsets.
#pragma once

#include "broker/context.hpp"
#include "wire/consumer_offsets.hpp"

namespace iggy::broker {

/// Nothing if none is stored, or stream, topic, partition or group are missing. Errors:
/// unauthorized.
Task<Result<std::optional<wire::ConsumerOffset>>> get_consumer_offset(
    Context context, wire::GetConsumerOffset request);
/// Errors: stream_id_not_found, topic_id_not_found, unauthorized, consumer_group_id_not_found,
/// partition_not_found, invalid_offset (behind the last message, or there never was one), those of
/// ConsumerOffsets::store.
Task<Result<>> store_consumer_offset(Context context, wire::StoreConsumerOffset request);
/// Errors: as store, and consumer_offset_not_found.
Task<Result<>> delete_consumer_offset(Context context, wire::DeleteConsumerOffset request);

}  // namespace iggy::broker
