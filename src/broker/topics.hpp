// What can be done with topics.
#pragma once

#include "broker/context.hpp"
#include "wire/topics.hpp"

namespace iggy::broker {

/// Nothing if there is no such stream or topic. Errors: unauthorized.
Task<Result<std::optional<wire::TopicDetails>>> get_topic(Context context, wire::GetTopic request);
/// None if there is no such stream. Errors: unauthorized.
Task<Result<std::vector<wire::Topic>>> get_topics(Context context, wire::GetTopics request);
/// The server's defaults are resolved now and stored resolved. Errors: too_many_partitions,
/// invalid_command (compression), stream_id_not_found, unauthorized, invalid_topic_size,
/// topic_name_already_exists.
Task<Result<wire::TopicDetails>> create_topic(Context context, wire::CreateTopic request);
/// Stores the values as sent. Errors: invalid_command (compression), stream_id_not_found,
/// topic_id_not_found, unauthorized, topic_name_already_exists.
Task<Result<>> update_topic(Context context, wire::UpdateTopic request);
/// Errors: stream_id_not_found, topic_id_not_found, unauthorized.
Task<Result<>> delete_topic(Context context, wire::DeleteTopic request);
/// Errors: stream_id_not_found, topic_id_not_found, unauthorized.
Task<Result<>> purge_topic(Context context, wire::PurgeTopic request);

}  // namespace iggy::broker
