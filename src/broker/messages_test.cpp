// Tests of sending, polling and flushing messages.
#include "broker/messages.hpp"

#include <gtest/gtest.h>

#include "broker/consumer_offsets.hpp"
#include "broker/testing.hpp"

namespace iggy::broker {
namespace {

using log::texts;
using runtime::DiskCall;
using wire::ConsumerKind;
using wire::Partitioning;
using wire::PollingKind;

using Answer = std::optional<Result<>>;

wire::SendTarget to_topic(Partitioning partitioning) {
  return {.stream_id = wire::IdentifierView("s"),
          .topic_id = wire::IdentifierView("t"),
          .partitioning = partitioning};
}
wire::SendTarget keyed(std::string_view key) {
  return to_topic(Partitioning::messages_key(base::as_bytes(key)));
}
wire::SendTarget to_partition(std::uint32_t id) {
  return to_topic(Partitioning::partition(PartitionId{id}));
}

wire::PollMessages poll_from(wire::PollingStrategy strategy, std::uint32_t count = 10) {
  return {.stream_id = Identifier("s"),
          .topic_id = Identifier("t"),
          .strategy = strategy,
          .count = count};
}

Task<> send_into(Context context, SentRequest& sent, Answer& answer) {
  answer.emplace(co_await send_messages(context, sent.request()));
}

class SendMessages : public BrokerTest {};
class PollMessages : public BrokerTest {};
class FlushUnsavedBuffer : public BrokerTest {};

TEST_F(SendMessages, appends_to_the_partition_that_is_named) {
  add_stream_and_topic(2);

  EXPECT_TRUE(send_as(root(), to_partition(1), {"a", "b"}));
  EXPECT_TRUE(send_as(root(), to_partition(1), {"c"}));

  EXPECT_EQ(messages_in("s", "t", 0), texts());
  EXPECT_EQ(messages_in("s", "t", 1), texts("0:a", "1:b", "2:c"));
}

TEST_F(SendMessages, takes_partitions_in_turn_if_balanced) {
  add_stream_and_topic(3);
  add_topic("s", "other", 2);

  for (const auto* payload : {"a", "b", "c", "d"}) {
    ASSERT_TRUE(send_as(root(), to_topic(Partitioning::balanced()), {payload}));
  }
  ASSERT_TRUE(send_as(root(),
                      {.stream_id = wire::IdentifierView("s"),
                       .topic_id = wire::IdentifierView("other"),
                       .partitioning = Partitioning::balanced()},
                      {"e"}));

  EXPECT_EQ(messages_in("s", "t", 0), texts("0:a", "1:d"));
  EXPECT_EQ(messages_in("s", "t", 1), texts("0:b"));
  EXPECT_EQ(messages_in("s", "t", 2), texts("0:c"));
  EXPECT_EQ(messages_in("s", "other", 0), texts("0:e"));
}

TEST_F(SendMessages, begins_with_the_first_partition_after_a_restart) {
  add_stream_and_topic(2);
  ASSERT_TRUE(send_as(root(), to_topic(Partitioning::balanced()), {"a"}));

  ASSERT_TRUE(restart());
  ASSERT_TRUE(send_as(root(), to_topic(Partitioning::balanced()), {"b"}));

  EXPECT_EQ(messages_in("s", "t", 0), texts("0:a", "1:b"));
}

// Source of the partitions: the published hash vectors.
TEST_F(SendMessages, chooses_the_partition_by_the_hash_of_the_key) {
  add_stream_and_topic(10);

  ASSERT_TRUE(send_as(root(), keyed("order-123"), {"a"}));
  ASSERT_TRUE(send_as(root(), keyed("user-2"), {"b"}));
  ASSERT_TRUE(send_as(root(), keyed("user-1"), {"c"}));
  ASSERT_TRUE(send_as(root(), keyed("user-1"), {"d"}));

  EXPECT_EQ(messages_in("s", "t", 0), texts("0:a"));
  EXPECT_EQ(messages_in("s", "t", 5), texts("0:b"));
  EXPECT_EQ(messages_in("s", "t", 7), texts("0:c", "1:d"));
}

TEST_F(SendMessages, checks_the_batch_before_anything_else) {
  SentRequest sent({.stream_id = wire::IdentifierView("x"), .topic_id = wire::IdentifierView("x")},
                   {"a"});
  auto request = sent.request();
  request.messages_count = 0;
  request.indexes = {};

  EXPECT_EQ(run(send_messages(guest(), request)), fail(Error::invalid_messages_count));
}

TEST_F(SendMessages, reports_the_first_of_several_errors) {
  add_stream_and_topic(1);
  auto target = to_partition(1);
  target.stream_id = wire::IdentifierView("x");
  target.topic_id = wire::IdentifierView("x");

  EXPECT_EQ(send_as(guest(), target, {"a"}), fail(Error::stream_id_not_found));
  target.stream_id = wire::IdentifierView("s");
  EXPECT_EQ(send_as(guest(), target, {"a"}), fail(Error::topic_id_not_found));
  target.topic_id = wire::IdentifierView("t");
  EXPECT_EQ(send_as(guest(), target, {"a"}), fail(Error::unauthorized));
  EXPECT_EQ(send_as(root(), target, {"a"}), fail(Error::partition_not_found));
}

TEST_F(SendMessages, has_no_partition_to_choose_in_an_empty_topic) {
  add_stream_and_topic(0);

  EXPECT_EQ(send_as(root(), to_topic(Partitioning::balanced()), {"a"}),
            fail(Error::topic_id_not_found));
  EXPECT_EQ(send_as(root(), keyed("a"), {"a"}), fail(Error::no_partitions));
  EXPECT_EQ(send_as(root(), to_partition(0), {"a"}), fail(Error::partition_not_found));
  EXPECT_EQ(send_as(guest(), keyed("a"), {"a"}), fail(Error::unauthorized));
}

TEST_F(SendMessages, never_shortens_a_partition_id) {
  add_stream_and_topic(1);

  EXPECT_EQ(send_as(root(), to_partition(1'048'576), {"a"}), fail(Error::partition_not_found));
}

TEST_F(SendMessages, needs_no_more_than_the_right_to_send_to_this_topic) {
  add_stream_and_topic();
  add_topic("s", "other");
  const auto producer =
      user_with({.streams = {{StreamId{0}, {{}, {{TopicId{0}, {.send_messages = true}}}}}}});

  EXPECT_TRUE(send_as(producer, to_partition(0), {"a"}));
  EXPECT_EQ(poll_as(producer, poll_from(from_offset(0))), fail(Error::unauthorized));
  EXPECT_EQ(
      send_as(producer,
              {.stream_id = wire::IdentifierView("s"), .topic_id = wire::IdentifierView("other")},
              {"a"}),
      fail(Error::unauthorized));
}

TEST_F(SendMessages, leaves_nothing_of_a_batch_that_does_not_fit_the_disk) {
  add_stream_and_topic();
  ASSERT_TRUE(send({"a"}));

  disk_.set_free_bytes(10);
  EXPECT_EQ(send({"b", "c"}), fail(Error::no_space));
  disk_.set_free_bytes(1'000'000);
  ASSERT_TRUE(send({"d"}));

  EXPECT_EQ(messages(), texts("0:a", "1:d"));
}

TEST_F(SendMessages, notes_a_first_write_with_the_next_batch_if_it_could_not_before) {
  add_stream_and_topic();
  const auto is_written = [this] {
    const auto* topic = catalogue().find_stream(StreamId{0})->find_topic(TopicId{0});
    return topic->find_partition(PartitionId{0})->written;
  };

  disk_.fail_call(DiskCall::write, 0, Error::no_space, 0, "state/journal");
  EXPECT_EQ(send({"a"}), fail(Error::no_space));
  EXPECT_FALSE(is_written());
  EXPECT_TRUE(send({"b"}));

  EXPECT_TRUE(is_written());
}

TEST_F(SendMessages, acknowledges_nothing_before_the_first_write_is_noted) {
  add_stream_and_topic();
  SentRequest first(to_partition(0), {"a"});
  SentRequest second(to_partition(0), {"b"});
  Answer first_answer;
  Answer second_answer;

  disk_.hold(DiskCall::sync);  // of the journal
  shard_.group().spawn(send_into(root(), first, first_answer));
  shard_.run_ready();
  shard_.group().spawn(send_into(root(), second, second_answer));
  shard_.run_ready();
  EXPECT_FALSE(first_answer);
  EXPECT_FALSE(second_answer);

  disk_.release();
  shard_.run(shard_.group().join());
  EXPECT_TRUE(first_answer.value());
  EXPECT_TRUE(second_answer.value());
  EXPECT_EQ(messages(), texts("0:a", "1:b"));
}

TEST_F(PollMessages, starts_where_the_strategy_says) {
  add_stream_and_topic();
  ASSERT_TRUE(send({"a", "b"}));
  shard_.clock().advance(Duration::seconds(1));
  ASSERT_TRUE(send({"c", "d"}));

  const auto messages_from = [this](PollingKind kind, std::uint64_t value = 0) {
    return poll_as(root(), poll_from({.kind = kind, .value = value}, 3)).value().messages;
  };
  EXPECT_EQ(messages_from(PollingKind::offset, 1), texts("1:b", "2:c", "3:d"));
  EXPECT_EQ(messages_from(PollingKind::offset, 4), texts());
  EXPECT_EQ(messages_from(PollingKind::timestamp, 1'700'000'000'000'000),
            texts("0:a", "1:b", "2:c"));
  EXPECT_EQ(messages_from(PollingKind::timestamp, 1'700'000'000'000'001), texts("2:c", "3:d"));
  EXPECT_EQ(messages_from(PollingKind::timestamp, 1'700'000'001'000'001), texts());
  EXPECT_EQ(messages_from(PollingKind::first, 99), texts("0:a", "1:b", "2:c"));
  EXPECT_EQ(messages_from(PollingKind::last, 99), texts("1:b", "2:c", "3:d"));
  EXPECT_EQ(messages_from(PollingKind::next, 99), texts("0:a", "1:b", "2:c"));
}

TEST_F(PollMessages, tells_the_partition_and_its_last_offset) {
  add_stream_and_topic(2);
  ASSERT_TRUE(send_to("s", "t", 1, {"a", "b", "c"}));
  auto request = poll_from(from_offset(0), 1);
  request.partition_id = PartitionId{1};

  EXPECT_EQ(poll_as(root(), request),
            (Page{.partition_id = PartitionId{1}, .current_offset = 2, .messages = {"0:a"}}));
  request.count = 0;
  EXPECT_EQ(poll_as(root(), request),
            (Page{.partition_id = PartitionId{1}, .current_offset = 2, .messages = {}}));
}

TEST_F(PollMessages, takes_partition_0_if_none_is_named) {
  add_stream_and_topic(2);
  ASSERT_TRUE(send_to("s", "t", 0, {"a"}));
  ASSERT_TRUE(send_to("s", "t", 1, {"b"}));

  EXPECT_EQ(poll_as(root(), poll_from(from_offset(0))),
            (Page{.partition_id = PartitionId{0}, .current_offset = 0, .messages = {"0:a"}}));
}

TEST_F(PollMessages, is_empty_where_nothing_was_sent) {
  add_stream_and_topic();

  for (const auto kind : {PollingKind::offset, PollingKind::timestamp, PollingKind::first,
                          PollingKind::last, PollingKind::next}) {
    EXPECT_EQ(poll_as(root(), poll_from({.kind = kind})), Page{});
  }
  EXPECT_EQ(partition_directories(), texts());
}

TEST_F(PollMessages, stores_the_last_offset_that_it_gave_if_asked_to) {
  add_stream_and_topic();
  ASSERT_TRUE(send({"a", "b", "c"}));
  auto request = poll_from({.kind = PollingKind::next}, 2);
  request.consumer = {.id = Identifier("reader")};
  request.auto_commit = true;

  EXPECT_EQ(poll_as(root(), request)->messages, texts("0:a", "1:b"));
  EXPECT_EQ(poll_as(root(), request)->messages, texts("2:c"));
  EXPECT_EQ(poll_as(root(), request)->messages, texts());
  EXPECT_EQ(poll_as(root(), request)->messages, texts());
  // Any strategy moves it, backwards too.
  request.strategy = from_offset(0);
  request.count = 1;
  EXPECT_EQ(poll_as(root(), request)->messages, texts("0:a"));
  request.strategy = {.kind = PollingKind::next};
  EXPECT_EQ(poll_as(root(), request)->messages, texts("1:b"));
}

TEST_F(PollMessages, stores_nothing_unless_asked_or_if_it_gave_nothing) {
  add_stream_and_topic();
  ASSERT_TRUE(send({"a", "b"}));
  const wire::GetConsumerOffset get_offset{.stream_id = Identifier("s"),
                                           .topic_id = Identifier("t")};

  auto request = poll_from({.kind = PollingKind::next}, 1);
  EXPECT_EQ(poll_as(root(), request)->messages, texts("0:a"));
  EXPECT_EQ(poll_as(root(), request)->messages, texts("0:a"));
  request.auto_commit = true;
  request.count = 0;
  EXPECT_EQ(poll_as(root(), request)->messages, texts());
  request = poll_from(from_offset(9));
  request.auto_commit = true;
  EXPECT_EQ(poll_as(root(), request)->messages, texts());

  EXPECT_TRUE(is_nothing(run(get_consumer_offset(root(), get_offset))));
}

TEST_F(PollMessages, gives_one_message_however_small_the_limit) {
  add_stream_and_topic();
  ASSERT_TRUE(send({"a", "b", "c"}));

  EXPECT_EQ(poll_as(root(), poll_from(from_offset(1)), 1)->messages, texts("1:b"));
  EXPECT_EQ(poll_as(root(), poll_from(from_offset(0)), 130)->messages, texts("0:a", "1:b"));
}

TEST_F(PollMessages, gives_what_does_not_fit_the_scratch_memory) {
  add_stream_and_topic();
  const std::string long_text(40'000, 'x');
  ASSERT_TRUE(send({long_text, "b"}));

  EXPECT_EQ(poll_as(root(), poll_from(from_offset(0)))->messages, texts("0:" + long_text, "1:b"));
}

TEST_F(PollMessages, reports_the_first_of_several_errors) {
  add_stream_and_topic(1);
  wire::PollMessages request{.consumer = {.kind = ConsumerKind::consumer_group},
                             .stream_id = Identifier("x"),
                             .topic_id = Identifier("x"),
                             .partition_id = PartitionId{1}};

  EXPECT_EQ(poll_as(guest(), request), fail(Error::stream_id_not_found));
  request.stream_id = Identifier("s");
  EXPECT_EQ(poll_as(guest(), request), fail(Error::topic_id_not_found));
  request.topic_id = Identifier("t");
  EXPECT_EQ(poll_as(guest(), request), fail(Error::unauthorized));
  EXPECT_EQ(poll_as(root(), request), fail(Error::consumer_group_id_not_found));
  request.consumer.kind = ConsumerKind::consumer;
  EXPECT_EQ(poll_as(root(), request), fail(Error::partition_not_found));
}

TEST_F(PollMessages, finds_no_partition_in_an_empty_topic) {
  add_stream_and_topic(0);

  EXPECT_EQ(poll_as(root(), poll_from(from_offset(0))), fail(Error::partition_not_found));
}

TEST_F(PollMessages, needs_no_more_than_the_right_to_poll_this_topic) {
  add_stream_and_topic();
  ASSERT_TRUE(send({"a"}));
  const auto consumer =
      user_with({.streams = {{StreamId{0}, {{}, {{TopicId{0}, {.poll_messages = true}}}}}}});

  EXPECT_EQ(poll_as(consumer, poll_from(from_offset(0)))->messages, texts("0:a"));
  EXPECT_EQ(send_as(consumer, to_partition(0), {"b"}), fail(Error::unauthorized));
}

TEST_F(FlushUnsavedBuffer, syncs_only_if_asked_to) {
  add_stream_and_topic();
  ASSERT_TRUE(send({"a"}));
  wire::FlushUnsavedBuffer request{.stream_id = Identifier("s"), .topic_id = Identifier("t")};

  const auto syncs = disk_.calls(DiskCall::sync);
  EXPECT_TRUE(run(flush_unsaved_buffer(root(), request)));
  EXPECT_EQ(disk_.calls(DiskCall::sync), syncs);
  request.fsync = true;
  EXPECT_TRUE(run(flush_unsaved_buffer(root(), request)));
  EXPECT_GT(disk_.calls(DiskCall::sync), syncs);

  ASSERT_TRUE(crash_and_start(Crash::power_loss));
  EXPECT_EQ(messages(), texts("0:a"));
}

TEST_F(FlushUnsavedBuffer, succeeds_where_nothing_was_sent) {
  add_stream_and_topic();

  EXPECT_TRUE(run(flush_unsaved_buffer(
      root(), {.stream_id = Identifier("s"), .topic_id = Identifier("t"), .fsync = true})));
}

TEST_F(FlushUnsavedBuffer, says_that_a_sync_failed) {
  add_stream_and_topic();
  ASSERT_TRUE(send({"a"}));

  disk_.fail_call(DiskCall::sync, 0, Error::io_error);

  EXPECT_EQ(
      run(flush_unsaved_buffer(
          root(), {.stream_id = Identifier("s"), .topic_id = Identifier("t"), .fsync = true})),
      fail(Error::cannot_sync_file));
  EXPECT_EQ(send({"b"}), fail(Error::partition_read_only));
}

TEST_F(FlushUnsavedBuffer, reports_the_first_of_several_errors) {
  add_stream_and_topic(1);
  wire::FlushUnsavedBuffer request{
      .stream_id = Identifier("x"), .topic_id = Identifier("x"), .partition_id = PartitionId{1}};

  EXPECT_EQ(run(flush_unsaved_buffer(guest(), request)), fail(Error::stream_id_not_found));
  request.stream_id = Identifier("s");
  EXPECT_EQ(run(flush_unsaved_buffer(guest(), request)), fail(Error::topic_id_not_found));
  request.topic_id = Identifier("t");
  EXPECT_EQ(run(flush_unsaved_buffer(guest(), request)), fail(Error::unauthorized));
  EXPECT_EQ(run(flush_unsaved_buffer(root(), request)), fail(Error::partition_not_found));
}

}  // namespace
}  // namespace iggy::broker
