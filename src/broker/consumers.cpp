// Which partition and which stored offset a consumer's request is about.
#include "broker/consumers.hpp"

namespace iggy::broker {

Result<PartitionRef> find_partition(const FoundTopic& in, PartitionId partition) {
  const auto* found = in.topic->find_partition(partition);
  if (!found) return fail(Error::partition_not_found);
  return ref_of(*in.stream, *in.topic, partition, *found);
}

Result<log::ConsumerKey> consumer_key(const wire::Consumer& consumer) {
  if (consumer.kind == wire::ConsumerKind::consumer_group) {
    return fail(Error::consumer_group_id_not_found);
  }
  return log::ConsumerKey{.kind = log::ConsumerKind::consumer,
                          .id = number(wire::consumer_number(consumer.id))};
}

}  // namespace iggy::broker
