// What can be done with streams.
#pragma once

#include "broker/context.hpp"
#include "wire/streams.hpp"

namespace iggy::broker {

/// Nothing if there is no such stream. Errors: unauthorized.
Task<Result<std::optional<wire::StreamDetails>>> get_stream(Context context,
                                                            wire::GetStream request);
/// Errors: unauthorized.
Task<Result<std::vector<wire::Stream>>> get_streams(Context context, wire::GetStreams request);
/// Errors: unauthorized, stream_name_already_exists.
Task<Result<wire::Stream>> create_stream(Context context, wire::CreateStream request);
/// Errors: stream_id_not_found, unauthorized, stream_name_already_exists.
Task<Result<>> update_stream(Context context, wire::UpdateStream request);
/// Errors: stream_id_not_found, unauthorized.
Task<Result<>> delete_stream(Context context, wire::DeleteStream request);
/// Errors: stream_id_not_found, unauthorized.
Task<Result<>> purge_stream(Context context, wire::PurgeStream request);

}  // namespace iggy::broker
