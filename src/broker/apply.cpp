// What each change does to the catalogue.
#include <limits>
#include <memory>
#include <utility>

#include "broker/changes.hpp"
#include "wire/sessions.hpp"

namespace iggy::broker {

namespace {

Incarnation plus(Incarnation incarnation, std::uint64_t n) {
  return Incarnation{number(incarnation) + n};
}

/// Builds the catalogue behind a change. A change that does not fit leaves it half built: it is
/// then thrown away.
class Successor {
 public:
  Successor(const Catalogue& before, const ChangeMeta& meta) : after_(before), meta_(meta) {}

  Result<> operator()(const StreamCreated& change);
  Result<> operator()(const StreamUpdated& change);
  Result<> operator()(const StreamDeleted& change);
  Result<> operator()(const StreamPurged& change);
  Result<> operator()(const TopicCreated& change);
  Result<> operator()(const TopicUpdated& change);
  Result<> operator()(const TopicDeleted& change);
  Result<> operator()(const TopicPurged& change);
  Result<> operator()(const PartitionsCreated& change);
  Result<> operator()(const PartitionsDeleted& change);
  Result<> operator()(const PartitionWritten& change);
  Result<> operator()(const DroppedPartitionsRemoved& change);
  Result<> operator()(const IncarnationsSkipped& change);
  Result<> operator()(const UserCreated& change);
  Result<> operator()(const UserPasswordChanged& change);

  Catalogue take() { return std::move(after_); }

 private:
  static std::unexpected<Error> misfit() { return fail(Error::state_file_corrupted); }

  Result<> use_incarnations(Incarnation first, std::uint64_t count);
  void put(Stream stream);
  void put(const Stream& stream, Topic topic);
  void add_partitions(Topic& topic, std::uint32_t count, Incarnation first);
  void drop_partitions(const Topic& topic);
  Topic renewed(const Topic& topic, Incarnation first);

