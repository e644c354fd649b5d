// Checking edits against the newest catalogue, and finding what came of them.
#include "broker/edits.hpp"

#include <algorithm>
#include <cassert>
#include <variant>

#include "wire/sessions.hpp"

namespace iggy::broker {

namespace {

Result<const Stream*> resolve(const Catalogue& head, const StreamKey& key) {
  const auto* stream = head.find_stream(key.id);
  if (!stream || stream->incarnation != key.incarnation) return fail(Error::stream_id_not_found);
  return stream;
}

struct TopicPlace {
  const Stream* stream;
  const Topic* topic;
};

Result<TopicPlace> resolve(const Catalogue& head, const TopicKey& key) {
  const auto stream = resolve(head, key.stream);
  if (!stream) return fail(stream);
  const auto* topic = (*stream)->find_topic(key.id);
  if (!topic || topic->incarnation != key.incarnation) return fail(Error::topic_id_not_found);
  return TopicPlace{*stream, topic};
}

/// The stream of a catalogue that surely has it, shared.
StreamPtr stream_in(const Catalogue& catalogue, StreamId id) {
  const auto* stream = catalogue.streams.find(id);
  assert(stream);
  return *stream;
}

TopicPtr topic_in(const Catalogue& catalogue, StreamId stream_id, TopicId id) {
  const auto* topic = catalogue.find_stream(stream_id)->topics.find(id);
  assert(topic);
  return *topic;
}

UserPtr user_in(const Catalogue& catalogue, UserId id) {
  const auto* user = catalogue.users.find(id);
  assert(user);
  return *user;
}

/// The topic before and after a change that names it.
template <class NamedChange>
Replaced<Topic> replaced_topic(const Committed& committed) {
  const auto& change = std::get<NamedChange>(committed.change);
  return {topic_in(*committed.before, change.stream, change.topic),
          topic_in(*committed.after, change.stream, change.topic)};
}

bool is_taken_by_another(const std::optional<StreamId>& found, StreamId self) {
  return found && *found != self;
}
bool is_taken_by_another(const std::optional<TopicId>& found, TopicId self) {
  return found && *found != self;
}

}  // namespace

Result<Change> AddStream::change(const Catalogue& head) const {
  if (head.stream_ids.contains(name.text())) return fail(Error::stream_name_already_exists);
  return StreamCreated{
      .stream = head.streams.lowest_free_key(), .incarnation = head.next_incarnation, .name = name};
}

StreamPtr AddStream::outcome(const Committed& committed) {
  return stream_in(*committed.after, std::get<StreamCreated>(committed.change).stream);
}

Result<Change> RenameStream::change(const Catalogue& head) const {
  const auto present = resolve(head, stream);
  if (!present) return fail(present);
  if (is_taken_by_another(head.stream_ids.find(name.text()), stream.id)) {
    return fail(Error::stream_name_already_exists);
  }
  return StreamUpdated{.stream = stream.id, .name = name};
}

StreamPtr RenameStream::outcome(const Committed& committed) {
  return stream_in(*committed.after, std::get<StreamUpdated>(committed.change).stream);
}

Result<Change> RemoveStream::change(const Catalogue& head) const {
  const auto present = resolve(head, stream);
  if (!present) return fail(present);
  return StreamDeleted{.stream = stream.id};
}

StreamPtr RemoveStream::outcome(const Committed& committed) {
  return stream_in(*committed.before, std::get<StreamDeleted>(committed.change).stream);
}

Result<Change> RenewStreamPartitions::change(const Catalogue& head) const {
  const auto present = resolve(head, stream);
  if (!present) return fail(present);
  return StreamPurged{.stream = stream.id, .first_incarnation = head.next_incarnation};
}

Replaced<Stream> RenewStreamPartitions::outcome(const Committed& committed) {
  const auto id = std::get<StreamPurged>(committed.change).stream;
  return {stream_in(*committed.before, id), stream_in(*committed.after, id)};
}

Result<Change> AddTopic::change(const Catalogue& head) const {
  if (partitions_count > partitions_per_change_max) return fail(Error::too_many_partitions);
  const auto present = resolve(head, stream);
  if (!present) return fail(present);
  if ((*present)->topic_ids.contains(name.text())) return fail(Error::topic_name_already_exists);
  return TopicCreated{.stream = stream.id,
                      .topic = (*present)->topics.lowest_free_key(),
                      .incarnation = head.next_incarnation,
                      .name = name,
                      .settings = settings,
                      .partitions_count = partitions_count};
}

TopicPtr AddTopic::outcome(const Committed& committed) {
  const auto& change = std::get<TopicCreated>(committed.change);
  return topic_in(*committed.after, change.stream, change.topic);
}

Result<Change> ChangeTopic::change(const Catalogue& head) const {
  const auto present = resolve(head, topic);
  if (!present) return fail(present);
  if (is_taken_by_another(present->stream->topic_ids.find(name.text()), topic.id)) {
    return fail(Error::topic_name_already_exists);
  }
  return TopicUpdated{
      .stream = topic.stream.id, .topic = topic.id, .name = name, .settings = settings};
}

Replaced<Topic> ChangeTopic::outcome(const Committed& committed) {
  return replaced_topic<TopicUpdated>(committed);
}

Result<Change> RemoveTopic::change(const Catalogue& head) const {
  const auto present = resolve(head, topic);
  if (!present) return fail(present);
  return TopicDeleted{.stream = topic.stream.id, .topic = topic.id};
}

TopicPtr RemoveTopic::outcome(const Committed& committed) {
  const auto& change = std::get<TopicDeleted>(committed.change);
  return topic_in(*committed.before, change.stream, change.topic);
}

Result<Change> RenewTopicPartitions::change(const Catalogue& head) const {
  const auto present = resolve(head, topic);
  if (!present) return fail(present);
  return TopicPurged{
      .stream = topic.stream.id, .topic = topic.id, .first_incarnation = head.next_incarnation};
}

Replaced<Topic> RenewTopicPartitions::outcome(const Committed& committed) {
  return replaced_topic<TopicPurged>(committed);
}

Result<Change> AddPartitions::change(const Catalogue& head) const {
  if (count == 0 || count > partitions_per_change_max) return fail(Error::too_many_partitions);
  const auto present = resolve(head, topic);
  if (!present) return fail(present);
  return PartitionsCreated{.stream = topic.stream.id,
                           .topic = topic.id,
                           .count = count,
                           .first_incarnation = head.next_incarnation};
}

Replaced<Topic> AddPartitions::outcome(const Committed& committed) {
  return replaced_topic<PartitionsCreated>(committed);
}

Result<Change> RemovePartitions::change(const Catalogue& head) const {
  if (count == 0) return fail(Error::too_many_partitions);
  const auto present = resolve(head, topic);
  if (!present) return fail(present);
  if (count > present->topic->partitions_count()) return fail(Error::invalid_partitions_count);
  return PartitionsDeleted{.stream = topic.stream.id, .topic = topic.id, .count = count};
}

Replaced<Topic> RemovePartitions::outcome(const Committed& committed) {
  return replaced_topic<PartitionsDeleted>(committed);
}

Result<Change> MarkPartitionWritten::change(const Catalogue& head) const {
  const auto present = resolve(head, topic);
  if (!present) return fail(present);
  const auto* found = present->topic->find_partition(partition);
  if (!found) return fail(Error::partition_not_found);
  if (found->incarnation != incarnation) return fail(Error::incarnation_gone);
  return PartitionWritten{.stream = topic.stream.id, .topic = topic.id, .partition = partition};
}

TopicPtr MarkPartitionWritten::outcome(const Committed& committed) {
  return replaced_topic<PartitionWritten>(committed).after;
}

Result<Change> ForgetDroppedPartitions::change(const Catalogue& head) const {
  DroppedPartitionsRemoved removed;
  std::ranges::copy_if(
      incarnations, std::back_inserter(removed.incarnations),
      [&head](Incarnation incarnation) { return head.dropped_partitions.contains(incarnation); });
  return removed;
}

CataloguePtr ForgetDroppedPartitions::outcome(const Committed& committed) {
  return committed.after;
}

Result<Change> SkipIncarnations::change(const Catalogue& head) const {
  // The last number can't be skipped: none would be left.
  if (number(seen) == std::numeric_limits<std::uint64_t>::max()) return fail(Error::limit_reached);
  return IncarnationsSkipped{.next_incarnation =
                                 std::max(head.next_incarnation, Incarnation{number(seen) + 1})};
}

CataloguePtr SkipIncarnations::outcome(const Committed& committed) { return committed.after; }

Result<Change> AddUser::change(const Catalogue& head) const {
  const auto size = name.text().size();
  if (size < wire::username_size_min || size > wire::username_size_max) {
    return fail(Error::invalid_username);
  }
  if (head.user_ids.contains(name.text())) return fail(Error::user_already_exists);
  const auto id = head.users.lowest_free_key();
  if (id == nobody) return fail(Error::users_limit_reached);
  return UserCreated{.user = id,
                     .incarnation = head.next_incarnation,
                     .name = name,
                     .password_hash = password_hash,
                     .status = status,
                     .permissions = permissions};
}

UserPtr AddUser::outcome(const Committed& committed) {
  return user_in(*committed.after, std::get<UserCreated>(committed.change).user);
}

Result<Change> ChangePassword::change(const Catalogue& head) const {
  const auto* present = head.find_user(user.id);
  if (!present || present->incarnation != user.incarnation) {
    return fail(Error::resource_not_found);
  }
  if (verified_hash && *verified_hash != present->password_hash) {
    return fail(Error::invalid_credentials);
  }
  return UserPasswordChanged{.user = user.id, .password_hash = password_hash};
}

UserPtr ChangePassword::outcome(const Committed& committed) {
  return user_in(*committed.after, std::get<UserPasswordChanged>(committed.change).user);
}

}  // namespace iggy::broker
