// Random appends and reads, held against a list in memory.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "log/testing.hpp"

namespace iggy::log {
namespace {

using From = ReadRequest::From;

/// Repeatable numbers.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  std::uint64_t below(std::uint64_t bound) {
    std::uint64_t value = 0;
    random_.fill(std::as_writable_bytes(std::span(&value, 1)));
    return value % bound;
  }

 private:
  runtime::SeededRandom random_;
};

struct Stored {
  std::uint64_t timestamp;
  std::string payload;
};

class Trial {
 public:
  explicit Trial(std::uint64_t seed) : dice_(seed), bench_(seed) {
    bench_.settings_ = {.segment_size = {std::uint64_t{4096} << dice_.below(6)},
                        .validate_on_read = dice_.below(4) == 0,
                        .index_interval = {std::uint64_t{256} << dice_.below(6)}};
    bench_.scratch_.resize(std::size_t{1024} << dice_.below(8));
  }

  void run() {
    ASSERT_TRUE(bench_.open());
    for (int step = 0; step < 400; ++step) {
      const auto choice = dice_.below(100);
      if (choice < 40) {
        append();
      } else if (choice < 97) {
        read();
      } else if (choice < 98) {
        ASSERT_TRUE(bench_.crash_and_open());
      } else if (choice < 99) {
        ASSERT_TRUE(bench_.shard_.run(bench_.log_->checkpoint()));
      } else {
        ASSERT_TRUE(bench_.shard_.run(bench_.log_->close()));
        ASSERT_TRUE(bench_.open());
      }
      if (::testing::Test::HasFailure()) return;
    }
  }

 private:
  void append() {
    if (dice_.below(2) == 0) bench_.shard_.clock().advance(Duration{dice_.below(50)});
    const auto now = bench_.shard_.clock().now().microseconds;
    SentBatch batch({});
    const auto count = dice_.below(3) == 0 ? 1 + dice_.below(60) : 1;
    const auto size_max = dice_.below(20) == 0 ? 40'000 : dice_.below(3) == 0 ? 2'000 : 80;
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto fill = static_cast<char>('a' + dice_.below(26));
      stored_.push_back(
          {now, std::to_string(stored_.size()) + std::string(dice_.below(size_max), fill)});
      batch.add(stored_.back().payload);
    }
    const auto appended = bench_.append(std::move(batch));
    ASSERT_TRUE(appended);
    EXPECT_EQ(appended->last_offset, stored_.size() - 1);
  }

  void read() {
    ReadRequest request{.from = static_cast<From>(dice_.below(4)),
                        .count = static_cast<std::uint32_t>(1 + dice_.below(1 << dice_.below(9))),
                        .bytes_max = 1 + dice_.below(std::uint64_t{1} << dice_.below(20))};
    if (request.from == From::offset) {
      request.value = dice_.below(3) == 0 ? next_ : dice_.below(stored_.size() + 2);
    }
    if (request.from == From::timestamp) {
      request.value = bench_.shard_.clock().now().microseconds - dice_.below(4000);
    }
    const auto reply = bench_.read(request);
    ASSERT_TRUE(reply);
    check(request, *reply);
    if (reply->count > 0) next_ = reply->last_offset + 1;
  }

  [[nodiscard]] std::size_t expected_start(const ReadRequest& request) const {
    switch (request.from) {
      case From::offset:
        return std::min<std::size_t>(request.value, stored_.size());
      case From::timestamp: {
        const auto found = std::ranges::find_if(
            stored_, [&](const Stored& message) { return message.timestamp >= request.value; });
        return static_cast<std::size_t>(found - stored_.begin());
      }
      case From::first:
        return 0;
      case From::last:
        return stored_.size() - std::min<std::size_t>(request.count, stored_.size());
    }
    return 0;
  }

  void check(const ReadRequest& request, const ReadReply& reply) {
    const auto start = expected_start(request);
    if (start == stored_.size()) {
      EXPECT_EQ(reply.count, 0);
      return;
    }
    ASSERT_GE(reply.count, 1);
    EXPECT_LE(reply.count, request.count);
    EXPECT_TRUE(reply.size <= request.bytes_max || reply.count == 1);
    EXPECT_TRUE(reply.slices.empty() || reply.size > bench_.scratch_.size());
    EXPECT_EQ(reply.current_offset, stored_.size() - 1);
    const auto messages = parse(bench_.bytes_of(reply));
    ASSERT_EQ(messages.size(), reply.count);
    for (std::size_t i = 0; i < messages.size(); ++i) {
      EXPECT_EQ(messages[i].offset, start + i);
      EXPECT_EQ(messages[i].payload, stored_[start + i].payload);
      EXPECT_EQ(messages[i].timestamp, stored_[start + i].timestamp);
      EXPECT_TRUE(messages[i].is_intact);
    }
  }

  Dice dice_;
  LogBench bench_;
  std::vector<Stored> stored_;
  std::uint64_t next_ = 0;
};

TEST(RandomReads, give_what_was_appended) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Trial(seed).run();
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace iggy::log
