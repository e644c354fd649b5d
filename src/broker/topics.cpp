// What can be done with topics.
#include "broker/topics.hpp"

#include <algorithm>

#include "broker/describe.hpp"

namespace iggy::broker {
namespace {

std::vector<wire::Partition> describe_partitions(const Topic& topic,
                                                 const std::vector<PartitionTotals>& totals) {
  std::vector<wire::Partition> partitions;
  partitions.reserve(topic.partitions_count());
  for (const auto& [id, partition] : topic.partitions) {
    const auto& sums = totals[partitions.size()];
    partitions.push_back({.id = id,
                          .created_at = partition.created_at,
                          .segments_count = sums.segments_count,
                          .current_offset = sums.current_offset,
                          .size_bytes = {sums.size_bytes},
                          .messages_count = sums.messages_count});
  }
  return partitions;
}

Totals sum_of(const std::vector<PartitionTotals>& partitions) {
  Totals sum;
  for (const auto& totals : partitions) {
    sum += {.partitions_count = 1,
            .size_bytes = totals.size_bytes,
            .messages_count = totals.messages_count,
            .segments_count = totals.segments_count};
  }
  return sum;
}

/// 0 is stored as 1: a topic has at least the one copy.
std::uint8_t stored_replication_factor(std::uint8_t requested) {
  return std::max<std::uint8_t>(requested, 1);
}

}  // namespace

Task<Result<std::optional<wire::TopicDetails>>> get_topic(Context context, wire::GetTopic request) {
  const auto found = context.find_topic(request.stream_id, request.topic_id);
  if (!found) co_return std::nullopt;
  const auto& [stream, topic] = *found;
  if (!may_read_topic(context.permissions(), stream->id, topic->id)) {
    co_return fail(Error::unauthorized);
  }

  const auto snapshot = context.broker.here().catalogue;  // held: the totals take a while
  const auto totals = co_await context.broker.totals_of(partitions_of(*stream, *topic));
  co_return wire::TopicDetails{.topic = describe(*topic, sum_of(totals)),
                               .partitions = describe_partitions(*topic, totals)};
}

Task<Result<std::vector<wire::Topic>>> get_topics(Context context, wire::GetTopics request) {
  std::vector<wire::Topic> topics;
  const auto* stream = context.catalogue().find_stream(request.stream_id);
  if (!stream) co_return topics;
  if (!may_list_topics(context.permissions(), stream->id)) co_return fail(Error::unauthorized);

  const auto snapshot = context.broker.here().catalogue;
  const auto totals = co_await context.broker.totals_by_topic();
  for (const auto& [_, topic] : stream->topics) {
    topics.push_back(describe(*topic, totals_of(totals, *topic)));
  }
  co_return topics;
}

Task<Result<wire::TopicDetails>> create_topic(Context context, wire::CreateTopic request) {
  if (const auto valid = wire::validate(request); !valid) co_return fail(valid);
  const auto stream = context.find_stream(request.stream_id);
  if (!stream) co_return fail(stream);
  if (!may_create_topic(context.permissions(), (*stream)->id)) {
    co_return fail(Error::unauthorized);
  }
  const auto& settings = context.broker.settings();
  if (request.message_expiry == Duration{}) {
    request.message_expiry = settings.default_message_expiry;
  }
  if (request.max_topic_size == ByteSize{}) {
    request.max_topic_size = settings.default_max_topic_size;
  }
  if (request.max_topic_size < settings.log.segment_size) co_return fail(Error::invalid_topic_size);

  // Two clients may race for one name: the shard that owns the catalogue decides.
  const auto created = co_await context.commit(AddTopic{
      .stream = key_of(**stream),
      .name = std::move(request.name),
      .settings = {.compression_algorithm = request.compression_algorithm,
                   .message_expiry = request.message_expiry,
                   .max_topic_size = request.max_topic_size,
                   .replication_factor = stored_replication_factor(request.replication_factor)},
      .partitions_count = request.partitions_count});
  if (!created) co_return fail(created);
  // Published servers show a new topic's partitions without their first segment; later with it.
  const std::vector<PartitionTotals> totals((*created)->partitions_count(),
                                            PartitionTotals{.segments_count = 0});
  co_return wire::TopicDetails{.topic = describe(**created, {}),
                               .partitions = describe_partitions(**created, totals)};
}

Task<Result<>> update_topic(Context context, wire::UpdateTopic request) {
  if (const auto valid = wire::validate(request); !valid) co_return fail(valid);
  const auto found = context.find_topic(request.stream_id, request.topic_id, may_manage_topic);
  if (!found) co_return fail(found);
  const auto& [stream, topic] = *found;

  const auto changed = co_await context.commit(ChangeTopic{
      .topic = key_of(*stream, *topic),
      .name = std::move(request.name),
      .settings = {.compression_algorithm = request.compression_algorithm,
                   .message_expiry = request.message_expiry,
                   .max_topic_size = request.max_topic_size,
                   .replication_factor = stored_replication_factor(request.replication_factor)}});
  if (!changed) co_return fail(changed);
  co_return Result<>{};
}

Task<Result<>> delete_topic(Context context, wire::DeleteTopic request) {
  const auto found = context.find_topic(request.stream_id, request.topic_id, may_manage_topic);
  if (!found) co_return fail(found);
  const auto& [stream, topic] = *found;

  const auto in = context.broker.here().catalogue;  // held, with the stream in it
  const auto removed = co_await context.commit(RemoveTopic{key_of(*stream, *topic)});
  if (!removed) co_return fail(removed);
  context.broker.clean_up(partitions_of(*stream, **removed));
  co_return Result<>{};
}

Task<Result<>> purge_topic(Context context, wire::PurgeTopic request) {
  const auto found = context.find_topic(request.stream_id, request.topic_id, may_manage_topic);
  if (!found) co_return fail(found);
  const auto& [stream, topic] = *found;

  const auto in = context.broker.here().catalogue;
  const auto renewed = co_await context.commit(RenewTopicPartitions{key_of(*stream, *topic)});
  if (!renewed) co_return fail(renewed);
  context.broker.clean_up(partitions_of(*stream, *renewed->before));
  co_return Result<>{};
}

}  // namespace iggy::broker
