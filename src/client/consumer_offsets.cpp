// The client's commands about what consumers have read.
#include <utility>

#include "client/client.hpp"

namespace iggy::client {

Task<Result<std::optional<wire::ConsumerOffset>>> Client::get_consumer_offset(
    PartitionConsumer of) {
  return call(wire::GetConsumerOffset{.consumer = std::move(of.consumer),
                                      .stream_id = std::move(of.stream_id),
                                      .topic_id = std::move(of.topic_id),
                                      .partition_id = of.partition_id});
}

Task<Result<>> Client::store_consumer_offset(PartitionConsumer of, std::uint64_t offset) {
  return call(wire::StoreConsumerOffset{.consumer = std::move(of.consumer),
                                        .stream_id = std::move(of.stream_id),
                                        .topic_id = std::move(of.topic_id),
                                        .partition_id = of.partition_id,
                                        .offset = offset});
}

Task<Result<>> Client::delete_consumer_offset(PartitionConsumer of) {
  return call(wire::DeleteConsumerOffset{.consumer = std::move(of.consumer),
                                         .stream_id = std::move(of.stream_id),
                                         .topic_id = std::move(of.topic_id),
                                         .partition_id = of.partition_id});
}

}  // namespace iggy::client