  Catalogue after_;
  const ChangeMeta& meta_;
};

/// Notes that `count` incarnations are used from `first` on; none of them may have been before.
Result<> Successor::use_incarnations(Incarnation first, std::uint64_t count) {
  const auto room = std::numeric_limits<std::uint64_t>::max() - number(first);
  if (first < after_.next_incarnation || count > room) return misfit();
  after_.next_incarnation = plus(first, count);
  return {};
}

/// Puts a stream in the place of the one with its id, if there is one.
void Successor::put(Stream stream) {
  if (const auto* before = after_.find_stream(stream.id)) {
    after_.topics_count -= before->topics.size();
    after_.partitions_count -= before->partitions_count;
  }
  after_.topics_count += stream.topics.size();
  after_.partitions_count += stream.partitions_count;
  const auto id = stream.id;
  after_.streams = after_.streams.set(id, std::make_shared<const Stream>(std::move(stream)));
}

/// Puts a topic in the place of the one with its id, if there is one.
void Successor::put(const Stream& stream, Topic topic) {
  auto changed = stream;
  if (const auto* before = stream.find_topic(topic.id)) {
    changed.partitions_count -= before->partitions.size();
  }
  changed.partitions_count += topic.partitions.size();
  const auto id = topic.id;
  changed.topics = changed.topics.set(id, std::make_shared<const Topic>(std::move(topic)));
  put(std::move(changed));
}

void Successor::add_partitions(Topic& topic, std::uint32_t count, Incarnation first) {
  for (std::uint32_t i = 0; i < count; ++i) {
    topic.partitions =
        topic.partitions.set(PartitionId{topic.partitions_count()},
                             {.incarnation = plus(first, i), .created_at = meta_.time});
  }
}

void Successor::drop_partitions(const Topic& topic) {
  for (const auto& [id, partition] : topic.partitions) {
    after_.dropped_partitions = after_.dropped_partitions.set(partition.incarnation, true);
  }
}

/// The topic with new, empty partitions instead of its own.
Topic Successor::renewed(const Topic& topic, Incarnation first) {
  drop_partitions(topic);
  auto changed = topic;
  for (const auto& [id, partition] : topic.partitions) {
    changed.partitions = changed.partitions.set(
        id, {.incarnation = plus(first, number(id)), .created_at = partition.created_at});
  }
  return changed;
}

Result<> Successor::operator()(const StreamCreated& change) {
  if (change.name.empty() || after_.stream_ids.contains(change.name.text()) ||
      after_.find_stream(change.stream)) {
    return misfit();
  }
  if (const auto used = use_incarnations(change.incarnation, 1); !used) return used;

  Stream stream;
  stream.id = change.stream;
  stream.incarnation = change.incarnation;
  stream.name = change.name;
  stream.created_at = meta_.time;
  put(std::move(stream));
  after_.stream_ids = after_.stream_ids.add(change.name.text(), change.stream);
  return {};
}

Result<> Successor::operator()(const StreamUpdated& change) {
  const auto* stream = after_.find_stream(change.stream);
  if (!stream || change.name.empty()) return misfit();
  if (stream->name == change.name) return {};
  if (after_.stream_ids.contains(change.name.text())) return misfit();

  auto changed = *stream;
  changed.name = change.name;
  after_.stream_ids = after_.stream_ids.remove(stream->name.text());
  after_.stream_ids = after_.stream_ids.add(change.name.text(), change.stream);
  put(std::move(changed));
  return {};
}

Result<> Successor::operator()(const StreamDeleted& change) {
  const auto* stream = after_.find_stream(change.stream);
  if (!stream) return misfit();

  for (const auto& [id, topic] : stream->topics) drop_partitions(*topic);
  after_.topics_count -= stream->topics.size();
  after_.partitions_count -= stream->partitions_count;
  after_.stream_ids = after_.stream_ids.remove(stream->name.text());
  after_.streams = after_.streams.erase(change.stream);
  return {};
}

Result<> Successor::operator()(const StreamPurged& change) {
  const auto* stream = after_.find_stream(change.stream);
  if (!stream) return misfit();
  const auto used = use_incarnations(change.first_incarnation, stream->partitions_count);
  if (!used) return used;

  auto changed = *stream;
  auto first = change.first_incarnation;
  for (const auto& [id, topic] : stream->topics) {
    changed.topics = changed.topics.set(id, std::make_shared<const Topic>(renewed(*topic, first)));
    first = plus(first, topic->partitions.size());
  }
  put(std::move(changed));
  return {};
}

Result<> Successor::operator()(const TopicCreated& change) {
  const auto* stream = after_.find_stream(change.stream);
  if (!stream || change.name.empty() || stream->topic_ids.contains(change.name.text()) ||
      stream->find_topic(change.topic) || change.partitions_count > partitions_per_change_max ||
      !wire::is_known(change.settings.compression_algorithm)) {
    return misfit();
  }
  const auto used =
      use_incarnations(change.incarnation, std::uint64_t{1} + change.partitions_count);
  if (!used) return used;

  Topic topic;
  topic.id = change.topic;
  topic.incarnation = change.incarnation;
  topic.name = change.name;
  topic.created_at = meta_.time;
  topic.settings = change.settings;
  add_partitions(topic, change.partitions_count, plus(change.incarnation, 1));

  auto changed = *stream;
  changed.topic_ids = changed.topic_ids.add(change.name.text(), change.topic);
  put(changed, std::move(topic));
  return {};
}

Result<> Successor::operator()(const TopicUpdated& change) {
  const auto* stream = after_.find_stream(change.stream);
  const auto* topic = stream ? stream->find_topic(change.topic) : nullptr;
  if (!topic || change.name.empty() || !wire::is_known(change.settings.compression_algorithm)) {
    return misfit();
  }
  auto changed_stream = *stream;
  auto changed = *topic;
  if (topic->name != change.name) {
    if (stream->topic_ids.contains(change.name.text())) return misfit();
    changed_stream.topic_ids = changed_stream.topic_ids.remove(topic->name.text());
    changed_stream.topic_ids = changed_stream.topic_ids.add(change.name.text(), change.topic);
    changed.name = change.name;
  }
  changed.settings = change.settings;
  put(changed_stream, std::move(changed));
  return {};
}

Result<> Successor::operator()(const TopicDeleted& change) {
  const auto* stream = after_.find_stream(change.stream);
  const auto* topic = stream ? stream->find_topic(change.topic) : nullptr;
  if (!topic) return misfit();

  drop_partitions(*topic);
  auto changed = *stream;
  changed.partitions_count -= topic->partitions.size();
  changed.topic_ids = changed.topic_ids.remove(topic->name.text());
  changed.topics = changed.topics.erase(change.topic);
  put(std::move(changed));
  return {};
}

Result<> Successor::operator()(const TopicPurged& change) {
  const auto* stream = after_.find_stream(change.stream);
  const auto* topic = stream ? stream->find_topic(change.topic) : nullptr;
  if (!topic) return misfit();
  const auto used = use_incarnations(change.first_incarnation, topic->partitions.size());
  if (!used) return used;

  put(*stream, renewed(*topic, change.first_incarnation));
  return {};
}

Result<> Successor::operator()(const PartitionsCreated& change) {
  const auto* stream = after_.find_stream(change.stream);
  const auto* topic = stream ? stream->find_topic(change.topic) : nullptr;
  if (!topic || change.count > partitions_per_change_max) return misfit();
  const auto used = use_incarnations(change.first_incarnation, change.count);
  if (!used) return used;

  auto changed = *topic;
  add_partitions(changed, change.count, change.first_incarnation);
  put(*stream, std::move(changed));
  return {};
}

Result<> Successor::operator()(const PartitionsDeleted& change) {
  const auto* stream = after_.find_stream(change.stream);
  const auto* topic = stream ? stream->find_topic(change.topic) : nullptr;
  if (!topic || change.count > topic->partitions.size()) return misfit();

  auto changed = *topic;
  for (std::uint32_t i = 0; i < change.count; ++i) {
    const PartitionId last{changed.partitions_count() - 1};
    const auto incarnation = changed.find_partition(last)->incarnation;
    after_.dropped_partitions = after_.dropped_partitions.set(incarnation, true);
    changed.partitions = changed.partitions.erase(last);
  }
  put(*stream, std::move(changed));
  return {};
}

Result<> Successor::operator()(const PartitionWritten& change) {
  const auto* stream = after_.find_stream(change.stream);
  const auto* topic = stream ? stream->find_topic(change.topic) : nullptr;
  const auto* partition = topic ? topic->find_partition(change.partition) : nullptr;
  if (!partition) return misfit();

  auto written = *partition;
  written.written = true;
  auto changed = *topic;
  changed.partitions = changed.partitions.set(change.partition, written);
  put(*stream, std::move(changed));
  return {};
}

Result<> Successor::operator()(const DroppedPartitionsRemoved& change) {
  for (const auto incarnation : change.incarnations) {
    after_.dropped_partitions = after_.dropped_partitions.erase(incarnation);
  }
  return {};
}

Result<> Successor::operator()(const IncarnationsSkipped& change) {
  return use_incarnations(change.next_incarnation, 0);
}

Result<> Successor::operator()(const UserCreated& change) {
  const auto name_size = change.name.text().size();
  if (name_size < wire::username_size_min || name_size > wire::username_size_max ||
      after_.user_ids.contains(change.name.text()) || after_.find_user(change.user) ||
      change.user == nobody) {
    return misfit();
  }
  if (const auto used = use_incarnations(change.incarnation, 1); !used) return used;

  const auto is_root = change.user == root_user_id;
  User user{.id = change.user,
            .incarnation = change.incarnation,
            .name = change.name,
            .password_hash = change.password_hash,
            .status = change.status,
            .permissions = is_root ? Permissions::all() : change.permissions,
            .created_at = meta_.time};
  after_.users = after_.users.set(change.user, std::make_shared<const User>(std::move(user)));
  after_.user_ids = after_.user_ids.add(change.name.text(), change.user);
  return {};
}

Result<> Successor::operator()(const UserPasswordChanged& change) {
  const auto* user = after_.find_user(change.user);
  if (!user) return misfit();

  auto changed = *user;
  changed.password_hash = change.password_hash;
  after_.users = after_.users.set(change.user, std::make_shared<const User>(std::move(changed)));
  return {};
}

}  // namespace

Result<Catalogue> apply(const Catalogue& catalogue, const Change& change, const ChangeMeta& meta) {
  if (meta.index != catalogue.journal_index + 1) return fail(Error::state_file_corrupted);
  Successor successor(catalogue, meta);
  if (const auto applied = std::visit(successor, change); !applied) return fail(applied);
  auto after = successor.take();
  after.journal_index = meta.index;
  return after;
}

}  // namespace iggy::broker
