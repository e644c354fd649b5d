// Tests of the receive budget: what shards share, and how they wake each other.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <random>

#include "runtime/on.hpp"
#include "runtime/runtime.hpp"
#include "runtime/testing.hpp"
#include "runtime/timer.hpp"
#include "server/receive_budget.hpp"

namespace iggy::server {
namespace {

constexpr std::uint64_t MiB = 1024 * 1024;

using Outcome = std::optional<Result<>>;
using Share = ReceiveBudget::Share;

runtime::Task<> hold(Share& share, std::uint64_t bytes, Outcome& outcome) {
  outcome = co_await share.hold(bytes);
}

/// One of the shards, driven by the test.
class Side {
 public:
  explicit Side(const std::shared_ptr<ReceiveMemory>& memory) : budget_(memory) {}

  Share& share() { return shares_.emplace_back(budget_); }
  void begin(Share& share, std::uint64_t bytes) {
    const runtime::CurrentShard current(shard_.shard());
    share.begin(bytes);
  }
  /// Nothing: it waits.
  Outcome& hold_all(Share& share, std::uint64_t bytes) {
    auto& outcome = outcomes_.emplace_back();
    const runtime::CurrentShard current(shard_.shard());
    share.begin(bytes);
    tasks_.spawn(hold(share, bytes, outcome));
    shard_.run_ready();
    return outcome;
  }
  void release(Share& share) {
    const runtime::CurrentShard current(shard_.shard());
    share.complete();
    share.release();
  }
  /// Cancels all who wait, before anything that came from outside is looked at.
  void cancel() {
    const runtime::CurrentShard current(shard_.shard());
    tasks_.cancel();
  }
  /// Takes in what came from outside.
  void run() { shard_.run_ready(); }
  void close() {
    cancel();
    shard_.run(tasks_.join());
    for (auto& share : shares_) release(share);
  }
  void end() { shard_.run(budget_.close()); }
  [[nodiscard]] const ReceiveBudget& budget() const { return budget_; }

 private:
  runtime::TestShard shard_;
  ReceiveBudget budget_;
  std::deque<Share> shares_;
  std::deque<Outcome> outcomes_;
  runtime::TaskGroup tasks_;
};

/// 100 MiB: 75 are shared, and each shard has 12.5 for itself.
class ReceiveBudgetOfShards : public ::testing::Test {
 protected:
  ~ReceiveBudgetOfShards() override {
    left.close();
    right.close();
    right.end();
    left.end();
  }
  [[nodiscard]] std::uint64_t used_bytes() const {
    return left.budget().used_bytes() + right.budget().used_bytes();
  }

