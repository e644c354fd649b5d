// The changes that the catalogue can undergo, as the journal keeps them.
#pragma once

#include <boost/describe/class.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "broker/catalogue.hpp"
#include "broker/permissions.hpp"
#include "iggy/error.hpp"
#include "iggy/units.hpp"
#include "wire/primitives.hpp"

namespace iggy::broker {

/// When and by whom a change was made, and its place in the journal.
struct ChangeMeta {
  std::uint64_t index = 0;  // the first is 1, then without gaps
  std::uint64_t epoch = 0;  // of the writer; kept for replication
  Timestamp time{};         // becomes created_at
  UserId user = nobody;     // who asked; nobody: the server itself

  bool operator==(const ChangeMeta&) const = default;
};

/// More partitions than these are never made by one change. Source: the protocol.
inline constexpr std::uint32_t partitions_per_change_max = 1000;

// A change says everything that was decided when it was made: ids and incarnations too, so that
// applying it again gives the same catalogue. `type` and `version` stand in its record; a type is
// never used for something else, and a version is raised when members are added.

struct StreamCreated {
  static constexpr std::uint16_t type = 1, version = 1;
  StreamId stream{};  // the lowest free one
  Incarnation incarnation{};
  wire::Name name;
  bool operator==(const StreamCreated&) const = default;
};
BOOST_DESCRIBE_STRUCT(StreamCreated, (), (stream, incarnation, name))

struct StreamUpdated {
  static constexpr std::uint16_t type = 2, version = 1;
  StreamId stream{};
  wire::Name name;
  bool operator==(const StreamUpdated&) const = default;
};
BOOST_DESCRIBE_STRUCT(StreamUpdated, (), (stream, name))

struct StreamDeleted {
  static constexpr std::uint16_t type = 3, version = 1;
  StreamId stream{};
  bool operator==(const StreamDeleted&) const = default;
};
BOOST_DESCRIBE_STRUCT(StreamDeleted, (), (stream))

/// Every partition of the stream gets a new incarnation: consecutive ones, in ascending order of
/// topics, and of partitions inside of them.
struct StreamPurged {
  static constexpr std::uint16_t type = 4, version = 1;
  StreamId stream{};
  Incarnation first_incarnation{};
  bool operator==(const StreamPurged&) const = default;
};
BOOST_DESCRIBE_STRUCT(StreamPurged, (), (stream, first_incarnation))

/// The topic's partitions get the incarnations behind its own.
struct TopicCreated {
  static constexpr std::uint16_t type = 5, version = 1;
  StreamId stream{};
  TopicId topic{};  // the lowest free one of the stream
  Incarnation incarnation{};
  wire::Name name;
  TopicSettings settings;
  std::uint32_t partitions_count{};
  bool operator==(const TopicCreated&) const = default;
};
BOOST_DESCRIBE_STRUCT(TopicCreated, (),
                      (stream, topic, incarnation, name, settings, partitions_count))

struct TopicUpdated {
  static constexpr std::uint16_t type = 6, version = 1;
  StreamId stream{};
  TopicId topic{};
  wire::Name name;
  TopicSettings settings;
  bool operator==(const TopicUpdated&) const = default;
};
BOOST_DESCRIBE_STRUCT(TopicUpdated, (), (stream, topic, name, settings))

struct TopicDeleted {
  static constexpr std::uint16_t type = 7, version = 1;
  StreamId stream{};
  TopicId topic{};
  bool operator==(const TopicDeleted&) const = default;
};
BOOST_DESCRIBE_STRUCT(TopicDeleted, (), (stream, topic))

/// Every partition of the topic gets a new incarnation: consecutive ones, in ascending order.
struct TopicPurged {
  static constexpr std::uint16_t type = 8, version = 1;
  StreamId stream{};
  TopicId topic{};
  Incarnation first_incarnation{};
  bool operator==(const TopicPurged&) const = default;
};
BOOST_DESCRIBE_STRUCT(TopicPurged, (), (stream, topic, first_incarnation))

/// Their ids follow the highest one.
struct PartitionsCreated {
  static constexpr std::uint16_t type = 9, version = 1;
  StreamId stream{};
  TopicId topic{};
  std::uint32_t count{};
  Incarnation first_incarnation{};
  bool operator==(const PartitionsCreated&) const = default;
};
BOOST_DESCRIBE_STRUCT(PartitionsCreated, (), (stream, topic, count, first_incarnation))

/// Those with the highest ids go.
struct PartitionsDeleted {
  static constexpr std::uint16_t type = 10, version = 1;
  StreamId stream{};
  TopicId topic{};
  std::uint32_t count{};
  bool operator==(const PartitionsDeleted&) const = default;
};
BOOST_DESCRIBE_STRUCT(PartitionsDeleted, (), (stream, topic, count))

/// The partition's directory was made. Written before the first append is acknowledged.
struct PartitionWritten {
  static constexpr std::uint16_t type = 11, version = 1;
  StreamId stream{};
  TopicId topic{};
  PartitionId partition{};
  bool operator==(const PartitionWritten&) const = default;
};
BOOST_DESCRIBE_STRUCT(PartitionWritten, (), (stream, topic, partition))

/// The directories of these dropped partitions are gone.
struct DroppedPartitionsRemoved {
  static constexpr std::uint16_t type = 12, version = 1;
  std::vector<Incarnation> incarnations;
  bool operator==(const DroppedPartitionsRemoved&) const = default;
};
BOOST_DESCRIBE_STRUCT(DroppedPartitionsRemoved, (), (incarnations))

/// Incarnations below this one are not given out: something unknown bears them on the disk.
struct IncarnationsSkipped {
  static constexpr std::uint16_t type = 13, version = 1;
  Incarnation next_incarnation{};
  bool operator==(const IncarnationsSkipped&) const = default;
};
BOOST_DESCRIBE_STRUCT(IncarnationsSkipped, (), (next_incarnation))

struct UserCreated {
  static constexpr std::uint16_t type = 14, version = 1;
  UserId user{};  // the lowest free one; root is the first
  Incarnation incarnation{};
  wire::Name name;
  std::string password_hash;
  UserStatus status = UserStatus::active;
  std::optional<Permissions> permissions;
  bool operator==(const UserCreated&) const = default;
};
BOOST_DESCRIBE_STRUCT(UserCreated, (),
                      (user, incarnation, name, password_hash, status, permissions))

struct UserPasswordChanged {
  static constexpr std::uint16_t type = 15, version = 1;
  UserId user{};
  std::string password_hash;
  bool operator==(const UserPasswordChanged&) const = default;
};
BOOST_DESCRIBE_STRUCT(UserPasswordChanged, (), (user, password_hash))

using Change = std::variant<StreamCreated, StreamUpdated, StreamDeleted, StreamPurged, TopicCreated,
                            TopicUpdated, TopicDeleted, TopicPurged, PartitionsCreated,
                            PartitionsDeleted, PartitionWritten, DroppedPartitionsRemoved,
                            IncarnationsSkipped, UserCreated, UserPasswordChanged>;

/// A change in the form that the journal keeps.
struct EncodedChange {
  std::uint16_t type = 0;
  std::uint16_t version = 0;
  base::Bytes body;
};

[[nodiscard]] EncodedChange encode(const Change& change);

/// Errors: unsupported_format (a type that is not known here, or a newer version of one: a newer
/// server wrote it), state_file_corrupted (the body is not one of that type).
[[nodiscard]] Result<Change> decode_change(std::uint16_t type, std::uint16_t version,
                                           base::ByteView body);

/// True if the change gives room back, or is needed to: it may use the last reserve of a full disk.
[[nodiscard]] bool frees_space(const Change& change);

/// The catalogue after `change`. Copies only what lies on the way to what is touched.
/// Errors: state_file_corrupted, if the change does not fit `catalogue`: an id or name that is
/// taken or missing, an incarnation that was used, an index that does not follow.
[[nodiscard]] Result<Catalogue> apply(const Catalogue& catalogue, const Change& change,
                                      const ChangeMeta& meta);

}  // namespace iggy::broker
