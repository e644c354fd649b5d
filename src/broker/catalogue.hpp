// What exists: streams, topics, partitions and users, as one immutable snapshot.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "broker/name_index.hpp"
#include "broker/permissions.hpp"
#include "broker/persistent_map.hpp"
#include "iggy/units.hpp"
#include "wire/primitives.hpp"

namespace iggy::broker {

/// A partition, as far as the catalogue knows it; the log knows the rest.
struct Partition {
  Incarnation incarnation{};  // names its directory
  Timestamp created_at{};
  bool written = false;  // its directory was made: if it is missing at start, that is damage

  bool operator==(const Partition&) const = default;
};

/// What a topic is told when it is created or updated. Stored and shown as given: who creates a
/// topic resolves the sentinels (0: the server's default) before, an update keeps them.
struct TopicSettings {
  wire::CompressionAlgorithm compression_algorithm = wire::CompressionAlgorithm::none;
  Duration message_expiry{};
  ByteSize max_topic_size{};
  std::uint8_t replication_factor = 1;

  bool operator==(const TopicSettings&) const = default;
};
BOOST_DESCRIBE_STRUCT(TopicSettings, (),
                      (compression_algorithm, message_expiry, max_topic_size, replication_factor))

struct Topic {
  TopicId id{};
  Incarnation incarnation{};
  wire::Name name;
  Timestamp created_at{};
  TopicSettings settings;
  PersistentMap<PartitionId, Partition> partitions;  // 0 to n - 1, without gaps

  [[nodiscard]] const Partition* find_partition(PartitionId partition) const {
    return partitions.find(partition);
  }
  [[nodiscard]] std::uint32_t partitions_count() const {
    return static_cast<std::uint32_t>(partitions.size());
  }

  bool operator==(const Topic&) const = default;
};
using TopicPtr = std::shared_ptr<const Topic>;

struct Stream {
  StreamId id{};
  Incarnation incarnation{};
  wire::Name name;
  Timestamp created_at{};
  PersistentMap<TopicId, TopicPtr> topics;
  NameIndex<TopicId> topic_ids;
  std::uint64_t partitions_count = 0;  // of all its topics

  /// Null if there is none. What is found lives as long as this stream.
  [[nodiscard]] const Topic* find_topic(TopicId topic) const;
  [[nodiscard]] const Topic* find_topic(const wire::IdentifierView& topic) const;
  [[nodiscard]] std::uint32_t topics_count() const {
    return static_cast<std::uint32_t>(topics.size());
  }
};
using StreamPtr = std::shared_ptr<const Stream>;

enum class UserStatus : std::uint8_t { active = 1, inactive = 2 };
BOOST_DESCRIBE_ENUM(UserStatus, active, inactive)

struct User {
  UserId id{};
  Incarnation incarnation{};  // sessions and grants are bound to it, not to the id
  wire::Name name;
  std::string password_hash;  // PHC string; never logged
  UserStatus status = UserStatus::active;
  std::optional<Permissions> permissions;  // root's: all
  Timestamp created_at{};

  [[nodiscard]] const Permissions* permissions_or_null() const {
    return permissions ? &*permissions : nullptr;
  }

  bool operator==(const User&) const = default;
};
using UserPtr = std::shared_ptr<const User>;

/// One state of the whole. Each change gives another one, see `changes.hpp`; they share what the
/// change did not touch. May be read from every shard at once. Maps iterate ascending by id.
struct Catalogue {
  PersistentMap<StreamId, StreamPtr> streams;
  NameIndex<StreamId> stream_ids;
  PersistentMap<UserId, UserPtr> users;
  NameIndex<UserId> user_ids;
  /// Incarnations of partitions that are deleted or purged, and whose directories may still be
  /// there. The value says nothing.
  PersistentMap<Incarnation, bool> dropped_partitions;
  Incarnation next_incarnation{1};
  std::uint64_t journal_index = 0;  // of the last change in it
  std::uint64_t topics_count = 0;
  std::uint64_t partitions_count = 0;

  /// Null if there is none. What is found lives as long as this catalogue.
  [[nodiscard]] const Stream* find_stream(StreamId stream) const;
  [[nodiscard]] const Stream* find_stream(const wire::IdentifierView& stream) const;
  [[nodiscard]] const User* find_user(UserId user) const;
  [[nodiscard]] const User* find_user(const wire::IdentifierView& user) const;
  /// For login: a name made of digits is a name.
  [[nodiscard]] const User* find_user_by_name(std::string_view name) const;
};
using CataloguePtr = std::shared_ptr<const Catalogue>;

}  // namespace iggy::broker
