// Tests of the broker as a whole: restarts, crashes, what deletions leave, and several shards.
#include "broker/broker.hpp"

#include <gtest/gtest.h>

#include "broker/consumer_offsets.hpp"
#include "broker/partitions.hpp"
#include "broker/system.hpp"
#include "broker/testing.hpp"
#include "runtime/process.hpp"
#include "runtime/runtime.hpp"

namespace iggy::broker {
namespace {

using log::texts;
using runtime::DiskCall;
using test::name;

constexpr auto first_partition = "data/partitions/00000000000000000005";
constexpr auto first_log = "00000000000000000000.log";

wire::DeleteTopic delete_t() { return {.stream_id = Identifier("s"), .topic_id = Identifier("t")}; }
wire::GetTopic get_t() { return {.stream_id = Identifier("s"), .topic_id = Identifier("t")}; }

class BrokerAlone : public BrokerTest {};
class BrokerCrash : public BrokerTest {};
class BrokerLeftovers : public BrokerTest {};

TEST_F(BrokerAlone, keeps_everything_over_a_restart) {
  add_stream_and_topic(2);
  ASSERT_TRUE(send_to("s", "t", 0, {"a", "b"}));
  ASSERT_TRUE(send_to("s", "t", 1, {"c"}));
  ASSERT_TRUE(run(store_consumer_offset(root(), {.consumer = {.id = Identifier(1)},
                                                 .stream_id = Identifier("s"),
                                                 .topic_id = Identifier("t"),
                                                 .offset = 1})));
  const auto topic_before = run(get_topic(root(), get_t())).value().value();

  ASSERT_TRUE(restart());

  EXPECT_EQ(run(get_topic(root(), get_t())).value().value(), topic_before);
  EXPECT_EQ(messages_in("s", "t", 0), texts("0:a", "1:b"));
  EXPECT_EQ(messages_in("s", "t", 1), texts("0:c"));
  EXPECT_EQ(run(get_consumer_offset(root(), {.consumer = {.id = Identifier(1)},
                                             .stream_id = Identifier("s"),
                                             .topic_id = Identifier("t")}))
                ->value()
                .stored_offset,
            1);
  ASSERT_TRUE(send({"d"}));
  EXPECT_EQ(messages_in("s", "t", 0), texts("0:a", "1:b", "2:d"));
}

TEST_F(BrokerAlone, makes_a_directory_with_the_first_message) {
  add_stream_and_topic(2);
  EXPECT_EQ(partition_directories(), texts());

  ASSERT_TRUE(send({"a"}));

  EXPECT_EQ(partition_directories(), texts("00000000000000000005"));
}

TEST_F(BrokerAlone, opens_partitions_after_the_start_if_they_hold_data) {
  add_stream_and_topic(2);
  ASSERT_TRUE(send_to("s", "t", 1, {"a"}));

  ASSERT_TRUE(restart());
  run(broker_->totals_by_topic());

  EXPECT_EQ(broker_->here().partitions.find(Incarnation{5}), nullptr);
  EXPECT_NE(broker_->here().partitions.find(Incarnation{6}), nullptr);
}

TEST_F(BrokerAlone, refuses_to_start_without_the_directory_of_a_written_partition) {
  add_stream_and_topic(2);
  ASSERT_TRUE(send({"a"}));
  stop();

  ASSERT_TRUE(run(disk_.remove_all(first_partition)));

  EXPECT_EQ(restart(), fail(Error::file_not_found));
}

TEST_F(BrokerAlone, tells_all_totals_right_after_the_start) {
  add_stream_and_topic(20);
  for (std::uint32_t id = 0; id < 20; ++id) ASSERT_TRUE(send_to("s", "t", id, {"a", "b"}));

  ASSERT_TRUE(restart());
  const auto topic =
      run(get_topic(root(), {.stream_id = Identifier("s"), .topic_id = Identifier("t")})).value();
  ASSERT_TRUE(restart());
  const auto totals = run(broker_->totals_by_topic());

  EXPECT_EQ(topic->topic.messages_count, 40);
  EXPECT_EQ(topic->partitions.back().current_offset, 1);
  ASSERT_EQ(totals.size(), 1);
  EXPECT_EQ(totals.begin()->second.messages_count, 40);
}

TEST_F(BrokerAlone, starts_beside_a_partition_that_can_not_be_opened) {
  add_stream_and_topic(2);
  ASSERT_TRUE(send_to("s", "t", 0, {"a"}));
  ASSERT_TRUE(send_to("s", "t", 1, {"b"}));
  stop();
  const auto of_another = disk_.contents(runtime::join_path(first_partition, first_log));
  disk_.set_contents(runtime::join_path("data/partitions/00000000000000000006", first_log),
                     of_another);

  ASSERT_TRUE(start());

  EXPECT_EQ(messages_in("s", "t", 0), texts("0:a"));
  EXPECT_EQ(messages_in("s", "t", 1), fail(Error::damaged));
  EXPECT_EQ(run(broker_->totals_by_topic()).begin()->second.messages_count, 1);
}

TEST_F(BrokerAlone, starts_such_a_partition_empty_if_it_may) {
  add_stream_and_topic();
  ASSERT_TRUE(send({"a", "b"}));
  stop();
  ASSERT_TRUE(run(disk_.remove_all(first_partition)));
  settings_.recreate_missing_state = true;

  ASSERT_TRUE(start());

  EXPECT_EQ(messages(), texts());
  ASSERT_TRUE(send({"c"}));
  ASSERT_TRUE(restart());
  EXPECT_EQ(messages(), texts("0:c"));
}

TEST_F(BrokerAlone, says_that_the_process_has_to_end_when_the_journal_can_not_be_synced) {
  disk_.fail_call(DiskCall::sync, 0, Error::io_error, 0, "state/journal");

  EXPECT_EQ(run(create_stream(root(), {.name = name("s")})), fail(Error::cannot_sync_file));

  EXPECT_EQ(fatal_.size(), 1);
}

TEST_F(BrokerCrash, keeps_what_was_acknowledged_if_the_process_is_killed) {
  add_stream_and_topic(2);
  ASSERT_TRUE(send_to("s", "t", 0, {"a", "b"}));
  ASSERT_TRUE(send_to("s", "t", 1, {"c"}));

  ASSERT_TRUE(crash_and_start(Crash::process_killed));

  EXPECT_EQ(messages_in("s", "t", 0), texts("0:a", "1:b"));
  EXPECT_EQ(messages_in("s", "t", 1), texts("0:c"));
  ASSERT_TRUE(send({"d"}));
  EXPECT_EQ(messages_in("s", "t", 0), texts("0:a", "1:b", "2:d"));
}

TEST_F(BrokerCrash, keeps_what_was_saved_if_power_is_lost) {
  add_stream_and_topic();
  ASSERT_TRUE(send({"a", "b"}));
  ASSERT_TRUE(run(store_consumer_offset(root(), {.consumer = {.id = Identifier(1)},
                                                 .stream_id = Identifier("s"),
                                                 .topic_id = Identifier("t"),
                                                 .offset = 1})));
  shard_.run(broker_->save());

  ASSERT_TRUE(crash_and_start(Crash::power_loss));

  EXPECT_EQ(messages(), texts("0:a", "1:b"));
  EXPECT_EQ(run(get_consumer_offset(root(), {.consumer = {.id = Identifier(1)},
                                             .stream_id = Identifier("s"),
                                             .topic_id = Identifier("t")}))
                ->value()
                .stored_offset,
            1);
}

TEST_F(BrokerCrash, keeps_what_was_acknowledged_if_power_is_lost_and_each_batch_is_synced) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    BrokerBench bench(seed, {.log = {.enforce_fsync = true}});
    bench.add_stream_and_topic();
    ASSERT_TRUE(bench.send({"a", "b"}));
    ASSERT_TRUE(bench.send({"c"}));

