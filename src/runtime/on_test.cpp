// Calls between shards: results, exceptions, cancellation, and thousands at once.
#include "runtime/on.hpp"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <stdexcept>
#include <string>

#include "runtime/event.hpp"
#include "runtime/runtime.hpp"
#include "runtime/testing.hpp"
#include "runtime/thread.hpp"
#include "runtime/timer.hpp"

namespace iggy::runtime {
namespace {

std::uint32_t here() { return Shard::current().index(); }

Task<std::uint32_t> here_later() {
  (void)co_await sleep(Duration{1});
  co_return here();
}

Task<int> throw_later() {
  (void)co_await sleep(Duration{1});
  throw std::runtime_error("later");
}

Task<std::string> what_is_thrown(Shard& target, bool later) {
  try {
    if (later) co_await on(target, [] { return throw_later(); });
    if (!later) co_await on(target, []() -> int { throw std::runtime_error("at once"); });
  } catch (const std::runtime_error& error) {
    co_return error.what();
  }
  co_return "nothing";
}

Task<int> call_with_results(Runtime& runtime) {
  auto& other = runtime.shard(1);
  EXPECT_EQ(co_await on(other, [] { return here(); }), 1u);
  EXPECT_EQ(co_await on(other, [] { return here_later(); }), 1u);
  EXPECT_EQ(co_await on(runtime.shard(0), [] { return here(); }), 0u);
  EXPECT_EQ(co_await on(runtime.shard(0), [] { return here_later(); }), 0u);
  EXPECT_EQ(here(), 0u);

  std::uint32_t seen = 99;
  co_await on(other, [&seen] { seen = here(); });
  EXPECT_EQ(seen, 1u);

  const auto moved = co_await on(
      other, [number = std::make_unique<int>(5)]() mutable { return std::move(number); });
  EXPECT_EQ(*moved, 5);
  co_return 0;
}

TEST(On, brings_back_what_the_function_gives) { EXPECT_EQ(run_real(2, call_with_results), 0); }

Task<int> call_with_exceptions(Runtime& runtime) {
  for (const auto index : {0u, 1u}) {
    EXPECT_EQ(co_await what_is_thrown(runtime.shard(index), false), "at once");
    EXPECT_EQ(co_await what_is_thrown(runtime.shard(index), true), "later");
  }
  co_return 0;
}

TEST(On, brings_back_what_the_function_throws) { EXPECT_EQ(run_real(2, call_with_exceptions), 0); }

Task<int> bounce(Runtime& runtime, int times) {
  if (times == 0) co_return 0;
  auto& next = runtime.shard((here() + 1) % runtime.shard_count());
  co_return 1 + co_await on(next, [&runtime, times] { return bounce(runtime, times - 1); });
}

Task<int> bounce_often(Runtime& runtime) {
  EXPECT_EQ(co_await bounce(runtime, 500), 500);
  co_return 0;
}

TEST(On, may_be_called_by_what_it_calls) { EXPECT_EQ(run_real(3, bounce_often), 0); }

Task<> sleep_there(Shard& target, Result<>& result) {
  result = co_await on(target, [] { return sleep(Duration::max()); });
}

Task<> count_there(Shard& target, int& count) {
  co_await on(target, [&count] { ++count; });
}

Task<int> cancel_calls(Runtime& runtime) {
  Result<> before_sent;
  Result<> while_sleeping;
  int count = 0;
  TaskGroup group;
  group.spawn(sleep_there(runtime.shard(1), while_sleeping));
  // Behind the first in the inbox: when this has come back, that one sleeps.
  co_await on(runtime.shard(1), [] {});
  group.spawn(count_there(runtime.shard(1), count));
  group.cancel();
  group.spawn(sleep_there(runtime.shard(1), before_sent));
  co_await group.join();

  EXPECT_EQ(while_sleeping, Result<>(fail(Error::cancelled)));
  EXPECT_EQ(before_sent, Result<>(fail(Error::cancelled)));
  EXPECT_EQ(count, 1);  // what does not wait is not touched by the cancellation
  co_return 0;
}

TEST(On, cancels_the_function_with_its_caller) { EXPECT_EQ(run_real(2, cancel_calls), 0); }

Task<int> race_cancellations(Runtime& runtime) {
  int count = 0;
  for (int i = 0; i < 1'000; ++i) {
    TaskGroup group;
    group.spawn(count_there(runtime.shard(1), count));
    for (int turn = 0; turn < i % 7; ++turn) co_await yield();
    group.cancel();
    co_await group.join();
  }
  EXPECT_EQ(count, 1'000);
  co_return 0;
}

TEST(On, may_be_cancelled_while_the_reply_is_on_its_way) {
  EXPECT_EQ(run_real(2, race_cancellations), 0);
}

// A counter for each shard, touched by its own shard alone.
struct alignas(64) Counter {
  std::uint64_t calls = 0;
};
using Counters = std::array<Counter, 4>;

Task<std::uint64_t> add_later(Counter& counter, std::uint64_t number) {
  co_await yield();
  ++counter.calls;
  co_return number + 1;
}

Task<> call_all(Runtime& runtime, Counters& counters, int rounds, std::uint64_t& wrong) {
  for (int round = 0; round < rounds; ++round) {
    for (std::uint32_t index = 0; index < runtime.shard_count(); ++index) {
      auto& counter = counters[index];
      const auto number = static_cast<std::uint64_t>(round);
      const auto at_once = co_await on(runtime.shard(index), [&counter, number] {
        ++counter.calls;
        return number + 1;
      });
      const auto later = co_await on(runtime.shard(index),
                                     [&counter, number] { return add_later(counter, number); });
      if (at_once != number + 1 || later != number + 1) ++wrong;
    }
  }
}

Task<std::uint64_t> call_from_here(Runtime& runtime, Counters& counters) {
  std::uint64_t wrong = 0;
  TaskGroup group(co_await this_scope());
  for (int i = 0; i < 20; ++i) group.spawn(call_all(runtime, counters, 50, wrong));
  co_await group.join();
  co_return wrong;
}

Task<> call_from(Runtime& runtime, Counters& counters, std::uint32_t index) {
  const auto wrong = co_await on(
      runtime.shard(index), [&runtime, &counters] { return call_from_here(runtime, counters); });
  EXPECT_EQ(wrong, 0u);
}

Task<int> call_both_ways(Runtime& runtime) {
  Counters counters;
  TaskGroup group;
  for (std::uint32_t index = 0; index < 4; ++index) {
    group.spawn(call_from(runtime, counters, index));
  }
  co_await group.join();
  // 4 shards with 20 callers, each 50 times twice.
  for (const auto& counter : counters) EXPECT_EQ(counter.calls, 8'000u);
  co_return 0;
}

TEST(On, serves_thousands_of_calls_both_ways) { EXPECT_EQ(run_real(4, call_both_ways), 0); }

Task<Result<>> wait_here(Event& event) { co_return co_await event.wait(); }

Task<> wait_there(Shard& target, Event& event, int& ended) {
  const auto waited = co_await on(target, [&event] { return wait_here(event); });
  if (waited) ++ended;
}

Task<int> exceed_the_bound(Runtime& runtime) {
  Event event;  // belongs to shard 1
  int ended = 0;
  TaskGroup group;
  for (std::size_t i = 0; i < calls_in_flight_max + 500; ++i) {
    group.spawn(wait_there(runtime.shard(1), event, ended));
  }
  EXPECT_EQ(Shard::current().call_permits().available(), 0u);
  while (group.size() > 0) {
    // This shard may not call: a message of another kind tells shard 1 to let all go on.
    struct Notify : InboxNode {
      Event* event = nullptr;
      Shard* origin = nullptr;
      bool is_back = false;
    } notify;
    notify.event = &event;
    notify.origin = &Shard::current();
    notify.run = [](InboxNode& node) {
      auto& message = static_cast<Notify&>(node);
      message.event->notify_all();
      message.run = [](InboxNode& back) { static_cast<Notify&>(back).is_back = true; };
      message.origin->post(message);
    };
    runtime.shard(1).post(notify);
    while (!notify.is_back) co_await yield();
  }
  co_await group.join();
  EXPECT_EQ(ended, static_cast<int>(calls_in_flight_max) + 500);
  EXPECT_EQ(Shard::current().call_permits().available(), calls_in_flight_max);
  co_return 0;
}

TEST(On, lets_calls_wait_when_too_many_are_under_way) {
  EXPECT_EQ(run_real(2, exceed_the_bound), 0);
}

struct Numbered : InboxNode {
  std::uint64_t number = 0;
  std::uint64_t* last = nullptr;  // of the same sender; used by the receiver alone
  std::size_t* received = nullptr;
};

void check_order(InboxNode& node) {
  auto& message = static_cast<Numbered&>(node);
  EXPECT_EQ(message.number, *message.last + 1);
  *message.last = message.number;
  ++*message.received;
}

Task<int> be_flooded() {
  constexpr std::size_t senders = 3;
  constexpr std::size_t messages = 30'000;
  auto& shard = Shard::current();
  std::array<std::vector<Numbered>, senders> sent;
  std::array<std::uint64_t, senders> last{};
  std::array<Thread, senders> threads;
  std::size_t received = 0;
  for (std::size_t sender = 0; sender < senders; ++sender) {
    sent[sender].resize(messages);
    const bool started = threads[sender].start("sender", [&, sender] {
      for (std::size_t i = 0; i < messages; ++i) {
        auto& message = sent[sender][i];
        message.run = &check_order;
        message.number = i + 1;
        message.last = &last[sender];
        message.received = &received;
        shard.post(message);
      }
    });
    EXPECT_TRUE(started);
  }
  while (received < senders * messages) co_await yield();
  for (auto& thread : threads) thread.join();
  co_return 0;
}

TEST(Inbox, loses_and_swaps_nothing_in_a_flood_from_several_threads) {
  EXPECT_EQ(run_real(1, be_flooded), 0);
}

struct WakeUp : InboxNode {
  Event* event = nullptr;
};

Task<int> be_woken_often() {
  auto& shard = Shard::current();
  Event event;
  WakeUp message;
  message.event = &event;
  message.run = [](InboxNode& node) { static_cast<WakeUp&>(node).event->notify_all(); };
  Thread thread;
  std::atomic<int> asked = 0;
  const bool started = thread.start("waker", [&] {
    for (int answered = 0; answered < 500; ++answered) {
      while (asked.load() == answered) asked.wait(answered);
      shard.post(message);
    }
  });
  EXPECT_TRUE(started);
  for (int i = 0; i < 500; ++i) {
    ++asked;
    asked.notify_one();
    EXPECT_TRUE(co_await event.wait());  // the shard sleeps, or is about to
  }
  thread.join();
  co_return 0;
}

TEST(Inbox, wakes_a_shard_whenever_it_sleeps) { EXPECT_EQ(run_real(1, be_woken_often), 0); }

}  // namespace
}  // namespace iggy::runtime
