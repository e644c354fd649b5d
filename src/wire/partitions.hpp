// Commands about partitions, and how a partition is described.
#pragma once

#include <boost/describe/class.hpp>

#include <cstdint>

#include "base/ids.hpp"
#include "iggy/identifier.hpp"
#include "iggy/units.hpp"
#include "wire/codec.hpp"
#include "wire/primitives.hpp"

namespace iggy::wire {

/// Partitions that one request may create.
inline constexpr std::uint32_t partitions_per_request_max = 1000;

struct Partition {
  PartitionId id{};
  Timestamp created_at{};
  std::uint32_t segments_count{};
  std::uint64_t current_offset{};  // of the last message, 0 if there never was one
  ByteSize size_bytes{};
  std::uint64_t messages_count{};

  bool operator==(const Partition&) const = default;
};
BOOST_DESCRIBE_STRUCT(Partition, (),
                      (id, created_at, segments_count, current_offset, size_bytes, messages_count))

/// Adds partitions to a topic; their ids continue behind the highest.
struct CreatePartitions {
  static constexpr std::uint32_t code = 402;
  using Reply = void;

  Identifier stream_id;
  Identifier topic_id;
  std::uint32_t partitions_count{};  // 1 to 1000

  bool operator==(const CreatePartitions&) const = default;
};
BOOST_DESCRIBE_STRUCT(CreatePartitions, (), (stream_id, topic_id, partitions_count))

/// Checks what needs no stored data. Errors: too_many_partitions, also for none.
[[nodiscard]] Result<> validate(const CreatePartitions& request);

/// Deletes a topic's partitions of the highest ids, with their messages.
struct DeletePartitions {
  static constexpr std::uint32_t code = 403;
  using Reply = void;

  Identifier stream_id;
  Identifier topic_id;
  std::uint32_t partitions_count{};  // at least 1

  bool operator==(const DeletePartitions&) const = default;
};
BOOST_DESCRIBE_STRUCT(DeletePartitions, (), (stream_id, topic_id, partitions_count))

/// Checks what needs no stored data. Errors: too_many_partitions, for none.
[[nodiscard]] Result<> validate(const DeletePartitions& request);

}  // namespace iggy::wire