    ASSERT_TRUE(bench.crash_and_start(Crash::power_loss));

    EXPECT_EQ(bench.messages(), texts("0:a", "1:b", "2:c"));
  }
}

/// Loses power at the n-th change of the disk since a delete began; false if it came to its end.
bool lose_power_while_deleting(std::uint64_t n) {
  BrokerBench bench(/*seed=*/n + 1);
  bench.add_stream_and_topic(2);
  EXPECT_TRUE(bench.send_to("s", "t", 0, {"a"}));
  EXPECT_TRUE(bench.send_to("s", "t", 1, {"b"}));
  bench.shard_.run(bench.broker_->save());

  bench.disk_.lose_power_after(n);
  const auto deleted = bench.run(delete_topic(bench.root(), delete_t()));
  bench.settle();
  const auto has_lost_power = bench.disk_.has_lost_power();
  EXPECT_TRUE(bench.crash_and_start(BrokerBench::Crash::power_loss));

  // All of it or nothing, and never again once that was said.
  for (auto start = 0; start < 2; ++start) {
    if (bench.catalogue().topics_count == 1) {
      EXPECT_FALSE(deleted);
      EXPECT_EQ(bench.messages_in("s", "t", 0), texts("0:a"));
      EXPECT_EQ(bench.messages_in("s", "t", 1), texts("0:b"));
    } else {
      EXPECT_EQ(bench.partition_directories(), texts());
      EXPECT_TRUE(bench.catalogue().dropped_partitions.empty());
    }
    EXPECT_TRUE(bench.restart());
  }
  return has_lost_power;
}

