// The catalogue to bytes and back: described structs of what it holds, in ascending order.
#include "broker/snapshot.hpp"

#include <boost/describe/class.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "wire/described_codec.hpp"
#include "wire/sessions.hpp"

namespace iggy::broker {

namespace {

constexpr std::uint32_t format_version = 1;

struct StoredPartition {
  Incarnation incarnation{};
  Timestamp created_at{};
  bool written{};
};
BOOST_DESCRIBE_STRUCT(StoredPartition, (), (incarnation, created_at, written))

struct StoredTopic {
  TopicId id{};
  Incarnation incarnation{};
  wire::Name name;
  Timestamp created_at{};
  TopicSettings settings;
  wire::CountedList<StoredPartition> partitions;
};
BOOST_DESCRIBE_STRUCT(StoredTopic, (), (id, incarnation, name, created_at, settings, partitions))

struct StoredStream {
  StreamId id{};
  Incarnation incarnation{};
  wire::Name name;
  Timestamp created_at{};
  wire::CountedList<StoredTopic> topics;
};
BOOST_DESCRIBE_STRUCT(StoredStream, (), (id, incarnation, name, created_at, topics))

struct StoredUser {
  UserId id{};
  Incarnation incarnation{};
  wire::Name name;
  Timestamp created_at{};
  std::string password_hash;
  UserStatus status = UserStatus::active;
  wire::CountedList<std::uint8_t> permissions;  // the blob; empty: none are held
};
BOOST_DESCRIBE_STRUCT(StoredUser, (),
                      (id, incarnation, name, created_at, password_hash, status, permissions))

struct StoredCatalogue {
  std::uint32_t version = format_version;
  Incarnation next_incarnation{};
  std::uint64_t journal_index{};
  wire::CountedList<StoredUser> users;
  wire::CountedList<StoredStream> streams;
  wire::CountedList<Incarnation> dropped_partitions;
};
BOOST_DESCRIBE_STRUCT(StoredCatalogue, (),
                      (version, next_incarnation, journal_index, users, streams,
                       dropped_partitions))

StoredTopic stored(const Topic& topic) {
  StoredTopic result{.id = topic.id,
                     .incarnation = topic.incarnation,
                     .name = topic.name,
                     .created_at = topic.created_at,
                     .settings = topic.settings};
  for (const auto& [id, partition] : topic.partitions) {
    result.partitions.push_back({partition.incarnation, partition.created_at, partition.written});
  }
  return result;
}

StoredStream stored(const Stream& stream) {
  StoredStream result{.id = stream.id,
                      .incarnation = stream.incarnation,
                      .name = stream.name,
                      .created_at = stream.created_at};
  for (const auto& [id, topic] : stream.topics) result.topics.push_back(stored(*topic));
  return result;
}

StoredUser stored(const User& user) {
  StoredUser result{.id = user.id,
                    .incarnation = user.incarnation,
                    .name = user.name,
                    .created_at = user.created_at,
                    .password_hash = user.password_hash,
                    .status = user.status};
  if (!user.permissions) return result;
  base::Bytes blob;
  base::ByteWriter writer(blob);
  write_field(writer, *user.permissions);
  for (const auto byte : blob) result.permissions.push_back(std::to_integer<std::uint8_t>(byte));
  return result;
}

/// True if the ids ascend and none comes twice.
template <class List>
bool ascends(const List& list) {
  using Element = typename List::value_type;
  return std::ranges::adjacent_find(list, std::ranges::greater_equal{}, &Element::id) == list.end();
}

/// Puts the stored things in place; what it gives is only good if all was well.
class Restorer {
 public:
  explicit Restorer(const StoredCatalogue& stored) : stored_(stored) {}

  Result<Catalogue> restore();

 private:
  bool is_known(Incarnation incarnation) const {
    return number(incarnation) != 0 && incarnation < stored_.next_incarnation;
  }
  bool add(const StoredUser& stored);
  bool add(const StoredStream& stored);
  bool add(Stream& stream, const StoredTopic& stored) const;

