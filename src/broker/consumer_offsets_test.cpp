// Tests of getting, storing and deleting consumer offsets.
#include "broker/consumer_offsets.hpp"

#include <gtest/gtest.h>

#include "broker/testing.hpp"

namespace iggy::broker {
namespace {

using wire::ConsumerKind;

wire::Consumer consumer(std::uint32_t id) { return {.id = Identifier(id)}; }
wire::Consumer consumer(std::string name) { return {.id = Identifier(std::move(name))}; }

/// Of topic "t" in stream "s".
wire::StoreConsumerOffset storing(wire::Consumer of, std::uint64_t offset) {
  return {.consumer = std::move(of),
          .stream_id = Identifier("s"),
          .topic_id = Identifier("t"),
          .offset = offset};
}
wire::GetConsumerOffset getting(wire::Consumer of) {
  return {.consumer = std::move(of), .stream_id = Identifier("s"), .topic_id = Identifier("t")};
}
wire::DeleteConsumerOffset deleting(wire::Consumer of) {
  return {.consumer = std::move(of), .stream_id = Identifier("s"), .topic_id = Identifier("t")};
}

class GetConsumerOffset : public BrokerTest {};
class StoreConsumerOffset : public BrokerTest {};
class DeleteConsumerOffset : public BrokerTest {};

TEST_F(GetConsumerOffset, tells_the_stored_offset_and_the_last_one) {
  add_stream_and_topic(2);
  ASSERT_TRUE(send_to("s", "t", 1, {"a", "b", "c"}));
  auto store = storing(consumer(1), 1);
  store.partition_id = PartitionId{1};
  ASSERT_TRUE(run(store_consumer_offset(root(), store)));
  auto get = getting(consumer(1));
  get.partition_id = PartitionId{1};

  const auto found = run(get_consumer_offset(root(), get)).value();

  const wire::ConsumerOffset expected{
      .partition_id = PartitionId{1}, .current_offset = 2, .stored_offset = 1};
  EXPECT_EQ(found.value(), expected);
}

TEST_F(GetConsumerOffset, gives_nothing_where_something_is_missing) {
  add_stream_and_topic();
  ASSERT_TRUE(send({"a"}));

  EXPECT_TRUE(is_nothing(run(get_consumer_offset(root(), getting(consumer(1))))));
  auto request = getting(consumer(1));
  request.partition_id = PartitionId{1};
  EXPECT_TRUE(is_nothing(run(get_consumer_offset(root(), request))));
  request = getting(consumer(1));
  request.consumer.kind = ConsumerKind::consumer_group;
  EXPECT_TRUE(is_nothing(run(get_consumer_offset(root(), request))));
  request.topic_id = Identifier("x");
  EXPECT_TRUE(is_nothing(run(get_consumer_offset(guest(), request))));
  request.stream_id = Identifier("x");
  EXPECT_TRUE(is_nothing(run(get_consumer_offset(guest(), request))));
}

TEST_F(GetConsumerOffset, needs_the_right_to_poll_the_topic) {
  add_stream_and_topic();

  EXPECT_EQ(run(get_consumer_offset(guest(), getting(consumer(1)))), fail(Error::unauthorized));
}

TEST_F(StoreConsumerOffset, goes_forwards_and_backwards_up_to_the_last_message) {
  add_stream_and_topic();
  ASSERT_TRUE(send({"a", "b", "c"}));
  const auto stored = [this] {
    return run(get_consumer_offset(root(), getting(consumer(1)))).value().value().stored_offset;
  };

  EXPECT_TRUE(run(store_consumer_offset(root(), storing(consumer(1), 2))));
  EXPECT_EQ(stored(), 2);
  EXPECT_TRUE(run(store_consumer_offset(root(), storing(consumer(1), 0))));
  EXPECT_EQ(stored(), 0);
  EXPECT_EQ(run(store_consumer_offset(root(), storing(consumer(1), 3))),
            fail(Error::invalid_offset));
  EXPECT_EQ(stored(), 0);
}

TEST_F(StoreConsumerOffset, refuses_any_offset_where_nothing_was_sent) {
  add_stream_and_topic();

  EXPECT_EQ(run(store_consumer_offset(root(), storing(consumer(1), 0))),
            fail(Error::invalid_offset));
}

// Source of the number: the published hash vectors.
TEST_F(StoreConsumerOffset, shares_the_numbers_between_names_and_ids) {
  add_stream_and_topic();
  ASSERT_TRUE(send({"a", "b", "c"}));

  ASSERT_TRUE(run(store_consumer_offset(root(), storing(consumer("reader-a"), 2))));
  ASSERT_TRUE(run(store_consumer_offset(root(), storing(consumer("reader-b"), 1))));

  EXPECT_EQ(run(get_consumer_offset(root(), getting(consumer(2157324113))))->value().stored_offset,
            2);
  EXPECT_EQ(run(get_consumer_offset(root(), getting(consumer("reader-a"))))->value().stored_offset,
            2);
}

TEST_F(StoreConsumerOffset, keeps_each_partition_apart) {
  add_stream_and_topic(2);
  ASSERT_TRUE(send_to("s", "t", 0, {"a", "b"}));
  ASSERT_TRUE(send_to("s", "t", 1, {"c", "d"}));

  ASSERT_TRUE(run(store_consumer_offset(root(), storing(consumer(1), 1))));

  auto get = getting(consumer(1));
  get.partition_id = PartitionId{1};
  EXPECT_TRUE(is_nothing(run(get_consumer_offset(root(), get))));
}

TEST_F(StoreConsumerOffset, outlives_the_process) {
  add_stream_and_topic();
  ASSERT_TRUE(send({"a", "b", "c"}));
  ASSERT_TRUE(run(store_consumer_offset(root(), storing(consumer(1), 1))));

  ASSERT_TRUE(crash_and_start(Crash::process_killed));
  EXPECT_EQ(run(get_consumer_offset(root(), getting(consumer(1))))->value().stored_offset, 1);
  ASSERT_TRUE(restart());
  EXPECT_EQ(run(get_consumer_offset(root(), getting(consumer(1))))->value().stored_offset, 1);
}

TEST_F(StoreConsumerOffset, keeps_the_old_one_if_the_disk_is_full) {
  add_stream_and_topic();
  ASSERT_TRUE(send({"a", "b"}));
  ASSERT_TRUE(run(store_consumer_offset(root(), storing(consumer(1), 0))));

  disk_.set_free_bytes(0);

  EXPECT_EQ(run(store_consumer_offset(root(), storing(consumer(1), 1))), fail(Error::no_space));
  EXPECT_EQ(run(get_consumer_offset(root(), getting(consumer(1))))->value().stored_offset, 0);
}

TEST_F(StoreConsumerOffset, reports_the_first_of_several_errors) {
  add_stream_and_topic();
  wire::StoreConsumerOffset request{.consumer = {.kind = ConsumerKind::consumer_group},
                                    .stream_id = Identifier("x"),
                                    .topic_id = Identifier("x"),
                                    .partition_id = PartitionId{1},
                                    .offset = 9};

  EXPECT_EQ(run(store_consumer_offset(guest(), request)), fail(Error::stream_id_not_found));
  request.stream_id = Identifier("s");
  EXPECT_EQ(run(store_consumer_offset(guest(), request)), fail(Error::topic_id_not_found));
  request.topic_id = Identifier("t");
  EXPECT_EQ(run(store_consumer_offset(guest(), request)), fail(Error::unauthorized));
  EXPECT_EQ(run(store_consumer_offset(root(), request)), fail(Error::consumer_group_id_not_found));
  request.consumer.kind = ConsumerKind::consumer;
  EXPECT_EQ(run(store_consumer_offset(root(), request)), fail(Error::partition_not_found));
  request.partition_id = std::nullopt;
  EXPECT_EQ(run(store_consumer_offset(root(), request)), fail(Error::invalid_offset));
}

TEST_F(DeleteConsumerOffset, forgets_it_for_good) {
  add_stream_and_topic();
  ASSERT_TRUE(send({"a", "b"}));
  ASSERT_TRUE(run(store_consumer_offset(root(), storing(consumer(1), 1))));
  ASSERT_TRUE(run(store_consumer_offset(root(), storing(consumer(2), 0))));

  EXPECT_TRUE(run(delete_consumer_offset(root(), deleting(consumer(1)))));
  ASSERT_TRUE(restart());

  EXPECT_TRUE(is_nothing(run(get_consumer_offset(root(), getting(consumer(1))))));
  EXPECT_EQ(run(get_consumer_offset(root(), getting(consumer(2))))->value().stored_offset, 0);
  EXPECT_EQ(run(delete_consumer_offset(root(), deleting(consumer(1)))),
            fail(Error::consumer_offset_not_found));
}

TEST_F(DeleteConsumerOffset, reports_the_first_of_several_errors) {
  add_stream_and_topic();
  wire::DeleteConsumerOffset request{.consumer = {.kind = ConsumerKind::consumer_group},
                                     .stream_id = Identifier("x"),
                                     .topic_id = Identifier("x"),
                                     .partition_id = PartitionId{1}};

  EXPECT_EQ(run(delete_consumer_offset(guest(), request)), fail(Error::stream_id_not_found));
  request.stream_id = Identifier("s");
  EXPECT_EQ(run(delete_consumer_offset(guest(), request)), fail(Error::topic_id_not_found));
  request.topic_id = Identifier("t");
  EXPECT_EQ(run(delete_consumer_offset(guest(), request)), fail(Error::unauthorized));
  EXPECT_EQ(run(delete_consumer_offset(root(), request)), fail(Error::consumer_group_id_not_found));
  request.consumer.kind = ConsumerKind::consumer;
  EXPECT_EQ(run(delete_consumer_offset(root(), request)), fail(Error::partition_not_found));
  request.partition_id = std::nullopt;
  EXPECT_EQ(run(delete_consumer_offset(root(), request)), fail(Error::consumer_offset_not_found));
}

}  // namespace
}  // namespace iggy::broker
