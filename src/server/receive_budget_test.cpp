// Tests of the receive budget: who may take how much, and in which order.
#include "server/receive_budget.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "runtime/testing.hpp"

namespace iggy::server {
namespace {

constexpr std::uint64_t MiB = 1024 * 1024;

/// What became of waiting; nothing: it waits.
using Outcome = std::optional<Result<>>;

runtime::Task<> hold(ReceiveBudget::Share& share, std::uint64_t bytes, Outcome& outcome) {
  outcome = co_await share.hold(bytes);
}

class ReceiveBudgetTest : public ::testing::Test {
 protected:
  ~ReceiveBudgetTest() override {
    tasks.cancel();
    shard.run(tasks.join());
  }
  /// True if it has so much at once; else it waits.
  bool take(ReceiveBudget::Share& share, std::uint64_t bytes) {
    start(share, bytes, outcomes.emplace_back());
    return outcomes.back().has_value();
  }
  void start(ReceiveBudget::Share& share, std::uint64_t bytes, Outcome& outcome) {
    tasks.spawn(hold(share, bytes, outcome));
    shard.run_ready();
  }

  runtime::TestShard shard;
  runtime::TaskGroup tasks;
  ReceiveBudget budget{100 * MiB};  // 75 MiB of it for large frames
  ReceiveBudget::Share first{budget};
  ReceiveBudget::Share second{budget};
  ReceiveBudget::Share third{budget};
  std::deque<Outcome> outcomes;
  Outcome first_has;
  Outcome second_has;
  Outcome third_has;
};

TEST_F(ReceiveBudgetTest, charges_in_steps_that_grow_with_what_is_held) {
  first.begin(10 * MiB);

  ASSERT_TRUE(take(first, 1));
  EXPECT_EQ(first.held_bytes(), 16'384);
  ASSERT_TRUE(take(first, 16'385));
  EXPECT_EQ(first.held_bytes(), 32'768);
  ASSERT_TRUE(take(first, 5 * MiB));
  ASSERT_TRUE(take(first, 5 * MiB + 1));
  EXPECT_EQ(first.held_bytes(), 6 * MiB);
  EXPECT_EQ(budget.used_bytes(), 6 * MiB);
}

TEST_F(ReceiveBudgetTest, charges_no_more_than_the_frame_needs) {
  first.begin(20'000, ReceiveBudget::Sender::stranger);
  ASSERT_TRUE(take(first, 1));

  ASSERT_TRUE(take(first, 16'385));

  EXPECT_EQ(first.held_bytes(), 20'000);
}

TEST_F(ReceiveBudgetTest, charges_a_small_frame_as_a_whole) {
  first.begin(4 * MiB);

  EXPECT_EQ(first.held_bytes(), 4 * MiB);
  EXPECT_FALSE(first.is_shared());
  EXPECT_TRUE(take(first, 4 * MiB));
}

TEST_F(ReceiveBudgetTest, keeps_for_the_first_what_it_lacks) {
  first.begin(60 * MiB);
  second.begin(60 * MiB);
  ASSERT_TRUE(take(first, 1));

  ASSERT_TRUE(take(second, 15 * MiB));
  start(second, 15 * MiB + 1, second_has);
  EXPECT_FALSE(second_has);
  EXPECT_TRUE(budget.is_short());
  start(first, 60 * MiB, first_has);

  EXPECT_TRUE(first_has);
  EXPECT_EQ(budget.used_bytes(), 75 * MiB);
}

TEST_F(ReceiveBudgetTest, lets_the_next_one_go_on_when_the_memory_of_the_first_is_back) {
  first.begin(60 * MiB);
  second.begin(60 * MiB);
  ASSERT_TRUE(take(first, 60 * MiB));
  ASSERT_TRUE(take(second, 15 * MiB));
  start(second, 60 * MiB, second_has);

  first.complete();  // its bytes stay charged
  shard.run_ready();
  EXPECT_FALSE(second_has);
  EXPECT_EQ(budget.used_bytes(), 75 * MiB);
  first.release();
  shard.run_ready();

  EXPECT_TRUE(second_has);
  EXPECT_EQ(budget.used_bytes(), 60 * MiB);
  EXPECT_FALSE(budget.is_short());
}

TEST_F(ReceiveBudgetTest, keeps_for_everyone_before_what_it_lacks_when_the_others_are_gone) {
  first.begin(5 * MiB);
  second.begin(70 * MiB);
  third.begin(70 * MiB);
  ASSERT_TRUE(take(first, 5 * MiB));

  // The second one can do with the 5 MiB of the first and 65 MiB more.
  ASSERT_TRUE(take(third, 5 * MiB));
  EXPECT_FALSE(take(third, 5 * MiB + 1));
}

TEST_F(ReceiveBudgetTest, keeps_a_quarter_for_small_frames) {
  first.begin(70 * MiB);
  second.begin(70 * MiB);
  ASSERT_TRUE(take(first, 70 * MiB));
  ASSERT_TRUE(take(second, 5 * MiB));
  start(second, 5 * MiB + 1, second_has);
  EXPECT_FALSE(second_has);

  third.begin(4 * MiB);
  EXPECT_TRUE(take(third, 4 * MiB));

  EXPECT_EQ(budget.used_bytes(), 79 * MiB);
}

TEST_F(ReceiveBudgetTest, gives_strangers_no_part_of_what_is_kept_for_small_frames) {
  using enum ReceiveBudget::Sender;
  first.begin(74 * MiB);
  ASSERT_TRUE(take(first, 74 * MiB));
  second.begin(4 * MiB, stranger);
  ASSERT_TRUE(take(second, 1 * MiB));
  start(second, 4 * MiB, second_has);
  EXPECT_FALSE(second_has);

  third.begin(4 * MiB, user);
  EXPECT_TRUE(take(third, 4 * MiB));
  EXPECT_FALSE(second_has);
}

TEST_F(ReceiveBudgetTest, lends_the_shared_part_to_small_frames) {
  std::vector<std::unique_ptr<ReceiveBudget::Share>> shares;
  for (int i = 0; i < 24; ++i) {  // 6 in their own part, 18 in the shared one
    shares.push_back(std::make_unique<ReceiveBudget::Share>(budget));
    shares.back()->begin(4 * MiB);
    ASSERT_TRUE(take(*shares.back(), 4 * MiB));
  }
  EXPECT_EQ(budget.used_bytes(), 96 * MiB);
  first.begin(4 * MiB);
  start(first, 4 * MiB, first_has);
  EXPECT_FALSE(first_has);

  shares.pop_back();
  shard.run_ready();

  EXPECT_TRUE(first_has);
}

TEST_F(ReceiveBudgetTest, lets_a_small_frame_that_waits_go_on_in_its_own_part) {
  first.begin(75 * MiB);
  ASSERT_TRUE(take(first, 75 * MiB));
  second.take(25 * MiB);
  third.begin(4 * MiB);
  start(third, 1, third_has);
  EXPECT_FALSE(third_has);

  second.release();
  shard.run_ready();

  EXPECT_TRUE(third_has);
  EXPECT_FALSE(third.is_shared());
  EXPECT_EQ(third.held_bytes(), 4 * MiB);
  EXPECT_FALSE(budget.is_short());
}

TEST_F(ReceiveBudgetTest, lets_a_frame_that_is_larger_than_all_have_what_it_needs_alone) {
  first.begin(70 * MiB);
  second.begin(200 * MiB);
  ASSERT_TRUE(take(first, 70 * MiB));
  start(second, 200 * MiB, second_has);
  EXPECT_FALSE(second_has);

  first.complete();
  shard.run_ready();
  EXPECT_FALSE(second_has);
  first.release();
  shard.run_ready();

  EXPECT_TRUE(second_has);
  third.begin(20 * MiB);
  EXPECT_FALSE(take(third, 1));
  first.begin(4 * MiB);
  EXPECT_TRUE(take(first, 4 * MiB));  // small ones have their quarter
}

TEST_F(ReceiveBudgetTest, gives_a_frame_larger_than_all_nothing_before_it_is_alone) {
  first.begin(10 * MiB);
  second.begin(200 * MiB);
  ASSERT_TRUE(take(first, 1));
  start(second, 1, second_has);
  EXPECT_FALSE(second_has);

  EXPECT_TRUE(take(first, 10 * MiB));
  first.release();
  shard.run_ready();

  EXPECT_TRUE(second_has);
}

TEST_F(ReceiveBudgetTest, lets_nobody_hold_shared_memory_and_wait_for_more) {
  first.begin(10 * MiB);
  ASSERT_TRUE(take(first, 10 * MiB));
  EXPECT_FALSE(first.must_release_for(20 * MiB));  // it is in the middle of a frame
  first.complete();
  second.begin(200 * MiB);
  start(second, 200 * MiB, second_has);

  EXPECT_TRUE(first.must_release_for(10 * MiB + 1));
  EXPECT_FALSE(first.must_release_for(10 * MiB));
  first.begin(10 * MiB);  // what it has is enough
  EXPECT_TRUE(take(first, 10 * MiB));
  first.release();
  shard.run_ready();

  EXPECT_TRUE(second_has);
}

TEST_F(ReceiveBudgetTest, passes_the_turn_on_when_the_first_vanishes) {
  std::optional<ReceiveBudget::Share> oldest(std::in_place, budget);
  oldest->begin(75 * MiB);
  second.begin(75 * MiB);
  ASSERT_TRUE(take(*oldest, 1));
  start(second, 1, second_has);
  EXPECT_FALSE(second_has);

  oldest.reset();
  shard.run_ready();

  EXPECT_TRUE(second_has);
}

TEST_F(ReceiveBudgetTest, ends_a_wait_that_is_cancelled) {
  first.begin(75 * MiB);
  second.begin(75 * MiB);
  start(second, 1, second_has);

  tasks.cancel();
  shard.run_ready();

  ASSERT_TRUE(second_has);
  EXPECT_EQ(*second_has, fail(Error::cancelled));
  EXPECT_FALSE(budget.is_short());
}

TEST_F(ReceiveBudgetTest, tries_without_waiting) {
  first.begin(75 * MiB);

  EXPECT_TRUE(third.try_hold(25 * MiB));
  EXPECT_FALSE(third.try_hold(25 * MiB + 1));

  EXPECT_EQ(third.held_bytes(), 25 * MiB);
}

TEST_F(ReceiveBudgetTest, counts_the_time_that_a_frame_has_memory_to_go_on_with) {
  EXPECT_EQ(second.receiving_time(shard.clock().monotonic()), Duration());
  first.begin(75 * MiB);
  second.begin(75 * MiB);
  shard.clock().advance(Duration::seconds(3));
  start(second, 1, second_has);
  shard.clock().advance(Duration::seconds(100));
  EXPECT_EQ(second.receiving_time(shard.clock().monotonic()), Duration::seconds(3));

  first.release();
  shard.run_ready();
  shard.clock().advance(Duration::seconds(4));

  EXPECT_EQ(second.receiving_time(shard.clock().monotonic()), Duration::seconds(7));
  second.complete();
  EXPECT_EQ(second.receiving_time(shard.clock().monotonic()), Duration());
}

}  // namespace
}  // namespace iggy::server
