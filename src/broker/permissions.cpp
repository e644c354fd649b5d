// Permission blobs, and the table of which flags answer which question.
#include "broker/permissions.hpp"

#include <cstdint>

#include "wire/described_codec.hpp"

namespace iggy::broker {

namespace {

void read_topics(base::ByteReader& reader, StreamPermissions& stream) {
  for (bool more = true; more && !reader.failed();) {
    const TopicId id{reader.integer<std::uint32_t>()};
    TopicPermissions topic;
    wire::read_value(reader, topic);
    wire::read_field(reader, more);
    if (!reader.failed()) stream.topics.insert_or_assign(id, topic);
  }
}

void read_streams(base::ByteReader& reader, Permissions& permissions) {
  for (bool more = true; more && !reader.failed();) {
    const StreamId id{reader.integer<std::uint32_t>()};
    StreamPermissions stream;
    bool has_topics = false;
    wire::read_value(reader, static_cast<StreamFlags&>(stream));
    wire::read_field(reader, has_topics);
    if (has_topics) read_topics(reader, stream);
    wire::read_field(reader, more);
    if (!reader.failed()) permissions.streams.insert_or_assign(id, std::move(stream));
  }
}

void write_topics(base::ByteWriter& writer, const StreamPermissions& stream) {
  auto left = stream.topics.size();
  for (const auto& [id, topic] : stream.topics) {
    writer.integer(number(id));
    wire::write_value(writer, topic);
    wire::write_field(writer, --left > 0);
  }
}

/// The entries of one user that a command on a stream and topic looks at. What is not there is all
/// false.
struct Held {
  GlobalPermissions global;
  StreamFlags stream;
  TopicPermissions topic;
};

Held held(const Permissions* permissions) {
  return permissions ? Held{.global = permissions->global} : Held{};
}

Held held(const Permissions* permissions, StreamId stream_id) {
  auto result = held(permissions);
  if (!permissions) return result;
  const auto stream = permissions->streams.find(stream_id);
  if (stream != permissions->streams.end()) result.stream = stream->second;
  return result;
}

Held held(const Permissions* permissions, StreamId stream_id, TopicId topic_id) {
  auto result = held(permissions, stream_id);
  if (!permissions) return result;
  const auto stream = permissions->streams.find(stream_id);
  if (stream == permissions->streams.end()) return result;
  const auto topic = stream->second.topics.find(topic_id);
  if (topic != stream->second.topics.end()) result.topic = topic->second;
  return result;
}

bool lists_topics(const Held& held) {
  return held.global.read_streams || held.global.manage_streams || held.global.read_topics ||
         held.global.manage_topics || held.stream.read_stream || held.stream.manage_stream ||
         held.stream.read_topics || held.stream.manage_topics;
}

bool creates_topics(const Held& held) {
  return held.global.manage_streams || held.global.manage_topics || held.stream.manage_stream ||
         held.stream.manage_topics;
}

bool reads_topic(const Held& held) {
  return lists_topics(held) || held.topic.read_topic || held.topic.manage_topic;
}

bool manages_topic(const Held& held) { return creates_topics(held) || held.topic.manage_topic; }

}  // namespace

Permissions Permissions::all() {
  return {.global = {.manage_servers = true,
                     .read_servers = true,
                     .manage_users = true,
                     .read_users = true,
                     .manage_streams = true,
                     .read_streams = true,
                     .manage_topics = true,
                     .read_topics = true,
                     .poll_messages = true,
                     .send_messages = true}};
}

void read_field(base::ByteReader& reader, Permissions& permissions) {
  permissions = {};
  bool has_streams = false;
  wire::read_value(reader, permissions.global);
  wire::read_field(reader, has_streams);
  if (has_streams) read_streams(reader, permissions);
}

void write_field(base::ByteWriter& writer, const Permissions& permissions) {
  wire::write_value(writer, permissions.global);
  auto left = permissions.streams.size();
  wire::write_field(writer, left > 0);
  for (const auto& [id, stream] : permissions.streams) {
    writer.integer(number(id));
    wire::write_value(writer, static_cast<const StreamFlags&>(stream));
    wire::write_field(writer, !stream.topics.empty());
    write_topics(writer, stream);
    wire::write_field(writer, --left > 0);
  }
}

bool may_read_servers(const Permissions* permissions) {
  const auto global = held(permissions).global;
  return global.read_servers || global.manage_servers;
}

bool may_read_users(const Permissions* permissions) {
  const auto global = held(permissions).global;
  return global.read_users || global.manage_users;
}

bool may_manage_users(const Permissions* permissions) {
  return held(permissions).global.manage_users;
}

bool may_list_streams(const Permissions* permissions) {
  const auto global = held(permissions).global;
  return global.read_streams || global.manage_streams;
}

bool may_create_stream(const Permissions* permissions) {
  return held(permissions).global.manage_streams;
}

bool may_read_stream(const Permissions* permissions, StreamId stream_id) {
  const auto stream = held(permissions, stream_id).stream;
  return may_list_streams(permissions) || stream.read_stream || stream.manage_stream;
}

bool may_manage_stream(const Permissions* permissions, StreamId stream_id) {
  return may_create_stream(permissions) || held(permissions, stream_id).stream.manage_stream;
}

bool may_list_topics(const Permissions* permissions, StreamId stream) {
  return lists_topics(held(permissions, stream));
}

bool may_create_topic(const Permissions* permissions, StreamId stream) {
  return creates_topics(held(permissions, stream));
}

bool may_read_topic(const Permissions* permissions, StreamId stream, TopicId topic) {
  return reads_topic(held(permissions, stream, topic));
}

bool may_manage_topic(const Permissions* permissions, StreamId stream, TopicId topic) {
  return manages_topic(held(permissions, stream, topic));
}

bool may_poll(const Permissions* permissions, StreamId stream, TopicId topic) {
  const auto own = held(permissions, stream, topic);
  return reads_topic(own) || own.global.poll_messages || own.stream.poll_messages ||
         own.topic.poll_messages;
}

bool may_send(const Permissions* permissions, StreamId stream, TopicId topic) {
  const auto own = held(permissions, stream, topic);
  return manages_topic(own) || own.global.send_messages || own.stream.send_messages ||
         own.topic.send_messages;
}

}  // namespace iggy::broker
