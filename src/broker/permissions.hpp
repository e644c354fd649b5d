// What a user may do: the flags that a user holds, and the question that each command asks.
#pragma once

#include <boost/describe/class.hpp>

#include <map>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "iggy/error.hpp"

namespace iggy::broker {

/// Flags in the order of the protocol's permission blob.
struct GlobalPermissions {
  bool manage_servers = false;
  bool read_servers = false;
  bool manage_users = false;
  bool read_users = false;
  bool manage_streams = false;
  bool read_streams = false;
  bool manage_topics = false;
  bool read_topics = false;
  bool poll_messages = false;
  bool send_messages = false;

  bool operator==(const GlobalPermissions&) const = default;
};
BOOST_DESCRIBE_STRUCT(GlobalPermissions, (),
                      (manage_servers, read_servers, manage_users, read_users, manage_streams,
                       read_streams, manage_topics, read_topics, poll_messages, send_messages))

/// Flags for one topic.
struct TopicPermissions {
  bool manage_topic = false;
  bool read_topic = false;
  bool poll_messages = false;
  bool send_messages = false;

  bool operator==(const TopicPermissions&) const = default;
};
BOOST_DESCRIBE_STRUCT(TopicPermissions, (),
                      (manage_topic, read_topic, poll_messages, send_messages))

/// Flags for one stream and everything in it.
struct StreamFlags {
  bool manage_stream = false;
  bool read_stream = false;
  bool manage_topics = false;
  bool read_topics = false;
  bool poll_messages = false;
  bool send_messages = false;

  bool operator==(const StreamFlags&) const = default;
};
BOOST_DESCRIBE_STRUCT(StreamFlags, (),
                      (manage_stream, read_stream, manage_topics, read_topics, poll_messages,
                       send_messages))

/// What is held for one stream: its own flags, and those for single topics of it.
struct StreamPermissions : StreamFlags {
  std::map<TopicId, TopicPermissions> topics;

  bool operator==(const StreamPermissions&) const = default;
};

/// All that one user holds. Streams and topics are named by number and need not exist.
struct Permissions {
  GlobalPermissions global;
  std::map<StreamId, StreamPermissions> streams;

  /// Every global flag: what root has.
  static Permissions all();

  bool operator==(const Permissions&) const = default;
};

/// The permission blob of the protocol, as a field of a described struct.
///
/// Reading: a byte other than 0 is true; of entries for the same id the last one stays; what is
/// wrong is the reader's failure: invalid_command, the bytes end early. The reader then stands
/// behind the blob.
void read_field(base::ByteReader& reader, Permissions& permissions);
void write_field(base::ByteWriter& writer, const Permissions& permissions);

/// The question that a command asks. Each is answered with yes if any flag that the protocol names
/// for it is set, on any level; there is no deny. `permissions` null: a user who holds none, or
/// nobody; always no.
bool may_read_servers(const Permissions* permissions);
bool may_read_users(const Permissions* permissions);
bool may_manage_users(const Permissions* permissions);
bool may_list_streams(const Permissions* permissions);
bool may_create_stream(const Permissions* permissions);
bool may_read_stream(const Permissions* permissions, StreamId stream);
bool may_manage_stream(const Permissions* permissions, StreamId stream);
bool may_list_topics(const Permissions* permissions, StreamId stream);
bool may_create_topic(const Permissions* permissions, StreamId stream);
/// Consumer groups too: to make, join, leave and delete one needs no more than this.
bool may_read_topic(const Permissions* permissions, StreamId stream, TopicId topic);
/// Partitions and segments of the topic too.
bool may_manage_topic(const Permissions* permissions, StreamId stream, TopicId topic);
/// Consumer offsets too.
bool may_poll(const Permissions* permissions, StreamId stream, TopicId topic);
bool may_send(const Permissions* permissions, StreamId stream, TopicId topic);

}  // namespace iggy::broker