TEST(BrokerPowerLoss, brings_nothing_back_that_was_deleted) {
  std::uint64_t n = 0;
  while (lose_power_while_deleting(n)) {
    ++n;
    SCOPED_TRACE(n);
    ASSERT_LT(n, 1000);
  }
  EXPECT_GT(n, 4);  // the journal's write and sync, two directories, the journal again
}

TEST_F(BrokerLeftovers, are_removed_by_the_next_start_if_they_could_not_be_before) {
  add_stream_and_topic(2);
  ASSERT_TRUE(send_to("s", "t", 0, {"a"}));
  ASSERT_TRUE(send_to("s", "t", 1, {"b"}));

  disk_.fail_call(DiskCall::remove_all, 0, Error::io_error);
  ASSERT_TRUE(run(delete_topic(root(), delete_t())));
  settle();
  EXPECT_EQ(partition_directories(), texts("00000000000000000005"));
  EXPECT_EQ(catalogue().dropped_partitions.size(), 1);

  ASSERT_TRUE(restart());
  EXPECT_EQ(partition_directories(), texts());
  EXPECT_TRUE(catalogue().dropped_partitions.empty());
}

TEST_F(BrokerLeftovers, stay_on_the_list_while_they_can_not_be_removed) {
  add_stream_and_topic();
  ASSERT_TRUE(send({"a"}));
  disk_.fail_always(DiskCall::remove_all, Error::io_error);
  ASSERT_TRUE(run(delete_topic(root(), delete_t())));

  ASSERT_TRUE(restart());
  EXPECT_EQ(partition_directories(), texts("00000000000000000005"));
  EXPECT_EQ(catalogue().dropped_partitions.size(), 1);

  disk_.heal();
  ASSERT_TRUE(restart());
  EXPECT_EQ(partition_directories(), texts());
  EXPECT_TRUE(catalogue().dropped_partitions.empty());
}

TEST_F(BrokerLeftovers, stay_on_the_list_until_their_names_are_gone_for_good) {
  add_stream_and_topic();
  ASSERT_TRUE(send({"a"}));

  disk_.fail_always(DiskCall::sync_directory, Error::io_error, "partitions");
  ASSERT_TRUE(run(delete_topic(root(), delete_t())));
  settle();
  EXPECT_EQ(partition_directories(), texts());
  EXPECT_EQ(catalogue().dropped_partitions.size(), 1);

  disk_.heal();
  ASSERT_TRUE(restart());
  EXPECT_TRUE(catalogue().dropped_partitions.empty());
}

