// Tests of the receive buffer: frames come out as they went in, however they arrive.
#include "server/receive_buffer.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "server/testing.hpp"
#include "wire/messages.hpp"
#include "wire/system.hpp"

namespace iggy::server {
namespace {

using testing::frame;
using testing::header;

constexpr std::uint32_t ping = wire::Ping::code;
constexpr std::uint32_t send = wire::SendMessages::code;

base::Bytes bytes(std::size_t size, int value) { return base::Bytes(size, std::byte(value)); }

class ReceiveBufferTest : public ::testing::Test {
 protected:
  /// Puts `some` in as it would arrive: in pieces as large as there is room for.
  void arrive(base::ByteView some) {
    while (!some.empty()) {
      const auto room = buffer.room();
      ASSERT_FALSE(room.empty());
      const auto size = std::min(room.size(), some.size());
      std::ranges::copy(some.first(size), room.begin());
      buffer.received(size);
      some = some.subspan(size);
    }
  }
  base::Bytes take_payload() {
    const auto taken = buffer.take();
    return {taken.payload.begin(), taken.payload.end()};
  }

  runtime::BufferPool pool;
  ReceiveBuffer buffer{pool, {.send_payload_size = 2'000'000, .control_payload_size = 500'000}};
};

TEST_F(ReceiveBufferTest, is_incomplete_without_bytes) {
  EXPECT_EQ(buffer.state(), FrameState::incomplete);
  EXPECT_EQ(buffer.front_code(), std::nullopt);
  EXPECT_EQ(buffer.pending(), 0);
}

TEST_F(ReceiveBufferTest, puts_frames_together_wherever_they_are_split) {
  auto both = frame(7, bytes(5, 0xaa));
  const auto second = frame(8, bytes(3, 0xbb));
  both.insert(both.end(), second.begin(), second.end());
  ASSERT_EQ(both.size(), 24);

  for (std::size_t split = 1; split < both.size(); ++split) {
    SCOPED_TRACE(split);
    ReceiveBuffer split_buffer(pool, {});
    std::vector<Frame> frames;
    std::vector<base::Bytes> payloads;
    for (const auto part :
         {base::ByteView(both).first(split), base::ByteView(both).subspan(split)}) {
      std::ranges::copy(part, split_buffer.room().begin());
      split_buffer.received(part.size());
      while (split_buffer.state() == FrameState::complete) {
        frames.push_back(split_buffer.take());
        payloads.emplace_back(frames.back().payload.begin(), frames.back().payload.end());
      }
    }

    ASSERT_EQ(frames.size(), 2);
    EXPECT_EQ(frames[0].code, 7);
    EXPECT_EQ(payloads[0], bytes(5, 0xaa));
    EXPECT_EQ(frames[1].code, 8);
    EXPECT_EQ(payloads[1], bytes(3, 0xbb));
    EXPECT_EQ(split_buffer.pending(), 0);
  }
}

TEST_F(ReceiveBufferTest, takes_frames_that_arrive_byte_by_byte) {
  const auto whole = frame(9, bytes(100, 1));

  for (std::size_t i = 0; i + 1 < whole.size(); ++i) {
    arrive(base::ByteView(whole).subspan(i, 1));
    ASSERT_EQ(buffer.state(), FrameState::incomplete) << i;
  }
  arrive(base::ByteView(whole).last(1));

  ASSERT_EQ(buffer.state(), FrameState::complete);
  EXPECT_EQ(take_payload(), bytes(100, 1));
}

TEST_F(ReceiveBufferTest, stays_small_for_small_frames_one_by_one) {
  for (int i = 0; i < 5'000; ++i) {
    arrive(frame(ping));
    ASSERT_EQ(buffer.state(), FrameState::complete);
    EXPECT_EQ(buffer.take().code, ping);
  }

  EXPECT_FALSE(buffer.is_grown());
  EXPECT_EQ(buffer.room().size(), 4096);
}

TEST_F(ReceiveBufferTest, holds_many_small_frames_in_one_block) {
  base::Bytes many;
  for (int i = 0; i < 512; ++i) {
    const auto one = frame(ping);
    many.insert(many.end(), one.begin(), one.end());
  }
  ASSERT_EQ(many.size(), 4096);

  arrive(many);

  for (int i = 0; i < 512; ++i) {
    ASSERT_EQ(buffer.state(), FrameState::complete);
    EXPECT_EQ(buffer.take().code, ping);
  }
  EXPECT_EQ(buffer.state(), FrameState::incomplete);
  EXPECT_FALSE(buffer.is_grown());
}

TEST_F(ReceiveBufferTest, may_grow_when_a_busy_peer_fills_the_small_block) {
  base::Bytes many;
  for (int i = 0; i < 40; ++i) {
    const auto one = frame(7, bytes(100, i));
    many.insert(many.end(), one.begin(), one.end());
  }
  arrive(base::ByteView(many).first(4096));
  int taken = 0;
  while (buffer.state() == FrameState::complete) EXPECT_EQ(take_payload(), bytes(100, taken++));
  EXPECT_EQ(taken, 37);
  EXPECT_EQ(buffer.pending(), 100);

  EXPECT_TRUE(buffer.is_crowded());

  buffer.make_busy();

  EXPECT_FALSE(buffer.is_crowded());
  EXPECT_EQ(buffer.room().size() + buffer.pending(), 65'536);
  EXPECT_TRUE(buffer.is_grown());
  arrive(base::ByteView(many).subspan(4096));
  while (buffer.state() == FrameState::complete) EXPECT_EQ(take_payload(), bytes(100, taken++));
  EXPECT_EQ(taken, 40);
  EXPECT_EQ(buffer.pending(), 0);
}

TEST_F(ReceiveBufferTest, makes_a_block_of_the_size_that_a_header_announces) {
  arrive(header(7, 20'000));

  EXPECT_EQ(buffer.state(), FrameState::incomplete);
  EXPECT_EQ(buffer.front_code(), 7);
  EXPECT_EQ(buffer.needed_size(), 32'768);
  EXPECT_EQ(buffer.room().size() + buffer.pending(), 32'768);
  arrive(bytes(20'000, 3));
  ASSERT_EQ(buffer.state(), FrameState::complete);
  EXPECT_EQ(take_payload(), bytes(20'000, 3));
}

TEST_F(ReceiveBufferTest, puts_a_large_frame_into_a_block_of_its_own) {
  arrive(header(send, 1'000'000));
  EXPECT_EQ(buffer.needed_size(), 1'000'008);

  arrive(bytes(400'000, 5));
  EXPECT_EQ(buffer.needed_size(), 1'000'008);
  EXPECT_EQ(buffer.state(), FrameState::incomplete);
  arrive(bytes(600'000, 5));

  ASSERT_EQ(buffer.state(), FrameState::complete);
  EXPECT_EQ(take_payload(), bytes(1'000'000, 5));
  EXPECT_EQ(buffer.pending(), 0);
  EXPECT_EQ(buffer.needed_size(), 4'096);
}

TEST_F(ReceiveBufferTest, gives_its_block_back_only_when_nothing_waits_in_it) {
  arrive(frame(send, bytes(300'000, 1)));
  arrive(base::ByteView(frame(ping)).first(3));
  (void)buffer.take();
  buffer.release_if_empty();
  EXPECT_TRUE(buffer.is_grown());
  EXPECT_EQ(buffer.pending(), 3);

  arrive(base::ByteView(frame(ping)).subspan(3));
  EXPECT_EQ(buffer.take().code, ping);
  buffer.release_if_empty();

  EXPECT_FALSE(buffer.is_grown());
  arrive(frame(ping));
  EXPECT_EQ(buffer.take().code, ping);
}

TEST_F(ReceiveBufferTest, forgets_what_is_discarded) {
  arrive(header(send, 1'000'000));
  arrive(bytes(10, 1));

  buffer.discard();

  EXPECT_EQ(buffer.pending(), 0);
  EXPECT_FALSE(buffer.is_grown());
  EXPECT_EQ(buffer.room().size(), 4096);
}

TEST_F(ReceiveBufferTest, tells_a_length_that_is_too_short) {
  for (std::uint32_t length = 0; length < 4; ++length) {
    base::Bytes bad(8);
    base::store(bad.data(), length);
    arrive(bad);
    arrive(frame(ping));

    EXPECT_EQ(buffer.state(), FrameState::too_short) << length;
    buffer.skip_header();

    ASSERT_EQ(buffer.state(), FrameState::complete);
    EXPECT_EQ(buffer.take().code, ping);
  }
}

TEST_F(ReceiveBufferTest, takes_frames_up_to_the_limit_of_their_command) {
  arrive(header(ping, 500'000));
  EXPECT_EQ(buffer.state(), FrameState::incomplete);
  buffer.discard();
  arrive(header(ping, 500'001));
  EXPECT_EQ(buffer.state(), FrameState::too_large);
  buffer.discard();
  arrive(header(send, 2'000'000));
  EXPECT_EQ(buffer.state(), FrameState::incomplete);
  buffer.discard();
  arrive(header(send, 2'000'001));
  EXPECT_EQ(buffer.state(), FrameState::too_large);
  buffer.discard();
  base::Bytes largest(8, std::byte{0xff});
  arrive(largest);
  EXPECT_EQ(buffer.state(), FrameState::too_large);
}

TEST_F(ReceiveBufferTest, makes_no_block_for_a_frame_that_is_too_large) {
  arrive(header(send, 2'000'001));

  EXPECT_EQ(buffer.room().size() + buffer.pending(), 4096);
}

TEST_F(ReceiveBufferTest, follows_new_limits) {
  buffer.set_limits({.send_payload_size = 100, .control_payload_size = 100});

  arrive(header(send, 101));

  EXPECT_EQ(buffer.state(), FrameState::too_large);
}

}  // namespace
}  // namespace iggy::server
