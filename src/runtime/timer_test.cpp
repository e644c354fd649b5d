// Sleeps, deadlines and the heap under them.
#include "runtime/timer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "runtime/event.hpp"
#include "runtime/task_group.hpp"
#include "runtime/testing.hpp"
#include "runtime/timers.hpp"

namespace iggy::runtime {
namespace {

Task<> sleep_and_note(std::vector<std::uint64_t>& order, std::uint64_t ms) {
  if (co_await sleep(Duration::milliseconds(ms))) order.push_back(ms);
}

Task<Result<int>> sleep_and_give(Duration duration, int value) {
  if (const auto slept = co_await sleep(duration); !slept) co_return fail(slept);
  co_return value;
}

Task<Result<int>> with_inner_timeout(Duration outer, Duration inner) {
  co_return co_await with_timeout(outer, with_timeout(inner, sleep_and_give(Duration::max(), 1)));
}

Task<Result<>> be_cancelled(CancelScope& scope) {
  scope.cancel();
  co_return co_await in_scope(scope, with_timeout(Duration::seconds(1), sleep(Duration::max())));
}

Task<> wait_for_event(Event& event, Duration limit, int& timed_out) {
  const auto waited = co_await event.wait_for(limit);
  if (!waited && waited.error() == Error::timed_out) ++timed_out;
}

Task<bool> deadline_has_passed_after(Duration limit, Duration duration) {
  CancelScope scope;
  const Deadline deadline(scope, limit);
  (void)co_await sleep(duration);
  EXPECT_EQ(deadline.has_passed(), scope.is_cancelled());
  co_return deadline.has_passed();
}

TEST(Sleep, ends_when_its_time_has_come) {
  TestShard shard;
  EXPECT_EQ(shard.run(sleep_and_give(Duration::seconds(90), 5)), 5);
  EXPECT_EQ(shard.clock().monotonic(), Duration::seconds(90));
}

TEST(Sleep, does_not_end_early) {
  TestShard shard;
  std::vector<std::uint64_t> order;
  shard.group().spawn(sleep_and_note(order, 10));
  shard.clock().advance(Duration{9'999});
  shard.run_ready();
  EXPECT_TRUE(order.empty());

  shard.clock().advance(Duration{1});
  shard.run_ready();
  EXPECT_EQ(order, std::vector<std::uint64_t>{10});
}

TEST(Sleep, ends_in_order_for_thousands) {
  TestShard shard;
  TaskGroup group;
  std::vector<std::uint64_t> order;
  SeededRandom random(7);
  for (int i = 0; i < 10'000; ++i) {
    std::uint64_t number = 0;
    random.fill(std::as_writable_bytes(std::span(&number, 1)));
    group.spawn(sleep_and_note(order, number % 5'000));
  }
  shard.run(group.join());

  EXPECT_EQ(order.size(), 10'000u);
  EXPECT_TRUE(std::ranges::is_sorted(order));
}

TEST(Sleep, is_cancelled_by_the_thousands) {
  TestShard shard;
  TaskGroup stays;
  TaskGroup ends;
  std::vector<std::uint64_t> order;
  for (std::uint64_t i = 0; i < 5'000; ++i) {
    stays.spawn(sleep_and_note(order, 1 + i * 7919 % 5'000));
    ends.spawn(sleep_and_note(order, 1 + i));
  }
  ends.cancel();
  shard.run(ends.join());
  EXPECT_TRUE(order.empty());
  EXPECT_EQ(shard.shard().timers().size(), 5'000u);

  shard.run(stays.join());
  EXPECT_EQ(order.size(), 5'000u);
  EXPECT_TRUE(std::ranges::is_sorted(order));
}

TEST(Timers, wake_thousands_of_limited_waits) {
  TestShard shard;
  TaskGroup group;
  Event event;
  int timed_out = 0;
  for (std::uint64_t i = 0; i < 3'000; ++i) {
    group.spawn(wait_for_event(event, Duration::milliseconds(1 + i % 100), timed_out));
  }
  shard.run(group.join());

  EXPECT_EQ(timed_out, 3'000);
  EXPECT_EQ(shard.shard().timers().size(), 0u);
}

TEST(WithTimeout, gives_the_result_of_what_ends_in_time) {
  TestShard shard;
  EXPECT_EQ(shard.run(with_timeout(Duration{2}, sleep_and_give(Duration{1}, 5))), 5);
  EXPECT_EQ(shard.shard().timers().size(), 0u);
}

TEST(WithTimeout, ends_what_takes_too_long) {
  TestShard shard;
  const auto result = shard.run(with_timeout(Duration{1}, sleep_and_give(Duration{2}, 5)));

  EXPECT_EQ(result, Result<int>(fail(Error::timed_out)));
  EXPECT_EQ(shard.clock().monotonic(), Duration{1});
}

TEST(WithTimeout, says_timed_out_where_the_shorter_limit_is_outside) {
  EXPECT_EQ(run(with_inner_timeout(Duration{1}, Duration{2})), Result<int>(fail(Error::timed_out)));
}

TEST(WithTimeout, says_timed_out_where_the_shorter_limit_is_inside) {
  EXPECT_EQ(run(with_inner_timeout(Duration{2}, Duration{1})), Result<int>(fail(Error::timed_out)));
}

TEST(WithTimeout, says_cancelled_if_its_own_scope_was) {
  CancelScope scope;
  EXPECT_EQ(run(be_cancelled(scope)), Result<>(fail(Error::cancelled)));
}

TEST(WithTimeout, never_ends_a_task_with_an_infinite_limit) {
  EXPECT_EQ(run(with_timeout(Duration::max(), sleep_and_give(Duration::seconds(9), 5))), 5);
}

TEST(Deadline, cancels_its_scope_when_it_passes) {
  EXPECT_TRUE(run(deadline_has_passed_after(Duration{1}, Duration{2})));
}

TEST(Deadline, leaves_its_scope_alone_before) {
  EXPECT_FALSE(run(deadline_has_passed_after(Duration{2}, Duration{1})));
}

}  // namespace
}  // namespace iggy::runtime
