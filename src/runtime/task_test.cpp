// Task: starting, chaining, results, exceptions, frames.
#include "runtime/task.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>

#include "runtime/testing.hpp"

namespace iggy::runtime {
namespace {

Task<int> give(int value) { co_return value; }

Task<int> sum_of_gifts(int count) {
  int sum = 0;
  for (int i = 0; i < count; ++i) sum += co_await give(1);
  co_return sum;
}

Task<int> depth(int remaining) {
  if (remaining == 0) co_return 0;
  co_return 1 + co_await depth(remaining - 1);
}

Task<int> throw_text() {
  throw std::runtime_error("from inside");
  co_return 0;
}

Task<std::string> catch_text() {
  try {
    co_await throw_text();
  } catch (const std::runtime_error& error) {
    co_return error.what();
  }
  co_return "nothing was thrown";
}

Task<> set(bool& flag) {
  flag = true;
  co_return;
}

Task<std::unique_ptr<int>> give_pointer(std::unique_ptr<int> pointer) { co_return pointer; }

Task<long> hold(std::shared_ptr<int> held) { co_return held.use_count(); }

TEST(Task, gives_its_result_to_the_one_who_awaits_it) { EXPECT_EQ(run(give(7)), 7); }

TEST(Task, carries_values_that_can_only_be_moved) {
  const auto pointer = run(give_pointer(std::make_unique<int>(3)));

  ASSERT_NE(pointer, nullptr);
  EXPECT_EQ(*pointer, 3);
}

TEST(Task, does_not_start_before_it_is_awaited) {
  bool has_run = false;
  auto task = set(has_run);
  EXPECT_FALSE(has_run);

  TestShard shard;
  shard.run(std::move(task));
  EXPECT_TRUE(has_run);
}

TEST(Task, releases_what_it_holds_when_it_is_destroyed_unstarted) {
  const auto held = std::make_shared<int>(1);
  {
    const auto task = hold(held);
    EXPECT_EQ(held.use_count(), 2);
  }
  EXPECT_EQ(held.use_count(), 1);
}

TEST(Task, releases_what_it_holds_when_another_is_assigned_to_it) {
  const auto held = std::make_shared<int>(1);
  auto task = hold(held);
  task = Task<long>();

  EXPECT_FALSE(task);
  EXPECT_EQ(held.use_count(), 1);
}

TEST(Task, brings_an_exception_to_the_one_who_awaits_it) {
  EXPECT_EQ(run(catch_text()), "from inside");
}

TEST(Task, awaits_a_million_others_without_growing_the_stack) {
  EXPECT_EQ(run(sum_of_gifts(1'000'000)), 1'000'000);
}

TEST(Task, nests_a_million_deep_without_growing_the_stack) {
  EXPECT_EQ(run(depth(1'000'000)), 1'000'000);
}

TEST(FrameMemory, is_used_again_for_a_frame_of_the_same_size) {
  void* const first = allocate_frame(200);
  release_frame(first, 200);
  void* const second = allocate_frame(200);
  release_frame(second, 200);

#if !defined(__has_feature) || \
    !(__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
  EXPECT_EQ(first, second);
#endif
}

TEST(FrameMemory, keeps_frames_of_different_sizes_apart) {
  void* const small = allocate_frame(64);
  void* const large = allocate_frame(64 * 64);
  void* const huge = allocate_frame(1 << 20);
  std::memset(small, 1, 64);
  std::memset(large, 2, 64 * 64);
  std::memset(huge, 3, 1 << 20);

  EXPECT_EQ(static_cast<char*>(small)[63], 1);
  EXPECT_EQ(static_cast<char*>(large)[64 * 64 - 1], 2);
  release_frame(small, 64);
  release_frame(large, 64 * 64);
  release_frame(huge, 1 << 20);
}

}  // namespace
}  // namespace iggy::runtime
