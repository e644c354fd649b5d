// Tests of adding and removing partitions.
#include "broker/partitions.hpp"

#include <gtest/gtest.h>

#include "broker/testing.hpp"

namespace iggy::broker {
namespace {

using log::texts;

class CreatePartitions : public BrokerTest {};
class DeletePartitions : public BrokerTest {};

TEST_F(CreatePartitions, numbers_them_behind_the_highest) {
  add_stream_and_topic(2);
  ASSERT_TRUE(send_to("s", "t", 1, {"a"}));

  EXPECT_TRUE(run(create_partitions(
      root(), {.stream_id = Identifier("s"), .topic_id = Identifier("t"), .partitions_count = 2})));

  const auto found =
      run(get_topic(root(), {.stream_id = Identifier("s"), .topic_id = Identifier("t")})).value();
  ASSERT_EQ(found->partitions.size(), 4);
  EXPECT_EQ(found->partitions[2].id, PartitionId{2});
  EXPECT_EQ(found->partitions[3].id, PartitionId{3});
  ASSERT_TRUE(send_to("s", "t", 3, {"b"}));
  EXPECT_EQ(messages_in("s", "t", 1), texts("0:a"));
  EXPECT_EQ(messages_in("s", "t", 3), texts("0:b"));
}

TEST_F(CreatePartitions, takes_1_to_1000_in_one_request) {
  add_stream_and_topic();
  wire::CreatePartitions request{.stream_id = Identifier("s"), .topic_id = Identifier("t")};

  request.partitions_count = 1000;
  EXPECT_TRUE(run(create_partitions(root(), request)));
  EXPECT_EQ(catalogue().partitions_count, 1001);
  request.partitions_count = 0;
  EXPECT_EQ(run(create_partitions(root(), request)), fail(Error::too_many_partitions));
  request.partitions_count = 1001;
  EXPECT_EQ(run(create_partitions(root(), request)), fail(Error::too_many_partitions));
}

TEST_F(CreatePartitions, reports_the_first_of_several_errors) {
  add_stream_and_topic();
  wire::CreatePartitions request{.stream_id = Identifier("x"), .topic_id = Identifier("x")};

  EXPECT_EQ(run(create_partitions(guest(), request)), fail(Error::too_many_partitions));
  request.partitions_count = 1;
  EXPECT_EQ(run(create_partitions(guest(), request)), fail(Error::stream_id_not_found));
  request.stream_id = Identifier("s");
  EXPECT_EQ(run(create_partitions(guest(), request)), fail(Error::topic_id_not_found));
  request.topic_id = Identifier("t");
  EXPECT_EQ(run(create_partitions(guest(), request)), fail(Error::unauthorized));
}

TEST_F(DeletePartitions, removes_the_highest_with_their_files) {
  add_stream_and_topic(3);
  ASSERT_TRUE(send_to("s", "t", 0, {"a"}));
  ASSERT_TRUE(send_to("s", "t", 1, {"b"}));
  ASSERT_TRUE(send_to("s", "t", 2, {"c"}));

  EXPECT_TRUE(run(delete_partitions(
      root(), {.stream_id = Identifier("s"), .topic_id = Identifier("t"), .partitions_count = 2})));
  settle();

  EXPECT_EQ(messages_in("s", "t", 0), texts("0:a"));
  EXPECT_EQ(messages_in("s", "t", 1), fail(Error::partition_not_found));
  EXPECT_EQ(partition_directories(), texts("00000000000000000005"));
  EXPECT_TRUE(catalogue().dropped_partitions.empty());
}

TEST_F(DeletePartitions, leaves_new_ones_with_the_same_numbers_empty) {
  add_stream_and_topic(2);
  ASSERT_TRUE(send_to("s", "t", 1, {"old"}));
  const wire::CreatePartitions one{
      .stream_id = Identifier("s"), .topic_id = Identifier("t"), .partitions_count = 1};
  ASSERT_TRUE(run(delete_partitions(
      root(), {.stream_id = Identifier("s"), .topic_id = Identifier("t"), .partitions_count = 1})));

  ASSERT_TRUE(run(create_partitions(root(), one)));

  EXPECT_EQ(messages_in("s", "t", 1), texts());
}

TEST_F(DeletePartitions, removes_all_but_not_more) {
  add_stream_and_topic(2);
  wire::DeletePartitions request{
      .stream_id = Identifier("s"), .topic_id = Identifier("t"), .partitions_count = 3};

  EXPECT_EQ(run(delete_partitions(root(), request)), fail(Error::invalid_partitions_count));
  request.partitions_count = 1001;
  EXPECT_EQ(run(delete_partitions(root(), request)), fail(Error::invalid_partitions_count));
  request.partitions_count = 2;
  EXPECT_TRUE(run(delete_partitions(root(), request)));
  EXPECT_EQ(catalogue().partitions_count, 0);
}

TEST_F(DeletePartitions, reports_the_first_of_several_errors) {
  add_stream_and_topic(2);
  wire::DeletePartitions request{.stream_id = Identifier("x"), .topic_id = Identifier("x")};

  EXPECT_EQ(run(delete_partitions(guest(), request)), fail(Error::too_many_partitions));
  request.partitions_count = 3;
  EXPECT_EQ(run(delete_partitions(guest(), request)), fail(Error::stream_id_not_found));
  request.stream_id = Identifier("s");
  EXPECT_EQ(run(delete_partitions(guest(), request)), fail(Error::topic_id_not_found));
  request.topic_id = Identifier("t");
  EXPECT_EQ(run(delete_partitions(guest(), request)), fail(Error::unauthorized));
  EXPECT_EQ(run(delete_partitions(root(), request)), fail(Error::invalid_partitions_count));
}

}  // namespace
}  // namespace iggy::broker