TEST_F(BrokerLeftovers, of_a_purge_are_removed_by_the_next_start) {
  add_stream_and_topic();
  ASSERT_TRUE(send({"old"}));

  disk_.fail_call(DiskCall::remove_all, 0, Error::io_error);
  ASSERT_TRUE(
      run(purge_topic(root(), {.stream_id = Identifier("s"), .topic_id = Identifier("t")})));
  ASSERT_TRUE(send({"new"}));
  ASSERT_TRUE(restart());

  EXPECT_EQ(messages(), texts("0:new"));
  EXPECT_EQ(partition_directories(), texts("00000000000000000006"));
}

TEST_F(BrokerLeftovers, that_nobody_knows_are_left_alone) {
  add_stream_and_topic();
  ASSERT_TRUE(send({"a"}));
  disk_.set_contents("data/partitions/00000000000000000077/x", test::hex("01"));
  disk_.set_contents("data/partitions/notes/y", test::hex("02"));

  ASSERT_TRUE(restart());

  EXPECT_EQ(partition_directories(),
            texts("00000000000000000005", "00000000000000000077", "notes"));
  // A new partition never gets the directory of an unknown one.
  EXPECT_EQ(catalogue().next_incarnation, Incarnation{78});
  ASSERT_TRUE(restart());
  EXPECT_EQ(catalogue().next_incarnation, Incarnation{78});
}

// Two shards, on threads of their own and the disk of the machine.

std::vector<std::string> texts_of(const Polled& polled) {
  std::vector<std::string> all;
  for (const auto& message : log::parse(polled.messages.bytes)) {
    EXPECT_TRUE(message.is_intact);
    all.push_back(std::to_string(message.offset) + ":" + message.payload);
  }
  return all;
}

/// Sends `payload` to a partition of topic "t" in stream "s".
Task<bool> send_one(Context context, std::uint32_t partition, std::string payload) {
  SentRequest sent({.stream_id = wire::IdentifierView("s"),
                    .topic_id = wire::IdentifierView("t"),
                    .partitioning = wire::Partitioning::partition(PartitionId{partition})},
                   {std::move(payload)});
  co_return (co_await send_messages(context, sent.request())).has_value();
}

