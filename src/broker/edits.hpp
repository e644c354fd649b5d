// What operations ask of the catalogue; each becomes a change once it is checked against the newest
// state.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "broker/catalogue.hpp"
#include "broker/changes.hpp"
#include "iggy/error.hpp"
#include "wire/primitives.hpp"

namespace iggy::broker {

/// A change that is on the disk and in every shard's snapshot.
struct Committed {
  CataloguePtr before;
  CataloguePtr after;  // right after this change, without those that followed it
  Change change;
  ChangeMeta meta;
};

/// The stream, topic or user that an operation looked up and has permission for. If by now another
/// one has its id, the edit is refused as if there were none.
struct StreamKey {
  StreamId id{};
  Incarnation incarnation{};
};
struct TopicKey {
  StreamKey stream;
  TopicId id{};
  Incarnation incarnation{};
};
struct UserKey {
  UserId id{};
  Incarnation incarnation{};
};
[[nodiscard]] inline StreamKey key_of(const Stream& stream) {
  return {stream.id, stream.incarnation};
}
[[nodiscard]] inline TopicKey key_of(const Stream& stream, const Topic& topic) {
  return {key_of(stream), topic.id, topic.incarnation};
}
[[nodiscard]] inline UserKey key_of(const User& user) { return {user.id, user.incarnation}; }

/// Something before and after an edit.
template <class T>
struct Replaced {
  std::shared_ptr<const T> before;
  std::shared_ptr<const T> after;
};

// An edit has `change`, which checks it against the newest catalogue and decides ids and
// incarnations, and `outcome`, which finds what the operation describes. `change` is called on the
// owner's shard and must not wait.
//
// Errors where a key is part of it: stream_id_not_found, topic_id_not_found, resource_not_found
// (user).

/// Errors: stream_name_already_exists.
struct AddStream {
  using Outcome = StreamPtr;
  wire::Name name;
  [[nodiscard]] Result<Change> change(const Catalogue& head) const;
  static Outcome outcome(const Committed& committed);
};

/// A stream may be given the name it has. Errors: stream_name_already_exists.
struct RenameStream {
  using Outcome = StreamPtr;
  StreamKey stream;
  wire::Name name;
  [[nodiscard]] Result<Change> change(const Catalogue& head) const;
  static Outcome outcome(const Committed& committed);
};

/// Gives the stream that was removed.
struct RemoveStream {
  using Outcome = StreamPtr;
  StreamKey stream;
  [[nodiscard]] Result<Change> change(const Catalogue& head) const;
  static Outcome outcome(const Committed& committed);
};

struct RenewStreamPartitions {  // a purge
  using Outcome = Replaced<Stream>;
  StreamKey stream;
  [[nodiscard]] Result<Change> change(const Catalogue& head) const;
  static Outcome outcome(const Committed& committed);
};

/// Errors: too_many_partitions, topic_name_already_exists.
struct AddTopic {
  using Outcome = TopicPtr;
  StreamKey stream;
  wire::Name name;
  TopicSettings settings;
  std::uint32_t partitions_count = 0;
  [[nodiscard]] Result<Change> change(const Catalogue& head) const;
  static Outcome outcome(const Committed& committed);
};

/// A topic may be given the name it has. Errors: topic_name_already_exists.
struct ChangeTopic {
  using Outcome = Replaced<Topic>;
  TopicKey topic;
  wire::Name name;
  TopicSettings settings;
  [[nodiscard]] Result<Change> change(const Catalogue& head) const;
  static Outcome outcome(const Committed& committed);
};

/// Gives the topic that was removed.
struct RemoveTopic {
  using Outcome = TopicPtr;
  TopicKey topic;
  [[nodiscard]] Result<Change> change(const Catalogue& head) const;
  static Outcome outcome(const Committed& committed);
};

struct RenewTopicPartitions {  // a purge
  using Outcome = Replaced<Topic>;
  TopicKey topic;
  [[nodiscard]] Result<Change> change(const Catalogue& head) const;
  static Outcome outcome(const Committed& committed);
};

/// Errors: too_many_partitions (0, or more than 1000).
struct AddPartitions {
  using Outcome = Replaced<Topic>;
  TopicKey topic;
  std::uint32_t count = 0;
  [[nodiscard]] Result<Change> change(const Catalogue& head) const;
  static Outcome outcome(const Committed& committed);
};

/// Errors: too_many_partitions (0), invalid_partitions_count (more than there are).
struct RemovePartitions {
  using Outcome = Replaced<Topic>;
  TopicKey topic;
  std::uint32_t count = 0;
  [[nodiscard]] Result<Change> change(const Catalogue& head) const;
  static Outcome outcome(const Committed& committed);
};

/// To be committed before the append that made the directory is acknowledged. Once more is no
/// error. Errors: partition_not_found, incarnation_gone (purged meanwhile).
struct MarkPartitionWritten {
  using Outcome = TopicPtr;
  TopicKey topic;
  PartitionId partition{};
  Incarnation incarnation{};  // of the partition
  [[nodiscard]] Result<Change> change(const Catalogue& head) const;
  static Outcome outcome(const Committed& committed);
};

/// To be committed when the directories of these dropped partitions are unlinked. Ones that are not
/// on the list of dropped partitions are passed over.
struct ForgetDroppedPartitions {
  using Outcome = CataloguePtr;
  std::vector<Incarnation> incarnations;
  [[nodiscard]] Result<Change> change(const Catalogue& head) const;
  static Outcome outcome(const Committed& committed);
};

/// To be committed at start if the disk holds an unknown partition's directory with an incarnation
/// that was not given out yet: `seen` and all below will never be given out.
struct SkipIncarnations {
  using Outcome = CataloguePtr;
  Incarnation seen{};
  [[nodiscard]] Result<Change> change(const Catalogue& head) const;
  static Outcome outcome(const Committed& committed);
};

/// The first one is root, with every right whatever `permissions` says. The password was hashed
/// before. Errors: invalid_username (3 to 50 bytes), user_already_exists, users_limit_reached.
struct AddUser {
  using Outcome = UserPtr;
  wire::Name name;
  std::string password_hash;
  UserStatus status = UserStatus::active;
  std::optional<Permissions> permissions;
  [[nodiscard]] Result<Change> change(const Catalogue& head) const;
  static Outcome outcome(const Committed& committed);
};

/// Errors: invalid_credentials, if `verified_hash` is given and the user has another one by now.
struct ChangePassword {
  using Outcome = UserPtr;
  UserKey user;
  std::string password_hash;
  std::optional<std::string> verified_hash;  // what the old password was checked against
  [[nodiscard]] Result<Change> change(const Catalogue& head) const;
  static Outcome outcome(const Committed& committed);
};

}  // namespace iggy::broker
