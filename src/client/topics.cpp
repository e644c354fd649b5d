// The client's commands about topics and their partitions.
#include <utility>

#include "client/client.hpp"

namespace iggy::client {

Task<Result<std::vector<wire::Topic>>> Client::get_topics(Identifier stream_id) {
  return call(wire::GetTopics{.stream_id = std::move(stream_id)});
}

Task<Result<std::optional<wire::TopicDetails>>> Client::get_topic(Identifier stream_id,
                                                                  Identifier topic_id) {
  return call(wire::GetTopic{.stream_id = std::move(stream_id), .topic_id = std::move(topic_id)});
}

Task<Result<wire::TopicDetails>> Client::create_topic(Identifier stream_id, TopicSettings settings,
                                                      std::uint32_t partitions_count) {
  if (!wire::Name::is_valid(settings.name)) co_return fail(Error::invalid_format);
  co_return co_await call(wire::CreateTopic{.stream_id = std::move(stream_id),
                                            .partitions_count = partitions_count,
                                            .compression_algorithm = settings.compression_algorithm,
                                            .message_expiry = settings.message_expiry,
                                            .max_topic_size = settings.max_topic_size,
                                            .replication_factor = settings.replication_factor,
                                            .name = wire::Name(std::move(settings.name))});
}

Task<Result<>> Client::update_topic(Identifier stream_id, Identifier topic_id,
                                    TopicSettings settings) {
  if (!wire::Name::is_valid(settings.name)) co_return fail(Error::invalid_format);
  co_return co_await call(wire::UpdateTopic{.stream_id = std::move(stream_id),
                                            .topic_id = std::move(topic_id),
                                            .compression_algorithm = settings.compression_algorithm,
                                            .message_expiry = settings.message_expiry,
                                            .max_topic_size = settings.max_topic_size,
                                            .replication_factor = settings.replication_factor,
                                            .name = wire::Name(std::move(settings.name))});
}

Task<Result<>> Client::delete_topic(Identifier stream_id, Identifier topic_id) {
  return call(
      wire::DeleteTopic{.stream_id = std::move(stream_id), .topic_id = std::move(topic_id)});
}

Task<Result<>> Client::purge_topic(Identifier stream_id, Identifier topic_id) {
  return call(wire::PurgeTopic{.stream_id = std::move(stream_id), .topic_id = std::move(topic_id)});
}

Task<Result<>> Client::create_partitions(Identifier stream_id, Identifier topic_id,
                                         std::uint32_t count) {
  return call(wire::CreatePartitions{.stream_id = std::move(stream_id),
                                     .topic_id = std::move(topic_id),
                                     .partitions_count = count});
}

Task<Result<>> Client::delete_partitions(Identifier stream_id, Identifier topic_id,
                                         std::uint32_t count) {
  return call(wire::DeletePartitions{.stream_id = std::move(stream_id),
                                     .topic_id = std::move(topic_id),
                                     .partitions_count = count});
}

}  // namespace iggy::client
