// Commands about topics, and how topics and their partitions are described.
#pragma once

#include <boost/describe/class.hpp>

#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.hpp"
#include "iggy/identifier.hpp"
#include "iggy/units.hpp"
#include "wire/codec.hpp"
#include "wire/partitions.hpp"
#include "wire/primitives.hpp"

namespace iggy::wire {

/// A topic, as lists show it.
struct Topic {
  TopicId id{};
  Timestamp created_at{};
  std::uint32_t partitions_count{};
  Duration message_expiry{};
  CompressionAlgorithm compression_algorithm = CompressionAlgorithm::none;
  ByteSize max_topic_size{};
  std::uint8_t replication_factor{};
  ByteSize size_bytes{};
  std::uint64_t messages_count{};
  Name name;

  bool operator==(const Topic&) const = default;
};
BOOST_DESCRIBE_STRUCT(Topic, (),
                      (id, created_at, partitions_count, message_expiry, compression_algorithm,
                       max_topic_size, replication_factor, size_bytes, messages_count, name))

/// A topic with its partitions, ascending by id.
struct TopicDetails {
  Topic topic;
  std::vector<Partition> partitions;

  bool operator==(const TopicDetails&) const = default;
};
BOOST_DESCRIBE_STRUCT(TopicDetails, (), (topic, partitions))

struct GetTopic {
  static constexpr std::uint32_t code = 300;
  using Reply = std::optional<TopicDetails>;  // nothing: no such stream or topic

  Identifier stream_id;
  Identifier topic_id;

  bool operator==(const GetTopic&) const = default;
};
BOOST_DESCRIBE_STRUCT(GetTopic, (), (stream_id, topic_id))

/// Answered with all topics of the stream, ascending by id; none if there is no such stream.
struct GetTopics {
  static constexpr std::uint32_t code = 301;
  using Reply = std::vector<Topic>;

  Identifier stream_id;

  bool operator==(const GetTopics&) const = default;
};
BOOST_DESCRIBE_STRUCT(GetTopics, (), (stream_id))

/// Creates a topic with its partitions. Answered with the new topic.
struct CreateTopic {
  static constexpr std::uint32_t code = 302;
  using Reply = TopicDetails;

  Identifier stream_id;
  std::uint32_t partitions_count{};  // 0 to 1000
  CompressionAlgorithm compression_algorithm = CompressionAlgorithm::none;
  Duration message_expiry{};          // 0: the server's default, max: never
  ByteSize max_topic_size{};          // 0: the server's default, max: unlimited
  std::uint8_t replication_factor{};  // 0: the server's default
  Name name;

  bool operator==(const CreateTopic&) const = default;
};
BOOST_DESCRIBE_STRUCT(CreateTopic, (),
                      (stream_id, partitions_count, compression_algorithm, message_expiry,
                       max_topic_size, replication_factor, name))

/// Checks what needs no stored data. Errors: too_many_partitions, invalid_command (compression).
[[nodiscard]] Result<> validate(const CreateTopic& request);

struct DeleteTopic {
  static constexpr std::uint32_t code = 303;
  using Reply = void;

  Identifier stream_id;
  Identifier topic_id;

  bool operator==(const DeleteTopic&) const = default;
};
BOOST_DESCRIBE_STRUCT(DeleteTopic, (), (stream_id, topic_id))

/// Replaces all of the topic's settings; they are stored as sent.
struct UpdateTopic {
  static constexpr std::uint32_t code = 304;
  using Reply = void;

  Identifier stream_id;
  Identifier topic_id;
  CompressionAlgorithm compression_algorithm = CompressionAlgorithm::none;
  Duration message_expiry{};          // 0: the server's default, max: never
  ByteSize max_topic_size{};          // 0: the server's default, max: unlimited
  std::uint8_t replication_factor{};  // 0: the server's default
  Name name;

  bool operator==(const UpdateTopic&) const = default;
};
BOOST_DESCRIBE_STRUCT(UpdateTopic, (),
                      (stream_id, topic_id, compression_algorithm, message_expiry, max_topic_size,
                       replication_factor, name))

/// Checks what needs no stored data. Errors: invalid_command (compression).
[[nodiscard]] Result<> validate(const UpdateTopic& request);

/// Deletes all messages and consumer offsets; offsets start at 0 again.
struct PurgeTopic {
  static constexpr std::uint32_t code = 305;
  using Reply = void;

  Identifier stream_id;
  Identifier topic_id;

  bool operator==(const PurgeTopic&) const = default;
};
BOOST_DESCRIBE_STRUCT(PurgeTopic, (), (stream_id, topic_id))

}  // namespace iggy::wire
