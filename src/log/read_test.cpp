// Reading: where it starts, how much it gives, and in which form.
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "log/testing.hpp"

namespace iggy::log {
namespace {

using From = ReadRequest::From;
using runtime::DiskCall;

class Read : public LogTest {
 protected:
  /// Batches of `batch_size` messages of 1000 bytes in all.
  void fill(std::size_t batches_count, std::size_t batch_size) {
    for (std::size_t i = 0; i < batches_count; ++i) {
      ASSERT_TRUE(append(SentBatch(std::vector<std::string>(batch_size, std::string(936, 'x')))));
    }
  }
  std::vector<std::string> payloads_of(ReadRequest request) {
    std::vector<std::string> payloads;
    for (const auto& message : poll(request)) payloads.push_back(message.payload);
    return payloads;
  }
};

TEST_F(Read, starts_at_an_offset) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append({"a", "b", "c"}));
  ASSERT_TRUE(append({"d"}));

  EXPECT_EQ(payloads_of({.from = From::offset, .value = 0, .count = 2}), texts("a", "b"));
  EXPECT_EQ(payloads_of({.from = From::offset, .value = 1, .count = 10}), texts("b", "c", "d"));
  EXPECT_EQ(payloads_of({.from = From::offset, .value = 3, .count = 10}), texts("d"));
  EXPECT_EQ(payloads_of({.from = From::offset, .value = 4, .count = 10}), texts());
  EXPECT_EQ(payloads_of({.from = From::offset, .value = ~0ULL, .count = 10}), texts());
  EXPECT_EQ(read({.from = From::offset, .value = 9, .count = 1})->current_offset, 3);
}

TEST_F(Read, starts_at_the_first_or_the_last_messages) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append({"a", "b", "c"}));
  ASSERT_TRUE(append({"d"}));

  EXPECT_EQ(payloads_of({.from = From::first, .value = 99, .count = 2}), texts("a", "b"));
  EXPECT_EQ(payloads_of({.from = From::last, .value = 99, .count = 2}), texts("c", "d"));
  EXPECT_EQ(payloads_of({.from = From::last, .count = 4}), texts("a", "b", "c", "d"));
  EXPECT_EQ(payloads_of({.from = From::last, .count = 9}), texts("a", "b", "c", "d"));
}

TEST_F(Read, starts_at_the_first_message_that_is_not_older) {
  ASSERT_TRUE(open());
  shard_.clock().set_now(Timestamp{1000});
  ASSERT_TRUE(append({"a", "b"}));
  shard_.clock().set_now(Timestamp{2000});
  ASSERT_TRUE(append({"c", "d", "e"}));
  ASSERT_TRUE(append({"f"}));

  EXPECT_EQ(payloads_of({.from = From::timestamp, .value = 0, .count = 1}), texts("a"));
  EXPECT_EQ(payloads_of({.from = From::timestamp, .value = 1000, .count = 1}), texts("a"));
  EXPECT_EQ(payloads_of({.from = From::timestamp, .value = 1001, .count = 2}), texts("c", "d"));
  EXPECT_EQ(payloads_of({.from = From::timestamp, .value = 2000, .count = 9}),
            texts("c", "d", "e", "f"));
  EXPECT_EQ(payloads_of({.from = From::timestamp, .value = 2001, .count = 9}), texts());
}

TEST_F(Read, gives_nothing_for_a_count_of_zero) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append({"a", "b"}));

  const auto reply = read({.from = From::first, .count = 0});

  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->count, 0);
  EXPECT_EQ(reply->current_offset, 1);
}

TEST_F(Read, survives_the_largest_count) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append({"a", "b", "c", "d", "e"}));
  constexpr auto count = std::numeric_limits<std::uint32_t>::max();

  EXPECT_EQ(payloads_of({.from = From::offset, .value = 4, .count = count}), texts("e"));
  EXPECT_EQ(payloads_of({.from = From::last, .count = count}), texts("a", "b", "c", "d", "e"));
}

