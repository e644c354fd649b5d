// Tests of ping, statistics and cluster metadata.
#include "broker/system.hpp"

#include <gtest/gtest.h>

#include "broker/testing.hpp"

namespace iggy::broker {
namespace {

class Ping : public BrokerTest {};
class GetStats : public BrokerTest {};
class GetClusterMetadata : public BrokerTest {};

TEST_F(Ping, needs_no_user) {
  Session session;

  EXPECT_TRUE(run(ping(Context{*broker_, session}, {})));
}

TEST_F(GetStats, counts_all_there_is) {
  add_stream("a");
  add_topic("a", "t", 3);
  add_topic("a", "u", 1);
  add_stream("b");
  add_topic("b", "t", 2);
  ASSERT_TRUE(send_to("a", "t", 0, {"1", "2"}));
  ASSERT_TRUE(send_to("b", "t", 1, {"345"}));
  broker_->here().clients_count = 4;

  const auto stats = run(get_stats(root(), {}));

  EXPECT_EQ(stats->streams_count, 2);
  EXPECT_EQ(stats->topics_count, 3);
  EXPECT_EQ(stats->partitions_count, 6);
  EXPECT_EQ(stats->segments_count, 6);  // one for each, used or not
  EXPECT_EQ(stats->messages_count, 3);
  EXPECT_EQ(stats->messages_size_bytes, ByteSize{197});
  EXPECT_EQ(stats->clients_count, 4);
  EXPECT_EQ(stats->consumer_groups_count, 0);
}

TEST_F(GetStats, leaves_out_what_was_deleted_but_is_not_cleaned_up) {
  add_stream_and_topic(2);
  ASSERT_TRUE(send({"a"}));
  disk_.hold(runtime::DiskCall::remove_all);

  ASSERT_TRUE(
      run(delete_topic(root(), {.stream_id = Identifier("s"), .topic_id = Identifier("t")})));

  const auto stats = run(get_stats(root(), {}));
  EXPECT_EQ(stats->topics_count, 0);
  EXPECT_EQ(stats->partitions_count, 0);
  EXPECT_EQ(stats->segments_count, 0);
  EXPECT_EQ(stats->messages_count, 0);
  EXPECT_EQ(stats->messages_size_bytes, ByteSize{0});
  disk_.release();
}

TEST_F(GetStats, tells_times_in_whole_seconds) {
  shard_.clock().set_now({1'700'000'000'600'000});
  ASSERT_TRUE(restart());
  shard_.clock().advance({3'900'000});

  const auto stats = run(get_stats(root(), {}));

  EXPECT_EQ(stats->start_time, Timestamp{1'700'000'000'000'000});
  EXPECT_EQ(stats->run_time, Duration::seconds(3));
}

TEST_F(GetStats, describes_process_and_machine) {
  disk_.set_free_bytes(12'345);

  const auto stats = run(get_stats(root(), {}));

  EXPECT_GT(stats->process_id, 0);
  EXPECT_GT(stats->memory_usage, ByteSize{0});
  EXPECT_GT(stats->total_memory, stats->memory_usage);
  EXPECT_GE(stats->threads_count, 1);
  EXPECT_EQ(stats->free_disk_space, ByteSize{12'345});
  EXPECT_FALSE(stats->hostname.empty());
  EXPECT_FALSE(stats->os_name.empty());
  EXPECT_FALSE(stats->os_version.empty());
  EXPECT_FALSE(stats->kernel_version.empty());
  EXPECT_EQ(stats->iggy_server_version, "0.8.0");
  EXPECT_EQ(stats->iggy_server_semver, 8000);
  EXPECT_TRUE(stats->cache_metrics.empty());
}

TEST_F(GetStats, counts_on_when_the_clock_is_set_back) {
  shard_.clock().advance(Duration::seconds(2));
  shard_.clock().set_now({1'600'000'000'000'000});

  EXPECT_EQ(run(get_stats(root(), {}))->run_time, Duration::seconds(2));
}

TEST_F(GetStats, needs_the_right_to_read_servers) {
  EXPECT_EQ(run(get_stats(guest(), {})), fail(Error::unauthorized));
  EXPECT_TRUE(run(get_stats(user_with({.global = {.read_servers = true}}), {})));
}

TEST_F(GetClusterMetadata, is_what_the_broker_was_given_and_needs_no_right) {
  wire::ClusterMetadata cluster{.name = "single-node"};
  cluster.nodes.push_back({.name = "iggy-node", .ip = "127.0.0.1", .tcp_port = 8090});
  broker_->set_cluster(cluster);

  EXPECT_EQ(run(get_cluster_metadata(guest(), {})), cluster);
}

}  // namespace
}  // namespace iggy::broker
