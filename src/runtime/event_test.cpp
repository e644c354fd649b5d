// Event and Semaphore: who wakes, in which order, and who doesn't.
#include "runtime/event.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "runtime/task_group.hpp"
#include "runtime/testing.hpp"

namespace iggy::runtime {
namespace {

using Log = std::vector<std::string>;

std::string text(const Result<>& result) {
  if (result) return "ok";
  if (result.error() == Error::cancelled) return "cancelled";
  return result.error() == Error::timed_out ? "timed out" : "?";
}

Task<> wait(Log& log, Event& event, std::string name) {
  const auto waited = co_await event.wait();
  log.push_back(name + " " + text(waited));
}

Task<> wait_for(Log& log, Event& event, Duration limit) {
  const auto waited = co_await event.wait_for(limit);
  log.push_back(text(waited));
}

Task<> acquire(Log& log, Semaphore& semaphore, std::size_t count, std::string name) {
  const auto acquired = co_await semaphore.acquire(count);
  log.push_back(name + " " + text(acquired));
}

TEST(Event, wakes_all_who_wait) {
  TestShard shard;
  Log log;
  Event event;
  shard.group().spawn(wait(log, event, "a"));
  shard.group().spawn(wait(log, event, "b"));
  EXPECT_TRUE(event.has_waiters());
  event.notify_all();
  EXPECT_FALSE(event.has_waiters());
  EXPECT_EQ(log, Log{});  // they resume later, through the ready queue

  shard.run_ready();
  EXPECT_EQ(log, (Log{"a ok", "b ok"}));
}

TEST(Event, wakes_the_one_that_waits_longest) {
  TestShard shard;
  Log log;
  Event event;
  shard.group().spawn(wait(log, event, "a"));
  shard.group().spawn(wait(log, event, "b"));
  event.notify_one();
  shard.run_ready();
  EXPECT_EQ(log, Log{"a ok"});

  event.notify_one();
  shard.run_ready();
  EXPECT_EQ(log, (Log{"a ok", "b ok"}));
}

TEST(Event, forgets_a_notification_that_nobody_waited_for) {
  TestShard shard;
  Log log;
  Event event;
  event.notify_all();
  shard.group().spawn(wait_for(log, event, Duration::seconds(1)));
  shard.run_ready();
  EXPECT_EQ(log, Log{});

  shard.clock().advance(Duration::seconds(1));
  shard.run_ready();
  EXPECT_EQ(log, Log{"timed out"});
}

TEST(Event, ends_a_limited_wait_when_it_is_notified_in_time) {
  TestShard shard;
  Log log;
  Event event;
  shard.group().spawn(wait_for(log, event, Duration::seconds(1)));
  event.notify_one();
  shard.clock().advance(Duration::seconds(2));
  shard.run_ready();

  EXPECT_EQ(log, Log{"ok"});
}

TEST(Event, keeps_a_notification_that_was_given_before_the_cancellation) {
  TestShard shard;
  Log log;
  Event event;
  TaskGroup group;
  group.spawn(wait(log, event, "a"));
  event.notify_one();
  group.cancel();
  shard.run_ready();

  EXPECT_EQ(log, Log{"a ok"});
}

TEST(Event, leaves_others_waiting_when_one_is_cancelled) {
  TestShard shard;
  Log log;
  Event event;
  TaskGroup group;
  shard.group().spawn(wait(log, event, "a"));
  group.spawn(wait(log, event, "b"));
  shard.group().spawn(wait(log, event, "c"));
  group.cancel();
  shard.run_ready();
  EXPECT_EQ(log, Log{"b cancelled"});

  event.notify_all();
  shard.run_ready();
  EXPECT_EQ(log, (Log{"b cancelled", "a ok", "c ok"}));
}

TEST(Semaphore, gives_permits_until_none_is_left) {
  Semaphore semaphore(2);
  EXPECT_TRUE(semaphore.try_acquire());
  EXPECT_TRUE(semaphore.try_acquire());
  EXPECT_FALSE(semaphore.try_acquire());
  semaphore.release();

  EXPECT_EQ(semaphore.available(), 1u);
  EXPECT_TRUE(semaphore.try_acquire());
}

TEST(Semaphore, hands_out_in_the_order_of_asking) {
  TestShard shard;
  Log log;
  Semaphore semaphore(1);
  ASSERT_TRUE(semaphore.try_acquire());
  shard.group().spawn(acquire(log, semaphore, 3, "large"));
  shard.group().spawn(acquire(log, semaphore, 1, "small"));
  semaphore.release(2);
  shard.run_ready();
  EXPECT_EQ(log, Log{});  // the small one does not overtake
  EXPECT_FALSE(semaphore.try_acquire());

  semaphore.release(2);
  shard.run_ready();
  EXPECT_EQ(log, (Log{"large ok", "small ok"}));
  EXPECT_EQ(semaphore.available(), 0u);
}

TEST(Semaphore, lets_those_behind_a_cancelled_one_pass) {
  TestShard shard;
  Log log;
  Semaphore semaphore(1);
  TaskGroup group;
  group.spawn(acquire(log, semaphore, 5, "large"));
  shard.group().spawn(acquire(log, semaphore, 1, "small"));
  group.cancel();
  shard.run_ready();

  EXPECT_EQ(log, (Log{"large cancelled", "small ok"}));
  EXPECT_EQ(semaphore.available(), 0u);
}

TEST(Semaphore, takes_nothing_in_a_cancelled_scope) {
  TestShard shard;
  Log log;
  Semaphore semaphore(1);
  TaskGroup group;
  group.cancel();
  group.spawn(acquire(log, semaphore, 1, "a"));
  shard.run_ready();

  EXPECT_EQ(log, Log{"a cancelled"});
  EXPECT_EQ(semaphore.available(), 1u);
}

TEST(Semaphore, keeps_a_permit_that_was_given_before_the_cancellation) {
  TestShard shard;
  Log log;
  Semaphore semaphore(0);
  TaskGroup group;
  group.spawn(acquire(log, semaphore, 1, "a"));
  semaphore.release();
  group.cancel();
  shard.run_ready();

  EXPECT_EQ(log, Log{"a ok"});
  EXPECT_EQ(semaphore.available(), 0u);
}

}  // namespace
}  // namespace iggy::runtime
