// Tests of poking a shard from another one.
#include "runtime/poke.hpp"

#include <gtest/gtest.h>

#include "runtime/event.hpp"
#include "runtime/guarded.hpp"
#include "runtime/on.hpp"
#include "runtime/runtime.hpp"
#include "runtime/testing.hpp"

namespace iggy::runtime {
namespace {

TEST(Poke, runs_once_for_all_that_came_before) {
  TestShard shard;
  int runs = 0;
  Poke poke([&runs] { ++runs; });

  poke.send();
  poke.send();
  EXPECT_TRUE(poke.is_pending());
  EXPECT_EQ(runs, 0);
  shard.run_ready();

  EXPECT_EQ(runs, 1);
  EXPECT_FALSE(poke.is_pending());
}

TEST(Poke, runs_again_for_what_comes_while_it_runs) {
  TestShard shard;
  int runs = 0;
  Poke* itself = nullptr;
  Poke poke([&runs, &itself] {
    if (++runs == 1) itself->send();
  });
  itself = &poke;

  poke.send();
  shard.run_ready();

  EXPECT_EQ(runs, 2);
}

/// What two shards share: one changes it, the other looks.
struct Watched {
  Guarded<int> value{0};
  Event changed;
  int seen = 0;
};

Task<> change(Watched& watched, Poke& poke) {
  for (int i = 0; i < 10'000; ++i) {
    watched.value.with([](int& value) { ++value; });
    poke.send();
    if (i % 16 == 0) co_await yield();
  }
}

Task<> change_on(Shard& shard, Watched& watched, Poke& poke) {
  co_await on(shard, [&watched, &poke] { return change(watched, poke); });
}

Task<int> see_all(Runtime& runtime) {
  Watched watched;
  Poke poke([&watched] {
    watched.seen = watched.value.with([](const int& value) { return value; });
    watched.changed.notify_all();
  });
  TaskGroup tasks;
  tasks.spawn(change_on(runtime.shard(1), watched, poke));
  while (watched.seen < 10'000) {
    EXPECT_TRUE(co_await watched.changed.wait());
  }
  co_await tasks.join();
  while (poke.is_pending()) co_await yield();
  co_return 0;
}

TEST(Poke, loses_nothing_between_threads) { EXPECT_EQ(run_real(2, see_all), 0); }

}  // namespace
}  // namespace iggy::runtime
