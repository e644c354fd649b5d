// Work on other threads: results, exceptions, load, and threads that come and go.
#include "runtime/workers.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <vector>

#include "runtime/on.hpp"
#include "runtime/runtime.hpp"
#include "runtime/system.hpp"
#include "runtime/testing.hpp"

namespace iggy::runtime {
namespace {

Task<std::string> what_is_thrown() {
  try {
    co_await offload([]() -> int { throw std::runtime_error("on the worker"); });
  } catch (const std::runtime_error& error) {
    co_return error.what();
  }
  co_return "nothing";
}

Task<int> offload_with_results() {
  EXPECT_EQ(co_await offload([] { return 7; }), 7);
  EXPECT_TRUE(co_await offload([] { return Shard::current_or_null() == nullptr; }));
  const auto moved = co_await offload([] { return std::make_unique<int>(5); });
  EXPECT_EQ(*moved, 5);

  int seen = 0;
  co_await offload([&seen] { seen = 3; });
  EXPECT_EQ(seen, 3);
  EXPECT_EQ(co_await what_is_thrown(), "on the worker");
  co_return 0;
}

TEST(Offload, brings_back_what_the_function_gives) {
  EXPECT_EQ(run_real(1, offload_with_results), 0);
}

Task<bool> runs_here() {
  auto* const here = &Shard::current();
  co_return co_await offload([here] { return Shard::current_or_null() == here; });
}

TEST(Offload, runs_in_place_on_a_shard_without_workers) { EXPECT_TRUE(run(runs_here())); }

Task<> offload_until(std::binary_semaphore& go_on, bool& has_ended) {
  co_await offload([&go_on] { go_on.acquire(); });
  has_ended = true;
}

Task<int> cancel_offloaded_work() {
  std::binary_semaphore go_on(0);
  bool has_ended = false;
  TaskGroup group;
  group.spawn(offload_until(go_on, has_ended));
  group.cancel();
  for (int i = 0; i < 100; ++i) co_await yield();
  EXPECT_FALSE(has_ended);

  go_on.release();
  co_await group.join();
  EXPECT_TRUE(has_ended);
  co_return 0;
}

TEST(Offload, is_not_cut_short_by_cancellation) {
  EXPECT_EQ(run_real(1, cancel_offloaded_work), 0);
}

Task<> square_often(int times, std::uint64_t& sum) {
  for (int i = 0; i < times; ++i) sum += co_await offload([i] { return std::uint64_t(i) * i; });
}

Task<std::uint64_t> square_side_by_side() {
  std::uint64_t sum = 0;
  TaskGroup group;
  for (int i = 0; i < 20; ++i) group.spawn(square_often(50, sum));
  co_await group.join();
  co_return sum;
}

Task<> square_on(Shard& shard, std::uint64_t& sum) {
  sum += co_await on(shard, [] { return square_side_by_side(); });
}

Task<int> offload_under_load(Runtime& runtime) {
  std::uint64_t sum = 0;
  TaskGroup group;
  for (std::uint32_t index = 0; index < 3; ++index)
    group.spawn(square_on(runtime.shard(index), sum));
  co_await group.join();
  EXPECT_EQ(sum, 3u * 20u * 40'425u);  // the squares of 0 to 49
  co_return 0;
}

TEST(Offload, serves_thousands_from_several_shards) {
  EXPECT_EQ(run_real(3, offload_under_load), 0);
}

/// A shard of its own beside the workers under test.
struct Machine {
  explicit Machine(std::size_t threads_max, Duration idle_max) : workers(threads_max, idle_max) {}

  template <class T>
  T run(Task<T> task) {
    std::optional<T> result;
    {
      const CurrentShard current(shard);
      TaskGroup group;
      group.spawn(store(std::move(task), result));
      while (!result) shard.turn(Duration::max());
    }
    return std::move(*result);
  }
  template <class T>
  static Task<> store(Task<T> task, std::optional<T>& result) {
    result.emplace(co_await std::move(task));
  }

  SystemClock clock;
  SystemRandom random;
  Shard shard{{.reactor = *make_reactor(Backend::epoll),
               .clock = &clock,
               .random = &random,
               .workers = &workers}};
  Workers workers;  // ends before the shard that it posts to
};

TEST(Workers, start_again_after_their_threads_have_ended) {
  Machine machine(2, /*idle_max=*/Duration{0});
  EXPECT_EQ(machine.run(square_side_by_side()), 20u * 40'425u);
}

struct Note : WorkItem {
  void ask(Machine& machine, int number) {
    this->number = number;
    origin = &machine.shard;
    run = [](WorkItem& item) {
      auto& note = static_cast<Note&>(item);
      note.order->push_back(note.number);
    };
    done.item = this;
    done.run = [](InboxNode& node) {
      ++*static_cast<Note&>(*static_cast<Done&>(node).item).came_back;
    };
    machine.workers.submit(*this);
  }

  std::vector<int>* order = nullptr;  // used by the one worker alone until all came back
  int* came_back = nullptr;
  int number = 0;
};

TEST(Workers, take_work_in_the_order_of_asking) {
  Machine machine(1, Duration::seconds(10));
  std::vector<int> order;
  int came_back = 0;
  std::vector<Note> notes(100, Note{.order = &order, .came_back = &came_back});
  for (int i = 0; i < 100; ++i) notes[static_cast<std::size_t>(i)].ask(machine, i);
  while (came_back < 100) machine.shard.turn(Duration::max());

  EXPECT_EQ(order.size(), 100u);
  EXPECT_TRUE(std::ranges::is_sorted(order));
}

}  // namespace
}  // namespace iggy::runtime
