// Tests of permission blobs and of the rights that flags give.
#include "broker/permissions.hpp"

#include <gtest/gtest.h>

#include <string>

#include "broker/test_support.hpp"

namespace iggy::broker {
namespace {

base::Bytes encoded(const Permissions& permissions) {
  base::Bytes bytes;
  base::ByteWriter writer(bytes);
  write_field(writer, permissions);
  return bytes;
}

Result<Permissions> decoded(const base::Bytes& bytes) {
  base::ByteReader reader(bytes);
  Permissions permissions;
  read_field(reader, permissions);
  if (reader.failed()) return fail(reader.failure());
  return permissions;
}

constexpr StreamId stream{7};
constexpr TopicId topic{3};

Permissions example() {
  Permissions permissions;
  permissions.global.read_servers = true;
  permissions.global.send_messages = true;
  permissions.streams[StreamId{1}].read_stream = true;
  permissions.streams[StreamId{2}].topics[TopicId{5}].poll_messages = true;
  permissions.streams[StreamId{2}].topics[TopicId{9}].manage_topic = true;
  return permissions;
}

TEST(PermissionBlob, has_the_published_layout) {
  const auto bytes = test::hex(
      "00 01 00 00 00 00 00 00 00 01  01"
      "01000000 00 01 00 00 00 00  00  01"
      "02000000 00 00 00 00 00 00  01"
      "05000000 00 00 01 00  01"
      "09000000 01 00 00 00  00"
      "00");

  EXPECT_EQ(encoded(example()), bytes);
  EXPECT_EQ(decoded(bytes), example());
}

TEST(PermissionBlob, of_global_flags_alone_is_eleven_bytes) {
  EXPECT_EQ(encoded(Permissions::all()), test::hex("01 01 01 01 01 01 01 01 01 01  00"));
}

TEST(PermissionBlob, takes_any_byte_but_zero_as_true) {
  const auto read = decoded(test::hex("ff 00 00 00 00 00 00 00 00 02  00"));

  ASSERT_TRUE(read);
  EXPECT_TRUE(read->global.manage_servers);
  EXPECT_TRUE(read->global.send_messages);
}

TEST(PermissionBlob, keeps_the_last_entry_of_an_id) {
  const auto read =
      decoded(test::hex("00 00 00 00 00 00 00 00 00 00  01"
                        "01000000 01 00 00 00 00 00  00  01"
                        "01000000 00 01 00 00 00 00  00  00"));

  ASSERT_TRUE(read);
  ASSERT_EQ(read->streams.size(), 1);
  EXPECT_FALSE(read->streams.at(StreamId{1}).manage_stream);
  EXPECT_TRUE(read->streams.at(StreamId{1}).read_stream);
}

TEST(PermissionBlob, is_refused_when_it_ends_early) {
  const auto bytes = encoded(example());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const base::Bytes cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(decoded(cut), fail(Error::invalid_command)) << size;
  }
}

/// The questions that get a yes, as letters in a fixed order.
std::string rights(const Permissions* permissions) {
  std::string yes;
  const auto ask = [&yes](bool allowed, const char* question) {
    if (allowed) yes += (yes.empty() ? "" : " ") + std::string(question);
  };
  ask(may_read_servers(permissions), "server");
  ask(may_read_users(permissions), "users-read");
  ask(may_manage_users(permissions), "users");
  ask(may_list_streams(permissions), "streams-list");
  ask(may_read_stream(permissions, stream), "stream-read");
  ask(may_create_stream(permissions), "stream-create");
  ask(may_manage_stream(permissions, stream), "stream-manage");
  ask(may_list_topics(permissions, stream), "topics-list");
  ask(may_read_topic(permissions, stream, topic), "topic-read");
  ask(may_create_topic(permissions, stream), "topic-create");
  ask(may_manage_topic(permissions, stream, topic), "topic-manage");
  ask(may_poll(permissions, stream, topic), "poll");
  ask(may_send(permissions, stream, topic), "send");
  return yes;
}

std::string with_global(bool GlobalPermissions::* flag) {
  Permissions permissions;
  permissions.global.*flag = true;
  return rights(&permissions);
}

std::string with_stream(bool StreamFlags::* flag) {
  Permissions permissions;
  permissions.streams[stream].*flag = true;
  return rights(&permissions);
}

std::string with_topic(bool TopicPermissions::* flag) {
  Permissions permissions;
  permissions.streams[stream].topics[topic].*flag = true;
  return rights(&permissions);
}

TEST(Rights, are_none_without_permissions) {
  const Permissions empty;

  EXPECT_EQ(rights(nullptr), "");
  EXPECT_EQ(rights(&empty), "");
}

TEST(Rights, are_all_for_root) {
  const auto all = Permissions::all();

  EXPECT_EQ(rights(&all),
            "server users-read users streams-list stream-read stream-create stream-manage "
            "topics-list topic-read topic-create topic-manage poll send");
}

TEST(Rights, follow_from_each_global_flag) {
  using G = GlobalPermissions;
  EXPECT_EQ(with_global(&G::manage_servers), "server");
  EXPECT_EQ(with_global(&G::read_servers), "server");
  EXPECT_EQ(with_global(&G::manage_users), "users-read users");
  EXPECT_EQ(with_global(&G::read_users), "users-read");
  EXPECT_EQ(with_global(&G::manage_streams),
            "streams-list stream-read stream-create stream-manage topics-list topic-read "
            "topic-create topic-manage poll send");
  EXPECT_EQ(with_global(&G::read_streams), "streams-list stream-read topics-list topic-read poll");
  EXPECT_EQ(with_global(&G::manage_topics),
            "topics-list topic-read topic-create topic-manage poll send");
  EXPECT_EQ(with_global(&G::read_topics), "topics-list topic-read poll");
  EXPECT_EQ(with_global(&G::poll_messages), "poll");
  EXPECT_EQ(with_global(&G::send_messages), "send");
}

TEST(Rights, follow_from_each_flag_of_the_stream) {
  using S = StreamFlags;
  EXPECT_EQ(with_stream(&S::manage_stream),
            "stream-read stream-manage topics-list topic-read topic-create topic-manage poll send");
  EXPECT_EQ(with_stream(&S::read_stream), "stream-read topics-list topic-read poll");
  EXPECT_EQ(with_stream(&S::manage_topics),
            "topics-list topic-read topic-create topic-manage poll send");
  EXPECT_EQ(with_stream(&S::read_topics), "topics-list topic-read poll");
  EXPECT_EQ(with_stream(&S::poll_messages), "poll");
  EXPECT_EQ(with_stream(&S::send_messages), "send");
}

TEST(Rights, follow_from_each_flag_of_the_topic) {
  using T = TopicPermissions;
  EXPECT_EQ(with_topic(&T::manage_topic), "topic-read topic-manage poll send");
  EXPECT_EQ(with_topic(&T::read_topic), "topic-read poll");
  EXPECT_EQ(with_topic(&T::poll_messages), "poll");
  EXPECT_EQ(with_topic(&T::send_messages), "send");
}

TEST(Rights, on_other_streams_and_topics_give_nothing) {
  Permissions permissions;
  permissions.streams[StreamId{8}].manage_stream = true;
  permissions.streams[StreamId{8}].topics[topic].manage_topic = true;
  permissions.streams[stream].topics[TopicId{4}].manage_topic = true;

  EXPECT_EQ(rights(&permissions), "");
}

}  // namespace
}  // namespace iggy::broker
