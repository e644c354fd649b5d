// Tests of the buffer pool.
#include "runtime/buffer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace iggy::runtime {
namespace {

TEST(BufferPool, gives_the_next_power_of_two_page_aligned) {
  BufferPool pool;

  const auto smallest = pool.take(0);
  const auto page = pool.take(4096);
  const auto more = pool.take(4097);
  const auto largest_class = pool.take(200'000);

  EXPECT_EQ(smallest.size(), 4096);
  EXPECT_EQ(page.size(), 4096);
  EXPECT_EQ(more.size(), 8192);
  EXPECT_EQ(largest_class.size(), 262'144);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(more.data()) % 4096, 0);
}

TEST(BufferPool, recycles_a_block_of_the_same_class) {
  BufferPool pool;
  auto buffer = pool.take(5000);
  const auto* const block = buffer.data();

  buffer = Buffer{};
  EXPECT_EQ(pool.kept_bytes(), 8192);
  const auto other_class = pool.take(4096);
  const auto again = pool.take(8000);

  EXPECT_NE(other_class.data(), block);
  EXPECT_EQ(again.data(), block);
  EXPECT_EQ(pool.kept_bytes(), 0);
}

TEST(BufferPool, keeps_no_more_than_its_bound) {
  BufferPool pool;
  {
    std::vector<Buffer> buffers;
    for (int i = 0; i < 40; ++i) buffers.push_back(pool.take(256 * 1024));
  }

  EXPECT_EQ(pool.kept_bytes(), 8 * 1024 * 1024);
}

TEST(BufferPool, maps_what_is_larger_and_keeps_none_of_it) {
  BufferPool pool;
  {
    const auto buffer = pool.take(10'000'001);
    ASSERT_TRUE(buffer);
    EXPECT_EQ(buffer.size(), 10'002'432);
    buffer.bytes().front() = std::byte{1};
    buffer.bytes().back() = std::byte{2};
  }

  EXPECT_EQ(pool.kept_bytes(), 0);
}

TEST(BufferPool, gives_an_empty_buffer_when_the_system_refuses) {
  BufferPool pool;

  EXPECT_FALSE(pool.take(std::numeric_limits<std::size_t>::max()));
  EXPECT_FALSE(pool.take(std::size_t{1} << 60));
}

TEST(Buffer, moves_without_copying) {
  BufferPool pool;
  auto first = pool.take(100);
  std::ranges::fill(first.bytes(), std::byte{7});
  const auto* const block = first.data();

  Buffer second(std::move(first));
  Buffer third = pool.take(100);
  third = std::move(second);

  EXPECT_EQ(third.data(), block);
  EXPECT_EQ(third.bytes()[4095], std::byte{7});
  EXPECT_FALSE(second);  // NOLINT(bugprone-use-after-move): that is what is tested
  EXPECT_EQ(pool.kept_bytes(), 4096);
}

}  // namespace
}  // namespace iggy::runtime