/// All messages of such a partition.
Task<std::vector<std::string>> poll_all(Context context, std::uint32_t partition) {
  std::vector<std::byte> scratch(32 * 1024);
  const auto polled = co_await poll_messages(context,
                                             {.stream_id = Identifier("s"),
                                              .topic_id = Identifier("t"),
                                              .partition_id = PartitionId{partition},
                                              .strategy = {.kind = wire::PollingKind::first},
                                              .count = 100},
                                             {.bytes_max = 100'000, .scratch = scratch});
  co_return polled ? texts_of(*polled) : texts("failed");
}

/// Whether partition `id` is open on `shard`.
Task<bool> is_open_on(Broker& broker, runtime::Shard& shard, Incarnation partition) {
  co_return co_await runtime::on(
      shard, [&broker, partition] { return broker.here().partitions.find(partition) != nullptr; });
}

/// What the tests with two shards share.
struct TwoShards {
  explicit TwoShards(runtime::Runtime& with)
      : runtime(with),
        disk(runtime::make_real_disk()),
        settings{.data_path = ::testing::TempDir() + "iggy-broker-" +
                              std::to_string(runtime::ProcessMeter().measure().process_id)} {}

  Task<bool> start() {
    broker =
        std::make_unique<Broker>(*disk, std::vector{&runtime.shard(0), &runtime.shard(1)}, settings,
                                 [](Error) { ADD_FAILURE() << "the journal failed"; });
    if (!co_await broker->start()) co_return false;
    co_return (co_await broker->open_partitions()).has_value();
  }
  Task<bool> fill() {
    const auto root = co_await broker->commit(AddUser{.name = name("iggy")}, nobody);
    if (!root) co_return false;
    session.log_in((*root)->id, (*root)->incarnation);
    if (!co_await create_stream(context(), {.name = name("s")})) co_return false;
    const auto topic = co_await create_topic(
        context(), {.stream_id = Identifier("s"), .partitions_count = 4, .name = name("t")});
    if (!topic) co_return false;
    bool all_sent = true;
    all_sent &= co_await send_one(context(), 0, "a");
    all_sent &= co_await send_one(context(), 1, "b");
    all_sent &= co_await send_one(context(), 2, "c");
    all_sent &= co_await send_one(context(), 3, "d");
    co_return all_sent;
  }
  Task<> end() {
    co_await broker->stop();
    EXPECT_TRUE(co_await disk->remove_all(settings.data_path));
  }
  [[nodiscard]] Context context() { return {*broker, session}; }

  runtime::Runtime& runtime;
  std::unique_ptr<runtime::Disk> disk;
  BrokerSettings settings;
  std::unique_ptr<Broker> broker;
  Session session;
};

Task<int> spread_a_topic(runtime::Runtime& runtime) {
  TwoShards two(runtime);
  EXPECT_TRUE(co_await two.start());
  EXPECT_TRUE(co_await two.fill());
  auto& broker = *two.broker;

  // Neighbours lie on different shards, and only there. The topic is 3, its partitions follow.
  const auto topic = Incarnation{3};
  auto& even = broker.shard_of(topic, PartitionId{0});
  auto& odd = broker.shard_of(topic, PartitionId{1});
  EXPECT_NE(&even, &odd);
  EXPECT_EQ(&broker.shard_of(topic, PartitionId{2}), &even);
  EXPECT_EQ(&broker.shard_of(topic, PartitionId{3}), &odd);
  EXPECT_TRUE(co_await is_open_on(broker, even, Incarnation{4}));
  EXPECT_FALSE(co_await is_open_on(broker, odd, Incarnation{4}));
  EXPECT_TRUE(co_await is_open_on(broker, odd, Incarnation{5}));
  EXPECT_FALSE(co_await is_open_on(broker, even, Incarnation{5}));

  const auto stats = co_await get_stats(two.context(), {});
  EXPECT_EQ(stats->partitions_count, 4);
  EXPECT_EQ(stats->segments_count, 4);
  EXPECT_EQ(stats->messages_count, 4);
  EXPECT_EQ(stats->messages_size_bytes, ByteSize{260});
  const auto details = co_await get_topic(two.context(), get_t());
  EXPECT_EQ(details->value().topic.messages_count, 4);
  EXPECT_EQ(details->value().partitions.at(3).messages_count, 1);

  co_await two.end();
  co_return 0;
}

TEST(BrokerWithTwoShards, spreads_a_topic_and_sums_it_up) {
  EXPECT_EQ(runtime::run_real(2, spread_a_topic), 0);
}

Task<int> use_from_both_shards(runtime::Runtime& runtime) {
  TwoShards two(runtime);
  EXPECT_TRUE(co_await two.start());
  EXPECT_TRUE(co_await two.fill());

  for (std::uint32_t i = 0; i < 2; ++i) {
    EXPECT_TRUE(
        co_await runtime::on(runtime.shard(i), [&two] { return send_one(two.context(), 2, "e"); }));
    const auto polled =
        co_await runtime::on(runtime.shard(1 - i), [&two] { return poll_all(two.context(), 2); });
    EXPECT_EQ(polled, i == 0 ? texts("0:c", "1:e") : texts("0:c", "1:e", "2:e"));
  }

  co_await two.broker->stop();
  EXPECT_TRUE(co_await two.start());
  EXPECT_EQ(co_await poll_all(two.context(), 1), texts("0:b"));
  EXPECT_EQ(co_await poll_all(two.context(), 2), texts("0:c", "1:e", "2:e"));

  // Deleted on one shard, cleaned up on both.
  EXPECT_TRUE(co_await runtime::on(runtime.shard(1),
                                   [&two] { return delete_topic(two.context(), delete_t()); }));
  co_await runtime::on(runtime.shard(1), [&two] { return two.broker->here().background.join(); });
  const auto left = co_await two.disk->list(two.settings.data_path + "/partitions");
  EXPECT_EQ(left.value(), std::vector<runtime::DirectoryEntry>());
  EXPECT_TRUE(two.broker->catalogue().dropped_partitions.empty());

  co_await two.end();
  co_return 0;
}

TEST(BrokerWithTwoShards, serves_every_partition_from_every_shard) {
  EXPECT_EQ(runtime::run_real(2, use_from_both_shards), 0);
}

}  // namespace
}  // namespace iggy::broker
