// Tests of a connection: its deadlines, its memory, and the turn of others.
#include "server/connection.hpp"

#include <gtest/gtest.h>

#include "server/connection_testing.hpp"

namespace iggy::server {
namespace {

using namespace testing;

// Deadlines

TEST_F(ConnectionTest, waits_for_ever_for_a_user) {
  connect(host.root());
  say(frame(ping));

  pass(Duration::seconds(1'000'000));

  say(frame(ping));
  EXPECT_EQ(peer.statuses(), (Statuses{0, 0}));
}

TEST_F(ConnectionTest, ends_when_a_request_stays_incomplete_for_10_seconds) {
  connect(host.root());
  say(base::ByteView(frame(ping)).first(3));

  pass(Duration::milliseconds(9'999));
  EXPECT_FALSE(is_over());
  say(base::ByteView(frame(ping)).subspan(3, 1));  // each byte counts
  pass(Duration::milliseconds(9'999));
  EXPECT_FALSE(is_over());
  pass(Duration::milliseconds(1));

  EXPECT_TRUE(is_over());
  EXPECT_TRUE(peer.is_closed);
  EXPECT_TRUE(peer.taken.empty());
}

TEST_F(ConnectionTest, does_not_hold_its_own_shortage_against_the_peer) {
  take_all();
  connect(host.root());
  say(header(send, 300'000));

  pass(Duration::seconds(100));
  EXPECT_FALSE(is_over());
  give_all_back();
  pass(Duration::milliseconds(9'999));
  EXPECT_FALSE(is_over());
  say(base::Bytes(300'000));

  EXPECT_EQ(peer.statuses(), Statuses{6});
}

TEST_F(ConnectionTest, ends_30_seconds_after_the_last_request_of_a_stranger) {
  connect(testing::TestBroker::stranger());
  pass(Duration::milliseconds(29'999));
  EXPECT_FALSE(is_over());
  say(frame(ping));

  pass(Duration::milliseconds(29'999));
  EXPECT_FALSE(is_over());
  pass(Duration::milliseconds(1));

  EXPECT_TRUE(is_over());
  EXPECT_TRUE(peer.is_closed);
}

TEST_F(ConnectionTest, gives_a_stranger_no_more_time_for_a_request_that_trickles_in) {
  connect(testing::TestBroker::stranger());
  say(header(ping, 1'000));

  for (int i = 0; i < 4; ++i) {
    pass(Duration::seconds(7));
    say(base::Bytes(1));
  }
  EXPECT_FALSE(is_over());
  pass(Duration::seconds(2));

  EXPECT_TRUE(is_over());
}

TEST_F(ConnectionTest, ends_when_a_reply_is_not_taken_for_60_seconds) {
  connect(host.root());
  peer.takes_max = 3;
  say(frame(ping));

  pass(Duration::seconds(1));  // counted from the first look
  pass(Duration::milliseconds(59'999));
  EXPECT_FALSE(is_over());
  pass(Duration::milliseconds(1));

  EXPECT_TRUE(is_over());
  EXPECT_TRUE(peer.is_closed);
}

TEST_F(ConnectionTest, goes_on_as_long_as_the_peer_takes_a_byte_now_and_then) {
  connect(host.root());
  peer.takes_max = 0;
  say(frame(ping));

  for (int i = 0; i < 8; ++i) {
    pass(Duration::seconds(59));
    ++peer.takes_max;
    peer.changed.notify_all();
    run();
  }

  EXPECT_EQ(peer.statuses(), Statuses{0});
  pass(Duration::seconds(100));
  EXPECT_FALSE(is_over());
}

TEST_F(ConnectionTest, counts_the_time_of_each_reply_alone) {
  connect(host.root());
  peer.takes_max = 3;
  say(frame(ping));
  pass(Duration::seconds(1));
  pass(Duration::seconds(50));
  peer.takes_max = 8;
  peer.changed.notify_all();
  run();
  pass(Duration::seconds(1));

  say(frame(ping));  // nothing of its reply is taken
  pass(Duration::seconds(1));
  pass(Duration::seconds(59));
  EXPECT_FALSE(is_over());
  pass(Duration::seconds(1));

  EXPECT_TRUE(is_over());
}

// Memory

TEST_F(ConnectionTest, charges_a_large_request_as_it_arrives) {
  connect(host.root());
  say(header(send, 5'000'000));
  EXPECT_EQ(budget.used_bytes(), 16'384);

  say(base::Bytes(100'000));
  EXPECT_EQ(budget.used_bytes(), 131'072);
  say(base::Bytes(4'900'000));

  EXPECT_EQ(budget.used_bytes(), 5'000'008);
}

TEST_F(ConnectionTest, charges_a_small_request_as_a_whole) {
  connect(host.root());

  say(header(send, 1'000'000));

  EXPECT_EQ(budget.used_bytes(), 1'000'008);
}

TEST_F(ConnectionTest, receives_no_more_than_the_frame_into_memory_that_all_share) {
  connect(host.root());
  say(header(send, 10'000'000) + base::Bytes(9'998'000));
  peer.room_max = 0;
  say(base::Bytes(1'000));
  EXPECT_EQ(peer.room_max, 1'000);

  say(base::Bytes(1'000) + frame(ping));

  EXPECT_EQ(peer.statuses(), (Statuses{6, 0}));
  EXPECT_EQ(peer.room_max, 4'096);
}

TEST_F(ConnectionTest, gives_memory_that_all_share_back_before_it_asks_for_more) {
  connect(host.root());
  say(frame(send, base::Bytes(10'000'000)));
  EXPECT_EQ(budget.used_bytes(), 10'000'008);

  say(header(send, 20'000'000) + base::Bytes(1'000));
  EXPECT_EQ(budget.used_bytes(), 16'384);
  say(base::Bytes(19'999'000));

  EXPECT_EQ(peer.statuses(), (Statuses{6, 6}));
}

TEST_F(ConnectionTest, charges_a_block_of_the_pool_before_it_takes_it) {
  take_all();
  connect(host.root());
  peer.room_max = 0;
  say(header(send, 200'000));
  EXPECT_EQ(peer.room_max, 0);  // it does not receive

  give_all_back();

  EXPECT_EQ(budget.used_bytes(), 262'144);
  say(base::Bytes(200'000));
  EXPECT_EQ(peer.statuses(), Statuses{6});
}

TEST_F(ConnectionTest, goes_on_with_a_small_block_when_there_is_no_memory_for_a_larger_one) {
  take_all();
  connect(host.root());
  base::Bytes many;
  for (int i = 0; i < 1'000; ++i) many = many + frame(ping, base::Bytes(5));

  say(many);

  EXPECT_EQ(peer.statuses(), Statuses(1'000, 0));
  EXPECT_EQ(peer.room_max, 4'096);
}

TEST_F(ConnectionTest, charges_what_it_brought_along) {
  connection.emplace(host.broker, budget, placement, limits,
                     Arrival{.stream = std::make_unique<testing::PeerStream>(peer),
                             .session = host.root(),
                             .received = frame(ping, base::Bytes(10'000))});
  EXPECT_EQ(budget.used_bytes(), 16'384);

  tasks.spawn(serve());
  run();

  EXPECT_EQ(peer.statuses(), Statuses{0});
  pass(Duration::seconds(1));
  EXPECT_EQ(budget.used_bytes(), 0);
}

TEST_F(ConnectionTest, ends_for_others_if_its_request_arrives_too_slowly) {
  const auto slow = [this] { return connection->end_if_slow(host.shard.clock().monotonic()); };
  connect(host.root());
  say(header(send, 50'000'000));
  say(base::Bytes(2'000'000));
  pass(Duration::seconds(2));
  EXPECT_TRUE(slow());  // less than 2 MiB in 2 s
  run();

  EXPECT_TRUE(is_over());
  EXPECT_TRUE(peer.is_closed);
  EXPECT_EQ(budget.used_bytes(), 0);
}

TEST_F(ConnectionTest, does_not_end_for_others_as_long_as_it_is_quick_or_has_just_begun) {
  const auto slow = [this] { return connection->end_if_slow(host.shard.clock().monotonic()); };
  connect(host.root());
  EXPECT_FALSE(slow());
  say(header(send, 50'000'000));
  pass(Duration::milliseconds(1'999));
  EXPECT_FALSE(slow());

  say(base::Bytes(3 * 1024 * 1024));
  pass(Duration::milliseconds(2'000));
  EXPECT_FALSE(slow());
  pass(Duration::milliseconds(1));

  EXPECT_TRUE(slow());
}

TEST_F(ConnectionTest, gives_memory_back_when_it_was_idle_for_a_second) {
  connect(host.root());
  say(frame(send, base::Bytes(1'000'000)));
  EXPECT_EQ(budget.used_bytes(), 1'000'008);
  peer.room_max = 0;

  pass(Duration::milliseconds(999));
  EXPECT_EQ(budget.used_bytes(), 1'000'008);
  pass(Duration::milliseconds(1));

  EXPECT_EQ(budget.used_bytes(), 0);
  EXPECT_EQ(peer.room_max, 4'096);
  say(frame(ping));
  EXPECT_EQ(peer.statuses(), (Statuses{6, 0}));
}

TEST_F(ConnectionTest, gives_pooled_memory_back_too) {
  connect(host.root());
  say(frame(ping, base::Bytes(100'000)));
  peer.room_max = 0;

  pass(Duration::seconds(1));

  EXPECT_EQ(peer.room_max, 4'096);
  EXPECT_FALSE(is_over());
}

TEST_F(ConnectionTest, still_ends_a_stranger_that_held_memory) {
  connect(testing::TestBroker::stranger());
  say(frame(ping, base::Bytes(1'000'000)));

  pass(Duration::seconds(1));
  EXPECT_EQ(budget.used_bytes(), 0);
  EXPECT_FALSE(is_over());
  pass(Duration::seconds(29));

  EXPECT_TRUE(is_over());
}

Task<> wait_for(ReceiveBudget::Share& share) { (void)co_await share.hold(1); }

TEST_F(ConnectionTest, gives_memory_back_at_once_when_another_waits_for_it) {
  ReceiveBudget::Share other(small_budget);
  connect(host.root(), small_budget);
  say(header(send, 600'000) + base::Bytes(599'999));
  other.begin(300'000);
  tasks.spawn(wait_for(other));
  run();
  EXPECT_TRUE(small_budget.is_short());

  say(base::Bytes(1));

  EXPECT_EQ(peer.statuses(), Statuses{6});
  EXPECT_EQ(small_budget.used_bytes(), other.held_bytes());
  EXPECT_FALSE(small_budget.is_short());
}

/// Notes how much the peer has when somebody else comes to run.
Task<> note_first_replies(const testing::Peer& peer, std::size_t& size) {
  while (peer.taken.empty()) co_await runtime::yield();
  size = peer.taken.size();
}

TEST_F(ConnectionTest, lets_others_go_on_behind_64_requests) {
  connect(host.root());
  base::Bytes many;
  for (int i = 0; i < 200; ++i) many = many + frame(ping);
  std::size_t size = 0;

  peer.say(many);
  tasks.spawn(note_first_replies(peer, size));
  run();

  EXPECT_EQ(size, 64 * 8);
  EXPECT_EQ(peer.statuses(), Statuses(200, 0));
}

}  // namespace
}  // namespace iggy::server
