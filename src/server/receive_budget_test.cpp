// Tests of the receive budget: who may go on, and in which order.
#include "server/receive_budget.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <optional>

#include "runtime/testing.hpp"

namespace iggy::server {
namespace {

using Allowed = std::optional<Result<std::uint64_t>>;

constexpr auto unlimited = std::numeric_limits<std::uint64_t>::max();

/// How many may be received; 0: it still waits.
std::uint64_t bytes(const Allowed& allowed) { return allowed ? allowed->value_or(0) : 0; }

runtime::Task<> wait_for(ReceiveBudget::Share& share, Allowed& allowed) {
  allowed = co_await share.wait();
}

class ReceiveBudgetTest : public ::testing::Test {
 protected:
  ~ReceiveBudgetTest() override {
    tasks.cancel();
    shard.run(tasks.join());
  }
  void start(ReceiveBudget::Share& share, Allowed& allowed) {
    tasks.spawn(wait_for(share, allowed));
    shard.run_ready();
  }

  runtime::TestShard shard;
  runtime::TaskGroup tasks;
  ReceiveBudget budget{1'000};
  ReceiveBudget::Share first{budget};
  ReceiveBudget::Share second{budget};
  ReceiveBudget::Share third{budget};
  Allowed first_may;
  Allowed second_may;
  Allowed third_may;
};

TEST_F(ReceiveBudgetTest, lets_the_oldest_take_all_and_the_others_what_is_left) {
  first.begin();
  second.begin();
  first.hold(300);

  start(first, first_may);
  start(second, second_may);

  EXPECT_EQ(bytes(first_may), unlimited);
  EXPECT_EQ(bytes(second_may), 700);
  EXPECT_EQ(budget.used_bytes(), 300);
}

TEST_F(ReceiveBudgetTest, promises_little_at_once_to_those_that_are_not_the_oldest) {
  ReceiveBudget large(100'000'000);
  ReceiveBudget::Share oldest(large);
  ReceiveBudget::Share other(large);
  oldest.begin();
  other.begin();

  start(other, second_may);

  EXPECT_EQ(bytes(second_may), 1'048'576);
}

TEST_F(ReceiveBudgetTest, lets_only_the_oldest_go_on_when_it_is_spent) {
  first.begin();
  second.begin();
  third.begin();
  second.hold(1'000);

  start(third, third_may);
  start(second, second_may);
  start(first, first_may);

  EXPECT_EQ(bytes(first_may), unlimited);
  EXPECT_FALSE(second_may);
  EXPECT_FALSE(third_may);
  EXPECT_TRUE(budget.is_short());
}

TEST_F(ReceiveBudgetTest, lets_them_go_on_in_the_order_of_their_beginning) {
  first.begin();
  second.begin();
  third.begin();
  first.hold(1'000);
  start(third, third_may);
  start(second, second_may);

  first.complete();  // its bytes stay charged
  shard.run_ready();

  EXPECT_EQ(budget.used_bytes(), 1'000);
  EXPECT_EQ(bytes(second_may), unlimited);
  EXPECT_FALSE(third_may);

  second.complete();
  shard.run_ready();
  EXPECT_EQ(bytes(third_may), unlimited);
}

TEST_F(ReceiveBudgetTest, wakes_who_waits_when_bytes_come_back) {
  first.begin();
  second.begin();
  third.hold(1'000);
  start(second, second_may);
  EXPECT_FALSE(second_may);

  third.release();
  shard.run_ready();

  EXPECT_EQ(bytes(second_may), 1'000);
  EXPECT_FALSE(budget.is_short());
}

TEST_F(ReceiveBudgetTest, keeps_a_place_that_is_asked_for_twice) {
  first.begin();
  second.begin();
  first.begin();
  third.hold(1'000);

  start(second, second_may);
  start(first, first_may);

  EXPECT_EQ(bytes(first_may), unlimited);
  EXPECT_FALSE(second_may);
}

TEST_F(ReceiveBudgetTest, puts_a_new_frame_behind_all_others) {
  first.begin();
  second.begin();
  first.complete();
  first.begin();
  third.hold(1'000);

  start(first, first_may);
  start(second, second_may);

  EXPECT_FALSE(first_may);
  EXPECT_EQ(bytes(second_may), unlimited);
}

TEST_F(ReceiveBudgetTest, charges_only_what_is_more_than_before) {
  first.hold(100);
  first.hold(250);
  first.hold(250);
  first.hold(40);
  EXPECT_EQ(budget.used_bytes(), 250);

  first.release();
  first.release();
  EXPECT_EQ(budget.used_bytes(), 0);
}

TEST_F(ReceiveBudgetTest, ends_a_wait_that_is_cancelled) {
  first.begin();
  second.begin();
  first.hold(1'000);
  start(second, second_may);

  tasks.cancel();
  shard.run_ready();

  ASSERT_TRUE(second_may);
  EXPECT_EQ(*second_may, fail(Error::cancelled));
  EXPECT_FALSE(budget.is_short());
}

TEST_F(ReceiveBudgetTest, passes_the_turn_on_when_the_oldest_vanishes) {
  std::optional<ReceiveBudget::Share> oldest(std::in_place, budget);
  oldest->begin();
  oldest->hold(400);
  second.begin();
  third.begin();
  third.hold(1'000);
  start(second, second_may);
  EXPECT_FALSE(second_may);

  oldest.reset();
  shard.run_ready();

  EXPECT_EQ(bytes(second_may), unlimited);
  EXPECT_EQ(budget.used_bytes(), 1'000);
}

}  // namespace
}  // namespace iggy::server
