// Tests of what can be done with topics.
#include "broker/topics.hpp"

#include <gtest/gtest.h>

#include "broker/consumer_offsets.hpp"
#include "broker/testing.hpp"

namespace iggy::broker {
namespace {

using log::texts;
using test::name;

class CreateTopic : public BrokerTest {};
class GetTopic : public BrokerTest {};
class GetTopics : public BrokerTest {};
class UpdateTopic : public BrokerTest {};
class DeleteTopic : public BrokerTest {};
class PurgeTopic : public BrokerTest {};

constexpr wire::CompressionAlgorithm unknown_compression{9};
constexpr Timestamp now{1'700'000'000'000'000};

TEST_F(CreateTopic, gives_the_new_topic_with_its_partitions) {
  add_stream("s");

  const auto created =
      run(create_topic(root(), {.stream_id = Identifier("s"),
                                .partitions_count = 2,
                                .compression_algorithm = wire::CompressionAlgorithm::gzip,
                                .message_expiry = Duration::seconds(60),
                                .max_topic_size = 2_GiB,
                                .replication_factor = 3,
                                .name = name("t")}));

  // The partitions have no segment yet, as published servers tell it.
  const wire::TopicDetails expected{
      .topic = {.id = TopicId{0},
                .created_at = now,
                .partitions_count = 2,
                .message_expiry = Duration::seconds(60),
                .compression_algorithm = wire::CompressionAlgorithm::gzip,
                .max_topic_size = 2_GiB,
                .replication_factor = 3,
                .name = name("t")},
      .partitions = {{.id = PartitionId{0}, .created_at = now},
                     {.id = PartitionId{1}, .created_at = now}}};
  EXPECT_EQ(created, expected);
}

TEST_F(CreateTopic, puts_the_defaults_in_place_of_zeros) {
  add_stream("s");

  const auto built_in =
      run(create_topic(root(), {.stream_id = Identifier("s"), .name = name("a")}));
  settings_.default_message_expiry = Duration::seconds(5);
  settings_.default_max_topic_size = 3_GiB;
  ASSERT_TRUE(restart());
  const auto configured =
      run(create_topic(root(), {.stream_id = Identifier("s"), .name = name("b")}));

  EXPECT_EQ(built_in->topic.message_expiry, wire::never_expires);
  EXPECT_EQ(built_in->topic.max_topic_size, wire::unlimited_size);
  EXPECT_EQ(built_in->topic.replication_factor, 1);
  EXPECT_EQ(built_in->topic.partitions_count, 0);
  EXPECT_EQ(configured->topic.message_expiry, Duration::seconds(5));
  EXPECT_EQ(configured->topic.max_topic_size, 3_GiB);
  // What was resolved once stays, whatever the settings become.
  const auto topics = run(get_topics(root(), {.stream_id = Identifier("s")})).value();
  EXPECT_EQ(topics[0].message_expiry, wire::never_expires);
  EXPECT_EQ(topics[1].max_topic_size, 3_GiB);
}

TEST_F(CreateTopic, takes_a_size_from_that_of_a_segment_on) {
  add_stream("s");

  EXPECT_EQ(run(create_topic(root(), {.stream_id = Identifier("s"),
                                      .max_topic_size = {1'073'741'823},
                                      .name = name("t")})),
            fail(Error::invalid_topic_size));
  EXPECT_TRUE(run(create_topic(
      root(),
      {.stream_id = Identifier("s"), .max_topic_size = {1'073'741'824}, .name = name("t")})));
}

TEST_F(CreateTopic, takes_a_name_once_in_each_stream) {
  add_stream("s");
  add_stream("other");
  add_topic("s", "t");

  EXPECT_EQ(run(create_topic(root(), {.stream_id = Identifier("s"), .name = name("t")})),
            fail(Error::topic_name_already_exists));
  EXPECT_TRUE(run(create_topic(root(), {.stream_id = Identifier("other"), .name = name("t")})));
}

TEST_F(CreateTopic, makes_at_most_1000_partitions) {
  add_stream("s");

  EXPECT_EQ(
      run(create_topic(
          root(), {.stream_id = Identifier("s"), .partitions_count = 1001, .name = name("t")})),
      fail(Error::too_many_partitions));
  EXPECT_EQ(
      run(create_topic(root(),
                       {.stream_id = Identifier("s"), .partitions_count = 1000, .name = name("t")}))
          ->partitions.size(),
      1000);
}

TEST_F(CreateTopic, reports_the_first_of_several_errors) {
  add_stream("s");
  add_topic("s", "t");
  // Everything is wrong with it; each step mends what was reported.
  wire::CreateTopic request{.stream_id = Identifier("x"),
                            .partitions_count = 1001,
                            .compression_algorithm = unknown_compression,
                            .max_topic_size = {1},
                            .name = name("t")};

  EXPECT_EQ(run(create_topic(guest(), request)), fail(Error::too_many_partitions));
  request.partitions_count = 1;
  EXPECT_EQ(run(create_topic(guest(), request)), fail(Error::invalid_command));
  request.compression_algorithm = wire::CompressionAlgorithm::none;
  EXPECT_EQ(run(create_topic(guest(), request)), fail(Error::stream_id_not_found));
  request.stream_id = Identifier("s");
  EXPECT_EQ(run(create_topic(guest(), request)), fail(Error::unauthorized));
  EXPECT_EQ(run(create_topic(root(), request)), fail(Error::invalid_topic_size));
  request.max_topic_size = 1_GiB;
  EXPECT_EQ(run(create_topic(root(), request)), fail(Error::topic_name_already_exists));
}

TEST_F(GetTopic, shows_its_partitions_and_what_they_hold) {
  add_stream_and_topic(3);
  ASSERT_TRUE(send_to("s", "t", 0, {"a", "b"}));
  ASSERT_TRUE(send_to("s", "t", 2, {"c"}));

  const auto found =
      run(get_topic(root(), {.stream_id = Identifier("s"), .topic_id = Identifier("t")}));

  ASSERT_TRUE(found && *found);
  const wire::TopicDetails expected{
      .topic = {.id = TopicId{0},
                .created_at = now,
                .partitions_count = 3,
                .message_expiry = wire::never_expires,
                .max_topic_size = wire::unlimited_size,
                .replication_factor = 1,
                .size_bytes = {195},
                .messages_count = 3,
                .name = name("t")},
      .partitions = {{.id = PartitionId{0},
                      .created_at = now,
                      .segments_count = 1,
                      .current_offset = 1,
                      .size_bytes = {130},
                      .messages_count = 2},
                     {.id = PartitionId{1}, .created_at = now, .segments_count = 1},
                     {.id = PartitionId{2},
                      .created_at = now,
                      .segments_count = 1,
                      .size_bytes = {65},
                      .messages_count = 1}}};
  EXPECT_EQ(**found, expected);
}

TEST_F(GetTopic, gives_nothing_for_a_missing_one_whoever_asks) {
  add_stream_and_topic();

  EXPECT_TRUE(is_nothing(
      run(get_topic(guest(), {.stream_id = Identifier("x"), .topic_id = Identifier("t")}))));
  EXPECT_TRUE(is_nothing(
      run(get_topic(guest(), {.stream_id = Identifier("s"), .topic_id = Identifier(1)}))));
}

TEST_F(GetTopic, needs_the_right_to_read_this_topic) {
  add_stream_and_topic();
  const auto reader =
      user_with({.streams = {{StreamId{0}, {{}, {{TopicId{0}, {.read_topic = true}}}}}}});
  const wire::GetTopic request{.stream_id = Identifier("s"), .topic_id = Identifier("t")};

  EXPECT_EQ(run(get_topic(guest(), request)), fail(Error::unauthorized));
  EXPECT_TRUE(run(get_topic(reader, request)).value());
}

TEST_F(GetTopics, lists_those_of_one_stream_ascending) {
  add_stream("s");
  add_topic("s", "z", 2);
  add_topic("s", "a", 0);
  add_stream("other");
  add_topic("other", "t");
  ASSERT_TRUE(send_to("s", "z", 1, {"1"}));

  const auto topics = run(get_topics(root(), {.stream_id = Identifier("s")}));

  ASSERT_EQ(topics->size(), 2);
  EXPECT_EQ(topics->at(0).name, "z");
  EXPECT_EQ(topics->at(0).size_bytes, ByteSize{65});
  EXPECT_EQ(topics->at(0).messages_count, 1);
  EXPECT_EQ(topics->at(1).name, "a");
  EXPECT_EQ(topics->at(1).partitions_count, 0);
}

TEST_F(GetTopics, is_empty_for_a_missing_stream_whoever_asks) {
  EXPECT_EQ(run(get_topics(guest(), {.stream_id = Identifier("x")})), std::vector<wire::Topic>());
}

TEST_F(GetTopics, needs_the_right_to_list_them) {
  add_stream("s");

  EXPECT_EQ(run(get_topics(guest(), {.stream_id = Identifier("s")})), fail(Error::unauthorized));
}

TEST_F(UpdateTopic, stores_everything_as_it_was_sent) {
  add_stream_and_topic(2);

  EXPECT_TRUE(run(update_topic(root(), {.stream_id = Identifier("s"),
                                        .topic_id = Identifier("t"),
                                        .compression_algorithm = wire::CompressionAlgorithm::gzip,
                                        .message_expiry = {},
                                        .max_topic_size = {1},
                                        .replication_factor = 2,
                                        .name = name("new")})));

  const auto found =
      run(get_topic(root(), {.stream_id = Identifier("s"), .topic_id = Identifier("new")}));
  ASSERT_TRUE(found && *found);
  const wire::Topic expected{.id = TopicId{0},
                             .created_at = now,
                             .partitions_count = 2,
                             .message_expiry = {},
                             .compression_algorithm = wire::CompressionAlgorithm::gzip,
                             .max_topic_size = {1},
                             .replication_factor = 2,
                             .name = name("new")};
  EXPECT_EQ((*found)->topic, expected);
}

TEST_F(UpdateTopic, takes_its_own_name) {
  add_stream_and_topic();

  EXPECT_TRUE(run(update_topic(
      root(), {.stream_id = Identifier("s"), .topic_id = Identifier("t"), .name = name("t")})));
}

TEST_F(UpdateTopic, reports_the_first_of_several_errors) {
  add_stream_and_topic();
  add_topic("s", "taken");
  wire::UpdateTopic request{.stream_id = Identifier("x"),
                            .topic_id = Identifier("x"),
                            .compression_algorithm = unknown_compression,
                            .name = name("taken")};

  EXPECT_EQ(run(update_topic(guest(), request)), fail(Error::invalid_command));
  request.compression_algorithm = wire::CompressionAlgorithm::none;
  EXPECT_EQ(run(update_topic(guest(), request)), fail(Error::stream_id_not_found));
  request.stream_id = Identifier("s");
  EXPECT_EQ(run(update_topic(guest(), request)), fail(Error::topic_id_not_found));
  request.topic_id = Identifier("t");
  EXPECT_EQ(run(update_topic(guest(), request)), fail(Error::unauthorized));
  EXPECT_EQ(run(update_topic(root(), request)), fail(Error::topic_name_already_exists));
}

TEST_F(DeleteTopic, takes_its_files_along) {
  add_stream_and_topic(2);
  add_topic("s", "other");
  ASSERT_TRUE(send_to("s", "t", 0, {"a"}));
  ASSERT_TRUE(send_to("s", "t", 1, {"b"}));
  ASSERT_TRUE(send_to("s", "other", 0, {"c"}));

  EXPECT_TRUE(
      run(delete_topic(root(), {.stream_id = Identifier("s"), .topic_id = Identifier("t")})));
  settle();

  EXPECT_EQ(run(get_topics(root(), {.stream_id = Identifier("s")})).value().size(), 1);
  EXPECT_EQ(partition_directories(), texts("00000000000000000008"));
  EXPECT_TRUE(catalogue().dropped_partitions.empty());
  EXPECT_EQ(send({"d"}), fail(Error::topic_id_not_found));
  EXPECT_EQ(messages_in("s", "other", 0), texts("0:c"));
}

TEST_F(DeleteTopic, leaves_a_new_one_of_the_same_name_empty) {
  add_stream_and_topic();
  ASSERT_TRUE(send({"old"}));
  ASSERT_TRUE(
      run(delete_topic(root(), {.stream_id = Identifier("s"), .topic_id = Identifier("t")})));

  add_topic("s", "t");

  EXPECT_EQ(messages(), texts());
  ASSERT_TRUE(send({"new"}));
  EXPECT_EQ(messages(), texts("0:new"));
}

TEST_F(DeleteTopic, looks_for_stream_and_topic_before_the_right) {
  add_stream_and_topic();
  wire::DeleteTopic request{.stream_id = Identifier("x"), .topic_id = Identifier("x")};

  EXPECT_EQ(run(delete_topic(guest(), request)), fail(Error::stream_id_not_found));
  request.stream_id = Identifier("s");
  EXPECT_EQ(run(delete_topic(guest(), request)), fail(Error::topic_id_not_found));
  request.topic_id = Identifier("t");
  EXPECT_EQ(run(delete_topic(guest(), request)), fail(Error::unauthorized));
}

TEST_F(PurgeTopic, empties_it_alone_and_counts_from_0_again) {
  add_stream_and_topic(2);
  add_topic("s", "other");
  ASSERT_TRUE(send_to("s", "t", 0, {"1", "2"}));
  ASSERT_TRUE(send_to("s", "t", 1, {"3"}));
  ASSERT_TRUE(send_to("s", "other", 0, {"4"}));
  const wire::GetConsumerOffset get_offset{
      .consumer = {.id = Identifier(1)}, .stream_id = Identifier("s"), .topic_id = Identifier("t")};
  ASSERT_TRUE(run(store_consumer_offset(root(), {.consumer = {.id = Identifier(1)},
                                                 .stream_id = Identifier("s"),
                                                 .topic_id = Identifier("t"),
                                                 .offset = 1})));
  ASSERT_TRUE(run(get_consumer_offset(root(), get_offset)).value());

  EXPECT_TRUE(
      run(purge_topic(root(), {.stream_id = Identifier("s"), .topic_id = Identifier("t")})));
  settle();

  EXPECT_EQ(messages_in("s", "t", 0), texts());
  EXPECT_EQ(messages_in("s", "t", 1), texts());
  EXPECT_TRUE(is_nothing(run(get_consumer_offset(root(), get_offset))));
  EXPECT_EQ(partition_directories(), texts("00000000000000000008"));
  ASSERT_TRUE(send({"new"}));
  EXPECT_EQ(messages(), texts("0:new"));
  EXPECT_EQ(messages_in("s", "other", 0), texts("0:4"));
}

TEST_F(PurgeTopic, looks_for_stream_and_topic_before_the_right) {
  add_stream_and_topic();
  wire::PurgeTopic request{.stream_id = Identifier("x"), .topic_id = Identifier("x")};

  EXPECT_EQ(run(purge_topic(guest(), request)), fail(Error::stream_id_not_found));
  request.stream_id = Identifier("s");
  EXPECT_EQ(run(purge_topic(guest(), request)), fail(Error::topic_id_not_found));
  request.topic_id = Identifier("t");
  EXPECT_EQ(run(purge_topic(guest(), request)), fail(Error::unauthorized));
}

}  // namespace
}  // namespace iggy::broker