TEST_F(Read, gives_no_more_bytes_than_allowed_but_one_message) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append({"a", "b", "c"}));

  EXPECT_EQ(payloads_of({.count = 3, .bytes_max = 1}), texts("a"));
  EXPECT_EQ(payloads_of({.count = 3, .bytes_max = 129}), texts("a"));
  EXPECT_EQ(payloads_of({.count = 3, .bytes_max = 130}), texts("a", "b"));
  EXPECT_EQ(payloads_of({.count = 3, .bytes_max = 195}), texts("a", "b", "c"));
}

TEST_F(Read, puts_small_replies_into_scratch_memory) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append({"a", "b"}));
  ASSERT_TRUE(append({"c", "d"}));

  const auto reply = read({.count = 4});

  ASSERT_TRUE(reply);
  EXPECT_TRUE(reply->slices.empty());
  EXPECT_EQ(reply->bytes.size(), 4 * 65);
  EXPECT_GE(reply->bytes.data(), scratch_.data());
  EXPECT_LE(reply->bytes.data() + reply->bytes.size(), scratch_.data() + scratch_.size());
}

TEST_F(Read, gives_a_large_group_as_one_slice_without_reading_it) {
  ASSERT_TRUE(open());
  fill(2, 100);
  (void)read({.from = From::offset, .value = 99, .count = 1});  // leaves a hint
  const auto reads = disk_.calls(DiskCall::read);

  const auto reply = read({.from = From::offset, .value = 100, .count = 100});

  ASSERT_TRUE(reply);
  ASSERT_EQ(reply->slices.size(), 1);
  EXPECT_EQ(reply->slices[0].position, 80 + 88 + 100'000 + 88);
  EXPECT_EQ(reply->slices[0].size, 100'000);
  EXPECT_EQ(reply->count, 100);
  EXPECT_EQ(reply->first_offset, 100);
  EXPECT_EQ(reply->last_offset, 199);
  EXPECT_LE(disk_.calls(DiskCall::read) - reads, 2);
  EXPECT_EQ(parse(bytes_of(*reply)).back().offset, 199);
}

TEST_F(Read, leaves_the_own_records_of_the_log_out_between_slices) {
  ASSERT_TRUE(open());
  fill(3, 50);

  const auto reply = read({.count = 1000});

  ASSERT_TRUE(reply);
  ASSERT_EQ(reply->slices.size(), 3);
  EXPECT_EQ(reply->slices[1].position, 80 + 2 * 88 + 50'000);
  EXPECT_EQ(reply->size, 150'000);
  EXPECT_EQ(payloads().size(), 150);
}

TEST_F(Read, gives_a_part_of_a_large_group) {
  ASSERT_TRUE(open());
  fill(1, 200);

  for (const std::uint32_t count : {40U, 50U, 77U, 199U}) {
    for (const std::uint64_t offset : {0U, 1U, 20U, 120U}) {
      const auto messages = poll({.from = From::offset, .value = offset, .count = count});
      ASSERT_EQ(messages.size(), std::min<std::uint64_t>(count, 200 - offset));
      EXPECT_EQ(messages.front().offset, offset);
    }
  }
  EXPECT_EQ(poll({.count = 200, .bytes_max = 70'500}).size(), 70);
}

TEST_F(Read, gathers_many_small_groups_instead_of_giving_tiny_slices) {
  ASSERT_TRUE(open());
  fill(100, 2);

  const auto reply = read({.count = 200});

  ASSERT_TRUE(reply);
  EXPECT_TRUE(reply->slices.empty());
  EXPECT_GE(reply->count, 30);
  EXPECT_EQ(payloads().size(), 200);
}

TEST_F(Read, gives_a_message_that_is_larger_than_scratch_as_a_slice) {
  ASSERT_TRUE(open());
  const std::string large(100'000, 'l');
  ASSERT_TRUE(append({"a"}));
  ASSERT_TRUE(append({large}));
  ASSERT_TRUE(append({"b"}));

  EXPECT_EQ(payloads_of({.from = From::offset, .value = 1, .count = 1}), texts(large));
  EXPECT_EQ(payloads_of({.from = From::offset, .value = 1, .count = 9, .bytes_max = 10}),
            texts(large));
  EXPECT_EQ(payloads(), texts("a", large, "b"));
}

TEST_F(Read, goes_on_where_the_last_one_ended_with_one_call) {
  ASSERT_TRUE(open());
  fill(200, 1);
  std::uint64_t offset = 0;
  offset += poll({.count = 3}).size();
  for (int i = 0; i < 20; ++i) {
    const auto reads = disk_.calls(DiskCall::read);
    offset += poll({.from = From::offset, .value = offset, .count = 3}).size();
    EXPECT_EQ(disk_.calls(DiskCall::read) - reads, 1);
  }
  EXPECT_EQ(offset, 63);
}

TEST_F(Read, sees_only_what_is_visible_while_more_is_written) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append({"a"}));
  SentBatch b({"b"});
  const auto drop = [](Task<Result<Appended>> append) -> Task<> {
    (void)co_await std::move(append);
  };
  disk_.hold(DiskCall::write);
  shard_.group().spawn(drop(log_->append(b.batch())));
  shard_.run_ready();

  EXPECT_EQ(payloads_of({.count = 9}), texts("a"));
  EXPECT_EQ(read({.count = 9})->current_offset, 0);

  disk_.release();
  shard_.run_ready();
  EXPECT_EQ(payloads_of({.count = 9}), texts("a", "b"));
}

TEST_F(Read, stops_at_damage_and_goes_on_behind_it) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append({"a", "b"}));
  ASSERT_TRUE(append({"c"}));
  ASSERT_TRUE(append({"d", "e"}));
  flip(first_segment, 80 + 88 + 130 + 24);  // the offset of c

  EXPECT_EQ(payloads_of({.count = 9}), texts("a", "b"));
  EXPECT_EQ(read({.from = From::offset, .value = 2, .count = 9}).error(), Error::damaged);
  EXPECT_EQ(payloads_of({.from = From::offset, .value = 3, .count = 9}), texts("d", "e"));
  EXPECT_EQ(payloads_of({.from = From::last, .count = 1}), texts("e"));
  EXPECT_EQ(read({.from = From::last, .count = 3}).error(), Error::damaged);
}

TEST_F(Read, does_not_guess_a_time_that_may_lie_in_damage) {
  ASSERT_TRUE(open());
  for (const std::uint64_t now : {1000, 2000, 3000}) {
    shard_.clock().set_now(Timestamp{now});
    ASSERT_TRUE(append({std::to_string(now)}));
  }
  flip(first_segment, 80 + 68 + 24);  // the offset of the second

  EXPECT_EQ(payloads_of({.from = From::timestamp, .value = 1000, .count = 9}), texts("1000"));
  EXPECT_EQ(read({.from = From::timestamp, .value = 1500, .count = 9}).error(), Error::damaged);
  EXPECT_EQ(read({.from = From::timestamp, .value = 2500, .count = 9}).error(), Error::damaged);
}

TEST_F(Read, verifies_payloads_if_it_is_told_to) {
  settings_.validate_on_read = true;
  ASSERT_TRUE(open());
  const std::string large(100'000, 'l');
  ASSERT_TRUE(append({"a", "b"}));
  ASSERT_TRUE(append({large}));
  ASSERT_TRUE(append({large}));
  EXPECT_EQ(payloads(), texts("a", "b", large, large));

  flip(first_segment, 80 + 88 + 65 + 64);               // the payload of b
  flip(first_segment, 80 + 88 + 130 + 100'064 + 5000);  // the second large one

  EXPECT_EQ(payloads_of({.count = 9}), texts("a"));
  EXPECT_EQ(read({.from = From::offset, .value = 1, .count = 1}).error(), Error::damaged);
  EXPECT_EQ(payloads_of({.from = From::offset, .value = 2, .count = 9}), texts(large));
  EXPECT_EQ(read({.from = From::offset, .value = 3, .count = 1}).error(), Error::damaged);
}

}  // namespace
}  // namespace iggy::log
