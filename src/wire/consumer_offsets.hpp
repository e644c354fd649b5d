// Commands about what consumers have read.
#pragma once

#include <boost/describe/class.hpp>

#include <cstdint>
#include <optional>

#include "base/ids.hpp"
#include "iggy/identifier.hpp"
#include "wire/codec.hpp"
#include "wire/primitives.hpp"

namespace iggy::wire {

/// How far a consumer is in a partition.
struct ConsumerOffset {
  PartitionId partition_id{};
  std::uint64_t current_offset{};  // the partition's last
  std::uint64_t stored_offset{};   // the last that the consumer has processed

  bool operator==(const ConsumerOffset&) const = default;
};
BOOST_DESCRIBE_STRUCT(ConsumerOffset, (), (partition_id, current_offset, stored_offset))

struct GetConsumerOffset {
  static constexpr std::uint32_t code = 120;
  using Reply = std::optional<ConsumerOffset>;  // nothing: none stored, or no such thing

  Consumer consumer;
  Identifier stream_id;
  Identifier topic_id;
  std::optional<PartitionId> partition_id;

  bool operator==(const GetConsumerOffset&) const = default;
};
BOOST_DESCRIBE_STRUCT(GetConsumerOffset, (), (consumer, stream_id, topic_id, partition_id))

struct StoreConsumerOffset {
  static constexpr std::uint32_t code = 121;
  using Reply = void;

  Consumer consumer;
  Identifier stream_id;
  Identifier topic_id;
  std::optional<PartitionId> partition_id;
  std::uint64_t offset{};

  bool operator==(const StoreConsumerOffset&) const = default;
};
BOOST_DESCRIBE_STRUCT(StoreConsumerOffset, (),
                      (consumer, stream_id, topic_id, partition_id, offset))

struct DeleteConsumerOffset {
  static constexpr std::uint32_t code = 122;
  using Reply = void;

  Consumer consumer;
  Identifier stream_id;
  Identifier topic_id;
  std::optional<PartitionId> partition_id;

  bool operator==(const DeleteConsumerOffset&) const = default;
};
BOOST_DESCRIBE_STRUCT(DeleteConsumerOffset, (), (consumer, stream_id, topic_id, partition_id))

}  // namespace iggy::wire
