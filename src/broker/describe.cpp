// How streams and topics of the catalogue are told to clients.
#include "broker/describe.hpp"

namespace iggy::broker {

Totals totals_of(const TotalsByTopic& totals, const Topic& topic) {
  const auto found = totals.find(topic.incarnation);
  return found == totals.end() ? Totals{} : found->second;
}

wire::Topic describe(const Topic& topic, const Totals& totals) {
  return {.id = topic.id,
          .created_at = topic.created_at,
          .partitions_count = topic.partitions_count(),
          .message_expiry = topic.settings.message_expiry,
          .compression_algorithm = topic.settings.compression_algorithm,
          .max_topic_size = topic.settings.max_topic_size,
          .replication_factor = topic.settings.replication_factor,
          .size_bytes = {totals.size_bytes},
          .messages_count = totals.messages_count,
          .name = topic.name};
}

wire::Stream describe(const Stream& stream, const TotalsByTopic& totals) {
  Totals sum;
  for (const auto& [_, topic] : stream.topics) sum += totals_of(totals, *topic);
  return {.id = stream.id,
          .created_at = stream.created_at,
          .topics_count = stream.topics_count(),
          .size_bytes = {sum.size_bytes},
          .messages_count = sum.messages_count,
          .name = stream.name};
}

}  // namespace iggy::broker