  std::shared_ptr<ReceiveMemory> memory = std::make_shared<ReceiveMemory>(100 * MiB, 2);
  Side left{memory};
  Side right{memory};
  Share& first = left.share();
  Share& second = right.share();
};

TEST_F(ReceiveBudgetOfShards, charges_for_two_frames_larger_than_all_one_after_the_other) {
  const auto& first_has = left.hold_all(first, 200 * MiB);
  const auto& second_has = right.hold_all(second, 200 * MiB);
  EXPECT_TRUE(first_has);
  EXPECT_FALSE(second_has);
  EXPECT_EQ(used_bytes(), 200 * MiB);

  left.release(first);
  right.run();

  EXPECT_TRUE(second_has);
  EXPECT_EQ(used_bytes(), 200 * MiB);
}

TEST_F(ReceiveBudgetOfShards, keeps_for_the_oldest_what_it_lacks_wherever_it_is) {
  left.begin(first, 60 * MiB);
  const auto& second_has = right.hold_all(second, 60 * MiB);
  EXPECT_FALSE(second_has);
  EXPECT_LE(second.held_bytes(), 15 * MiB);

  EXPECT_TRUE(left.hold_all(first, 60 * MiB));
  EXPECT_LE(used_bytes(), 75 * MiB);
}

TEST_F(ReceiveBudgetOfShards, goes_by_the_order_in_which_frames_began_on_all_shards) {
  auto& third = left.share();
  left.hold_all(first, 75 * MiB);
  const auto& second_has = right.hold_all(second, 75 * MiB);
  const auto& third_has = left.hold_all(third, 75 * MiB);

  left.release(first);
  left.run();
  right.run();
  EXPECT_TRUE(second_has);
  EXPECT_FALSE(third_has);
  right.release(second);
  left.run();

  EXPECT_TRUE(third_has);
}

TEST_F(ReceiveBudgetOfShards, tells_all_of_them_that_it_is_short) {
  left.hold_all(first, 75 * MiB);
  right.hold_all(second, 75 * MiB);
  EXPECT_TRUE(right.budget().is_short());
  left.run();
  EXPECT_TRUE(left.budget().is_short());

  left.release(first);
  right.run();
  left.run();

  EXPECT_FALSE(right.budget().is_short());
  EXPECT_FALSE(left.budget().is_short());
}

TEST_F(ReceiveBudgetOfShards, divides_what_is_kept_for_small_frames) {
  left.hold_all(first, 75 * MiB);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(left.hold_all(left.share(), 4 * MiB));

  EXPECT_FALSE(left.hold_all(left.share(), 4 * MiB));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(right.hold_all(right.share(), 4 * MiB));
}

TEST_F(ReceiveBudgetOfShards, ends_a_wait_that_is_cancelled_while_another_shard_ends_it) {
  auto& third = left.share();
  left.hold_all(first, 75 * MiB);
  const auto& second_has = right.hold_all(second, 75 * MiB);
  const auto& third_has = left.hold_all(third, 75 * MiB);

  left.release(first);  // the poke is on its way
  right.cancel();
  right.run();
  ASSERT_TRUE(second_has);
  EXPECT_EQ(*second_has, fail(Error::cancelled));
  left.run();
  EXPECT_FALSE(third_has);  // the second one still has its place
  right.release(second);
  left.run();

  EXPECT_TRUE(third_has);
}

TEST_F(ReceiveBudgetOfShards, passes_the_turn_on_when_the_next_one_vanishes_on_its_shard) {
  std::optional<Side> middle(std::in_place, memory);
  auto& vanishing = middle->share();
  left.hold_all(first, 75 * MiB);
  const auto& vanishing_has = middle->hold_all(vanishing, 75 * MiB);
  const auto& second_has = right.hold_all(second, 75 * MiB);

  left.release(first);
  middle->close();  // with the poke on its way
  EXPECT_EQ(vanishing_has, Outcome(fail(Error::cancelled)));
  middle->end();
  middle.reset();
  right.run();

  EXPECT_TRUE(second_has);
}

// On real threads

constexpr std::uint64_t largest = 100 * MiB;

/// A frame that comes in pieces, or that gives up soon.
runtime::Task<> receive(Share& share, ReceiveMemory& memory, std::minstd_rand& random) {
  const auto below = [&random](std::uint64_t end) { return random() % end; };
  const auto size = below(3) == 0 ? 1 + below(4 * MiB) : 4 * MiB + 1 + below(largest - 4 * MiB);
  share.begin(size);
  if (below(4) == 0) {
    (void)co_await runtime::with_timeout(Duration{50}, share.hold(size));
  }
  while (below(50) != 0 && share.held_bytes() < size) {
    const auto next = std::min(size, share.held_bytes() + 1 + below(8 * MiB));
    EXPECT_TRUE(co_await share.hold(next));
    const auto charged =
        memory.queue.with([](const ReceiveQueue& queue) { return queue.charged_bytes(); });
    EXPECT_LE(charged, largest);
    co_await runtime::yield();
  }
  if (share.held_bytes() == size) share.complete();
  co_await runtime::yield();
}

runtime::Task<> receive_frames(ReceiveBudget& budget, ReceiveMemory& memory, unsigned seed) {
  std::minstd_rand random(seed);
  for (int i = 0; i < 200; ++i) {
    Share share(budget);
    co_await receive(share, memory, random);
  }
}

runtime::Task<> use_budget(std::shared_ptr<ReceiveMemory> memory, unsigned seed) {
  ReceiveBudget budget(memory);
  runtime::TaskGroup tasks;
  for (unsigned i = 0; i < 8; ++i) tasks.spawn(receive_frames(budget, *memory, seed + i));
  co_await tasks.join();
  EXPECT_EQ(budget.used_bytes(), 0);
  co_await budget.close();
}

runtime::Task<> use_budget_on(runtime::Shard& shard, std::shared_ptr<ReceiveMemory> memory,
                              unsigned seed) {
  co_await runtime::on(shard, [memory, seed] { return use_budget(memory, seed); });
}

runtime::Task<int> use_budgets(runtime::Runtime& runtime) {
  const auto memory = std::make_shared<ReceiveMemory>(largest, 2);
  runtime::TaskGroup tasks;
  tasks.spawn(use_budget_on(runtime.shard(0), memory, 1));
  tasks.spawn(use_budget_on(runtime.shard(1), memory, 101));
  co_await tasks.join();
  EXPECT_EQ(memory->queue.with([](const ReceiveQueue& queue) { return queue.charged_bytes(); }), 0);
  co_return 0;
}

TEST(ReceiveBudgetOnThreads, completes_every_frame_and_keeps_to_the_bound) {
  EXPECT_EQ(runtime::run_real(2, use_budgets), 0);
}

}  // namespace
}  // namespace iggy::server