  const StoredCatalogue& stored_;
  Catalogue catalogue_;
};

Result<Catalogue> Restorer::restore() {
  catalogue_.next_incarnation = stored_.next_incarnation;
  catalogue_.journal_index = stored_.journal_index;
  bool fits = ascends(stored_.users) && ascends(stored_.streams);
  for (const auto& user : stored_.users) fits = fits && add(user);
  for (const auto& stream : stored_.streams) fits = fits && add(stream);
  for (const auto incarnation : stored_.dropped_partitions) {
    fits = fits && is_known(incarnation);
    catalogue_.dropped_partitions = catalogue_.dropped_partitions.set(incarnation, true);
  }
  if (!fits) return fail(Error::state_file_corrupted);
  return std::move(catalogue_);
}

bool Restorer::add(const StoredUser& stored) {
  const auto name_size = stored.name.text().size();
  if (!is_known(stored.incarnation) || catalogue_.user_ids.contains(stored.name.text()) ||
      stored.id == nobody || name_size < wire::username_size_min ||
      name_size > wire::username_size_max) {
    return false;
  }
  User user{.id = stored.id,
            .incarnation = stored.incarnation,
            .name = stored.name,
            .password_hash = stored.password_hash,
            .status = stored.status,
            .permissions = {},
            .created_at = stored.created_at};
  if (!stored.permissions.empty()) {
    base::ByteReader reader(std::as_bytes(std::span(stored.permissions)));
    read_field(reader, user.permissions.emplace());
    if (reader.failed() || reader.remaining() > 0) return false;
  }
  catalogue_.user_ids = catalogue_.user_ids.add(stored.name.text(), stored.id);
  catalogue_.users = catalogue_.users.set(stored.id, std::make_shared<const User>(std::move(user)));
  return true;
}

bool Restorer::add(const StoredStream& stored) {
  if (!is_known(stored.incarnation) || !ascends(stored.topics) ||
      catalogue_.stream_ids.contains(stored.name.text())) {
    return false;
  }
  Stream stream;
  stream.id = stored.id;
  stream.incarnation = stored.incarnation;
  stream.name = stored.name;
  stream.created_at = stored.created_at;
  for (const auto& topic : stored.topics) {
    if (!add(stream, topic)) return false;
  }
  catalogue_.topics_count += stream.topics.size();
  catalogue_.partitions_count += stream.partitions_count;
  catalogue_.stream_ids = catalogue_.stream_ids.add(stored.name.text(), stored.id);
  catalogue_.streams =
      catalogue_.streams.set(stored.id, std::make_shared<const Stream>(std::move(stream)));
  return true;
}

bool Restorer::add(Stream& stream, const StoredTopic& stored) const {
  if (!is_known(stored.incarnation) || stream.topic_ids.contains(stored.name.text()) ||
      !wire::is_known(stored.settings.compression_algorithm)) {
    return false;
  }
  Topic topic;
  topic.id = stored.id;
  topic.incarnation = stored.incarnation;
  topic.name = stored.name;
  topic.created_at = stored.created_at;
  topic.settings = stored.settings;
  for (const auto& partition : stored.partitions) {
    if (!is_known(partition.incarnation)) return false;
    topic.partitions =
        topic.partitions.set(PartitionId{topic.partitions_count()},
                             {partition.incarnation, partition.created_at, partition.written});
  }
  stream.partitions_count += topic.partitions.size();
  stream.topic_ids = stream.topic_ids.add(stored.name.text(), stored.id);
  stream.topics = stream.topics.set(stored.id, std::make_shared<const Topic>(std::move(topic)));
  return true;
}

}  // namespace

base::Bytes encode_snapshot(const Catalogue& catalogue) {
  StoredCatalogue all{.next_incarnation = catalogue.next_incarnation,
                      .journal_index = catalogue.journal_index};
  for (const auto& [id, user] : catalogue.users) all.users.push_back(stored(*user));
  for (const auto& [id, stream] : catalogue.streams) all.streams.push_back(stored(*stream));
  for (const auto& [incarnation, dropped] : catalogue.dropped_partitions) {
    all.dropped_partitions.push_back(incarnation);
  }
  base::Bytes bytes;
  base::ByteWriter writer(bytes);
  wire::write_value(writer, all);
  return bytes;
}

Result<Catalogue> decode_snapshot(base::ByteView bytes) {
  base::ByteReader version_reader(bytes);
  const auto version = version_reader.integer<std::uint32_t>();
  if (!version_reader.failed() && version > format_version) return fail(Error::unsupported_format);

  StoredCatalogue all;
  base::ByteReader reader(bytes);
  wire::read_value(reader, all);
  if (version == 0 || reader.failed() || reader.remaining() > 0) {
    return fail(Error::state_file_corrupted);
  }
  return Restorer(all).restore();
}

}  // namespace iggy::broker
