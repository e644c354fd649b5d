// Tests of what can be done with streams.
#include "broker/streams.hpp"

#include <gtest/gtest.h>

#include "broker/consumer_offsets.hpp"
#include "broker/testing.hpp"

namespace iggy::broker {
namespace {

using log::texts;
using test::name;

class CreateStream : public BrokerTest {};
class GetStream : public BrokerTest {};
class GetStreams : public BrokerTest {};
class UpdateStream : public BrokerTest {};
class DeleteStream : public BrokerTest {};
class PurgeStream : public BrokerTest {};

TEST_F(CreateStream, gives_the_new_stream) {
  add_stream("first");

  const auto created = run(create_stream(root(), {.name = name("logs")}));

  const wire::Stream expected{
      .id = StreamId{1}, .created_at = {1'700'000'000'000'000}, .name = name("logs")};
  EXPECT_EQ(created, expected);
}

TEST_F(CreateStream, refuses_a_taken_name) {
  add_stream("logs");

  EXPECT_EQ(run(create_stream(root(), {.name = name("logs")})),
            fail(Error::stream_name_already_exists));
  EXPECT_TRUE(run(create_stream(root(), {.name = name("Logs")})));
}

TEST_F(CreateStream, asks_for_the_right_before_the_name) {
  add_stream("logs");

  EXPECT_EQ(run(create_stream(guest(), {.name = name("logs")})), fail(Error::unauthorized));
  EXPECT_EQ(run(create_stream(guest(), {.name = name("new")})), fail(Error::unauthorized));
  EXPECT_TRUE(
      run(create_stream(user_with({.global = {.manage_streams = true}}), {.name = name("new")})));
}

TEST_F(GetStream, shows_its_topics_and_what_they_hold) {
  add_stream("s");
  add_topic("s", "a", 2);
  add_topic("s", "b");
  ASSERT_TRUE(send_to("s", "a", 0, {"1", "2"}));
  ASSERT_TRUE(send_to("s", "a", 1, {"3"}));
  ASSERT_TRUE(send_to("s", "b", 0, {"456"}));

  const auto found = run(get_stream(root(), {.stream_id = Identifier("s")}));

  ASSERT_TRUE(found && *found);
  const auto& [stream, topics] = **found;
  const wire::Stream expected{.id = StreamId{0},
                              .created_at = {1'700'000'000'000'000},
                              .topics_count = 2,
                              .size_bytes = {262},
                              .messages_count = 4,
                              .name = name("s")};
  EXPECT_EQ(stream, expected);
  ASSERT_EQ(topics.size(), 2);
  EXPECT_EQ(topics[0].id, TopicId{0});
  EXPECT_EQ(topics[0].name, "a");
  EXPECT_EQ(topics[0].partitions_count, 2);
  EXPECT_EQ(topics[0].size_bytes, ByteSize{195});
  EXPECT_EQ(topics[0].messages_count, 3);
  EXPECT_EQ(topics[1].id, TopicId{1});
  EXPECT_EQ(topics[1].size_bytes, ByteSize{67});
  EXPECT_EQ(topics[1].messages_count, 1);
}

TEST_F(GetStream, gives_nothing_for_a_missing_one_whoever_asks) {
  add_stream("s");

  EXPECT_TRUE(is_nothing(run(get_stream(root(), {.stream_id = Identifier(1)}))));
  EXPECT_TRUE(is_nothing(run(get_stream(guest(), {.stream_id = Identifier("x")}))));
}

TEST_F(GetStream, needs_the_right_to_read_this_stream) {
  add_stream("s");
  add_stream("other");
  const auto reader = user_with({.streams = {{StreamId{0}, {{.read_stream = true}, {}}}}});

  EXPECT_EQ(run(get_stream(guest(), {.stream_id = Identifier("s")})), fail(Error::unauthorized));
  EXPECT_EQ(run(get_stream(reader, {.stream_id = Identifier("other")})), fail(Error::unauthorized));
  EXPECT_TRUE(run(get_stream(reader, {.stream_id = Identifier("s")})).value());
}

TEST_F(GetStreams, lists_all_ascending_with_what_they_hold) {
  add_stream("z");
  add_stream("a");
  add_topic("a", "t");
  ASSERT_TRUE(send_to("a", "t", 0, {"1"}));

  const auto streams = run(get_streams(root(), {}));

  const std::vector<wire::Stream> expected{
      {.id = StreamId{0}, .created_at = {1'700'000'000'000'000}, .name = name("z")},
      {.id = StreamId{1},
       .created_at = {1'700'000'000'000'000},
       .topics_count = 1,
       .size_bytes = {65},
       .messages_count = 1,
       .name = name("a")}};
  EXPECT_EQ(streams, expected);
}

TEST_F(GetStreams, is_empty_without_streams) {
  EXPECT_EQ(run(get_streams(root(), {})), std::vector<wire::Stream>());
}

TEST_F(GetStreams, needs_the_right_to_list_them) {
  EXPECT_EQ(run(get_streams(guest(), {})), fail(Error::unauthorized));
  EXPECT_TRUE(run(get_streams(user_with({.global = {.read_streams = true}}), {})));
}

TEST_F(UpdateStream, renames_it) {
  add_stream("old");

  EXPECT_TRUE(run(update_stream(root(), {.stream_id = Identifier("old"), .name = name("new")})));

  EXPECT_TRUE(is_nothing(run(get_stream(root(), {.stream_id = Identifier("old")}))));
  EXPECT_EQ(run(get_stream(root(), {.stream_id = Identifier("new")})).value()->stream.id,
            StreamId{0});
}

TEST_F(UpdateStream, takes_its_own_name_but_not_that_of_another) {
  add_stream("mine");
  add_stream("taken");

  EXPECT_TRUE(run(update_stream(root(), {.stream_id = Identifier("mine"), .name = name("mine")})));
  EXPECT_EQ(run(update_stream(root(), {.stream_id = Identifier("mine"), .name = name("taken")})),
            fail(Error::stream_name_already_exists));
}

TEST_F(UpdateStream, looks_for_the_stream_then_the_right_then_the_name) {
  add_stream("mine");
  add_stream("taken");

  EXPECT_EQ(run(update_stream(guest(), {.stream_id = Identifier("x"), .name = name("taken")})),
            fail(Error::stream_id_not_found));
  EXPECT_EQ(run(update_stream(guest(), {.stream_id = Identifier("mine"), .name = name("taken")})),
            fail(Error::unauthorized));
}

TEST_F(DeleteStream, takes_its_topics_and_their_files_along) {
  add_stream("s");
  add_topic("s", "t", 2);
  add_stream("other");
  add_topic("other", "t");
  ASSERT_TRUE(send_to("s", "t", 0, {"a"}));
  ASSERT_TRUE(send_to("s", "t", 1, {"b"}));
  ASSERT_TRUE(send_to("other", "t", 0, {"c"}));

  EXPECT_TRUE(run(delete_stream(root(), {.stream_id = Identifier("s")})));
  settle();

  EXPECT_EQ(run(get_streams(root(), {})).value().size(), 1);
  EXPECT_EQ(partition_directories(), texts("00000000000000000009"));
  EXPECT_TRUE(catalogue().dropped_partitions.empty());
  EXPECT_EQ(messages_in("other", "t", 0), texts("0:c"));
}

TEST_F(DeleteStream, looks_for_the_stream_before_the_right) {
  add_stream("s");

  EXPECT_EQ(run(delete_stream(guest(), {.stream_id = Identifier(5)})),
            fail(Error::stream_id_not_found));
  EXPECT_EQ(run(delete_stream(guest(), {.stream_id = Identifier("s")})), fail(Error::unauthorized));
  EXPECT_TRUE(run(delete_stream(root(), {.stream_id = Identifier("s")})));
  EXPECT_EQ(run(delete_stream(root(), {.stream_id = Identifier("s")})),
            fail(Error::stream_id_not_found));
}

TEST_F(PurgeStream, empties_every_topic_and_counts_from_0_again) {
  add_stream("s");
  add_topic("s", "a");
  add_topic("s", "b");
  ASSERT_TRUE(send_to("s", "a", 0, {"1", "2"}));
  ASSERT_TRUE(send_to("s", "b", 0, {"3"}));
  ASSERT_TRUE(run(store_consumer_offset(root(), {.consumer = {.id = Identifier(1)},
                                                 .stream_id = Identifier("s"),
                                                 .topic_id = Identifier("a"),
                                                 .offset = 1})));

  EXPECT_TRUE(run(purge_stream(root(), {.stream_id = Identifier("s")})));
  settle();

  EXPECT_EQ(messages_in("s", "a", 0), texts());
  EXPECT_EQ(messages_in("s", "b", 0), texts());
  EXPECT_TRUE(is_nothing(run(get_consumer_offset(root(), {.consumer = {.id = Identifier(1)},
                                                          .stream_id = Identifier("s"),
                                                          .topic_id = Identifier("a")}))));
  EXPECT_EQ(run(get_streams(root(), {})).value().front().messages_count, 0);
  EXPECT_EQ(partition_directories(), texts());
  ASSERT_TRUE(send_to("s", "a", 0, {"new"}));
  EXPECT_EQ(messages_in("s", "a", 0), texts("0:new"));
}

TEST_F(PurgeStream, looks_for_the_stream_before_the_right) {
  add_stream("s");

  EXPECT_EQ(run(purge_stream(guest(), {.stream_id = Identifier("x")})),
            fail(Error::stream_id_not_found));
  EXPECT_EQ(run(purge_stream(guest(), {.stream_id = Identifier("s")})), fail(Error::unauthorized));
}

}  // namespace
}  // namespace iggy::broker
