// Tests of the reply writer: what leaves together, what can be taken back, and its bytes.
#include "server/reply_writer.hpp"

#include <gtest/gtest.h>

#include "server/testing.hpp"
#include "wire/sessions.hpp"

namespace iggy::server {
namespace {

base::Bytes bytes(std::initializer_list<int> values) {
  base::Bytes result;
  for (const auto value : values) result.push_back(std::byte(value));
  return result;
}

class ReplyWriterTest : public ::testing::Test {
 protected:
  runtime::TestShard shard;
  testing::Peer peer;
  testing::PeerStream stream{peer};
  ReplyWriter replies{stream};
};

TEST_F(ReplyWriterTest, collects_replies_in_order_and_sends_them_together) {
  replies.add_success();
  replies.add_error(Error::unauthenticated);
  replies.add(wire::UserIdentity{.user_id = UserId{7}});
  EXPECT_TRUE(peer.taken.empty());

  ASSERT_TRUE(shard.run(replies.flush()));

  EXPECT_EQ(peer.taken, bytes({0,  0, 0, 0, 0, 0, 0, 0,  //
                               40, 0, 0, 0, 0, 0, 0, 0,  //
                               0,  0, 0, 0, 4, 0, 0, 0, 7, 0, 0, 0}));
  EXPECT_FALSE(replies.is_sending());
}

TEST_F(ReplyWriterTest, sends_nothing_when_nothing_was_added) {
  ASSERT_TRUE(shard.run(replies.flush()));

  EXPECT_TRUE(peer.taken.empty());
}

TEST_F(ReplyWriterTest, sends_lent_bytes_behind_what_was_collected) {
  replies.add_success();
  const auto lent = bytes({1, 2, 3});

  ASSERT_TRUE(shard.run(replies.flush_with(lent)));

  EXPECT_EQ(peer.taken, bytes({0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3}));
}

TEST_F(ReplyWriterTest, takes_back_what_was_added_since_a_mark) {
  replies.add_success();
  const auto mark = replies.mark();
  replies.add(wire::UserIdentity{});

  EXPECT_FALSE(replies.has_sent_since(mark));
  replies.cut_to(mark);
  replies.add_error(Error::error);
  ASSERT_TRUE(shard.run(replies.flush()));

  EXPECT_EQ(peer.taken, bytes({0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_TRUE(replies.has_sent_since(mark));
}

TEST_F(ReplyWriterTest, is_full_at_64_kib) {
  for (int i = 0; i < 8'191; ++i) replies.add_success();
  EXPECT_FALSE(replies.is_full());

  replies.add_success();

  EXPECT_TRUE(replies.is_full());
}

TEST_F(ReplyWriterTest, keeps_no_memory_when_it_is_told_to_let_go) {
  for (int i = 0; i < 1'000; ++i) replies.add_success();
  replies.release_if_empty();
  ASSERT_TRUE(shard.run(replies.flush()));
  EXPECT_EQ(peer.taken.size(), 8'000);
  EXPECT_TRUE(replies.is_grown());

  replies.release_if_empty();

  EXPECT_FALSE(replies.is_grown());
}

TEST_F(ReplyWriterTest, sends_a_stretch_of_a_file) {
  runtime::MemoryDisk disk;
  disk.set_contents("log", base::Bytes(9'000'000, std::byte{5}));
  const auto file = shard.run(disk.open("log", runtime::OpenMode::read));
  ASSERT_TRUE(file);

  ASSERT_TRUE(shard.run(replies.send_file(*file, 100, 8'388'609)));

  EXPECT_EQ(peer.taken, base::Bytes(8'388'609, std::byte{5}));
}

Task<> flush(ReplyWriter& replies) { (void)co_await replies.flush(); }

TEST_F(ReplyWriterTest, tells_that_the_peer_has_not_taken_all) {
  peer.takes_max = 3;
  replies.add_success();
  shard.group().spawn(flush(replies));
  shard.run_ready();
  EXPECT_TRUE(replies.is_sending());

  peer.take_everything();
  shard.run_ready();

  EXPECT_FALSE(replies.is_sending());
}

TEST_F(ReplyWriterTest, gives_the_error_of_a_peer_that_has_vanished) {
  replies.add_success();
  peer.vanish();

  EXPECT_EQ(shard.run(replies.flush()), fail(Error::connection_reset));
}

}  // namespace
}  // namespace iggy::server
