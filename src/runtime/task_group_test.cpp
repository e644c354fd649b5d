// TaskGroup and CancelScope: spawning, joining, cancelling.
#include "runtime/task_group.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "runtime/event.hpp"
#include "runtime/testing.hpp"
#include "runtime/timer.hpp"

namespace iggy::runtime {
namespace {

using Log = std::vector<std::string>;

Task<> write(Log& log, std::string line) {
  log.push_back(std::move(line));
  co_return;
}

Task<> sleep_and_write(Log& log, Duration duration, std::string line) {
  const auto slept = co_await sleep(duration);
  log.push_back(slept ? line : line + " cancelled");
}

Task<> wait_and_write(Log& log, Event& event) {
  const auto waited = co_await event.wait();
  log.push_back(waited ? "notified" : "cancelled");
}

Task<> cancel_then_sleep(Log& log, CancelScope& scope) {
  scope.cancel();
  const auto slept = co_await sleep(Duration::seconds(1));
  log.push_back(slept ? "slept" : "cancelled");
}

Task<> join_and_write(Log& log, TaskGroup& group) {
  co_await group.join();
  log.push_back("joined");
}

Task<> spawn_later(Log& log, TaskGroup& group) {
  (void)co_await sleep(Duration::milliseconds(1));
  group.spawn(sleep_and_write(log, Duration::milliseconds(1), "late"));
}

Task<> clean_up_after_cancel(Log& log, Event& event) {
  if (!co_await event.wait()) {
    CancelScope clean_up;  // of its own: the outer one is cancelled
    const auto slept = co_await in_scope(clean_up, sleep(Duration::seconds(1)));
    log.push_back(slept ? "cleaned up" : "cancelled");
  }
}

Task<> throw_int() {
  throw 7;
  co_return;
}

TEST(TaskGroup, starts_a_task_at_once) {
  TestShard shard;
  Log log;
  shard.group().spawn(write(log, "started"));

  EXPECT_EQ(log, Log{"started"});
  EXPECT_EQ(shard.group().size(), 0u);
}

TEST(TaskGroup, joins_when_the_last_task_has_ended) {
  TestShard shard;
  Log log;
  TaskGroup group;
  group.spawn(sleep_and_write(log, Duration::milliseconds(20), "slow"));
  group.spawn(sleep_and_write(log, Duration::milliseconds(10), "fast"));
  EXPECT_EQ(group.size(), 2u);
  shard.run(join_and_write(log, group));

  EXPECT_EQ(log, (Log{"fast", "slow", "joined"}));
}

TEST(TaskGroup, joins_at_once_when_it_is_empty) {
  TestShard shard;
  Log log;
  TaskGroup group;
  shard.run(join_and_write(log, group));

  EXPECT_EQ(log, Log{"joined"});
}

TEST(TaskGroup, also_joins_tasks_spawned_meanwhile) {
  TestShard shard;
  Log log;
  TaskGroup group;
  group.spawn(spawn_later(log, group));
  shard.run(join_and_write(log, group));

  EXPECT_EQ(log, (Log{"late", "joined"}));
}

TEST(TaskGroup, cancels_what_its_tasks_wait_for) {
  TestShard shard;
  Log log;
  Event event;
  TaskGroup group;
  group.spawn(wait_and_write(log, event));
  group.spawn(sleep_and_write(log, Duration::seconds(1), "sleep"));
  group.cancel();
  shard.run(join_and_write(log, group));

  EXPECT_EQ(log, (Log{"sleep cancelled", "cancelled", "joined"}));
  EXPECT_EQ(shard.clock().monotonic(), Duration{});
}

TEST(TaskGroup, is_cancelled_with_its_parent) {
  TestShard shard;
  Log log;
  Event event;
  CancelScope parent;
  TaskGroup outer(&parent);
  TaskGroup inner(&outer.scope());
  inner.spawn(wait_and_write(log, event));
  parent.cancel();
  shard.run(join_and_write(log, inner));

  EXPECT_TRUE(inner.scope().is_cancelled());
  EXPECT_EQ(log, (Log{"cancelled", "joined"}));
}

TEST(TaskGroup, releases_what_a_task_holds_before_it_joins) {
  TestShard shard;
  Log log;
  struct Writer {
    Log& log;
    ~Writer() { log.push_back("released"); }
  };
  struct Holder {
    static Task<> hold(std::shared_ptr<Writer>) { co_return; }
  };
  TaskGroup group;
  group.spawn(Holder::hold(std::make_shared<Writer>(log)));
  shard.run(join_and_write(log, group));

  EXPECT_EQ(log, (Log{"released", "joined"}));
}

TEST(CancelScope, ends_a_wait_that_starts_after_it_was_cancelled) {
  TestShard shard;
  Log log;
  TaskGroup group;
  group.spawn(cancel_then_sleep(log, group.scope()));
  shard.run(join_and_write(log, group));

  EXPECT_EQ(log, (Log{"cancelled", "joined"}));
  EXPECT_EQ(shard.clock().monotonic(), Duration{});
}

TEST(CancelScope, is_cancelled_from_the_start_inside_of_a_cancelled_one) {
  CancelScope outer;
  outer.cancel();
  const CancelScope inner(&outer);

  EXPECT_TRUE(inner.is_cancelled());
}

TEST(CancelScope, does_not_cancel_the_one_around_it) {
  CancelScope outer;
  CancelScope inner(&outer);
  inner.cancel();

  EXPECT_FALSE(outer.is_cancelled());
}

TEST(CancelScope, lets_cancelled_work_wait_in_a_scope_of_its_own) {
  TestShard shard;
  Log log;
  Event event;
  TaskGroup group;
  group.spawn(clean_up_after_cancel(log, event));
  group.cancel();
  shard.run(join_and_write(log, group));

  EXPECT_EQ(log, (Log{"cleaned up", "joined"}));
}

TEST(TaskGroupDeathTest, ends_the_process_when_a_task_throws) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        TestShard shard;
        shard.group().spawn(throw_int());
      },
      "");
}

TEST(TaskGroupDeathTest, must_be_joined_before_it_is_destroyed) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        TestShard shard;
        Event event;
        Log log;
        TaskGroup group;
        group.spawn(wait_and_write(log, event));
      },
      "a task would outlive its group");
}

}  // namespace
}  // namespace iggy::runtime
