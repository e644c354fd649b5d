// Tests of a connection: order, refusals, deadlines, bounds, and how it ends.
#include "server/connection.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "broker/password.hpp"
#include "server/testing.hpp"
#include "wire/commands.hpp"

namespace iggy::server {
namespace {

using testing::frame;
using testing::header;
using Statuses = std::vector<std::uint32_t>;

constexpr std::uint32_t ping = wire::Ping::code;
constexpr std::uint32_t get_me = wire::GetMe::code;
constexpr std::uint32_t send = wire::SendMessages::code;
constexpr std::uint32_t unknown = 9'999;

class ConnectionTest : public ::testing::Test {
 protected:
  ~ConnectionTest() override {
    tasks.cancel();
    host.shard.run(tasks.join());
  }

  void connect(broker::Session session) { connect(std::move(session), budget); }
  void connect(broker::Session session, ReceiveBudget& charged) {
    make(std::move(session), charged);
    tasks.spawn(serve());
    run();
  }
  void make(broker::Session session, ReceiveBudget& charged) {
    connection.emplace(host.broker, charged, placement, limits,
                       Arrival{.stream = std::make_unique<testing::PeerStream>(peer),
                               .session = std::move(session)});
  }
  void say(base::ByteView bytes) {
    peer.say(bytes);
    run();
  }
  void run() { host.shard.run_ready(); }
  /// Lets time pass as it does in the server, where deadlines are looked at each second.
  void pass(Duration time) {
    host.shard.clock().advance(time);
    connection->check_deadline(host.shard.clock().monotonic());
    run();
  }
  [[nodiscard]] bool is_over() const { return tasks.size() == 0; }

  Task<> serve() { (void)co_await connection->serve(); }

  testing::TestBroker host;
  Placement placement{{&host.shard.shard()}};
  ReceiveBudget budget{100'000'000};
  ReceiveBudget small_budget{500'000};
  ConnectionLimits limits;
  testing::Peer peer;
  std::optional<Connection> connection;
  runtime::TaskGroup tasks;
};

base::Bytes operator+(base::Bytes left, const base::Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

/// A header whose length field is 3.
base::Bytes too_short() {
  base::Bytes bytes(8);
  base::store(bytes.data(), std::uint32_t{3});
  return bytes;
}

TEST_F(ConnectionTest, answers_pipelined_requests_in_their_order) {
  connect(host.root());

  say(frame(ping) + frame(unknown) + frame(wire::CreateStream::code) + frame(get_me));

  EXPECT_EQ(peer.statuses(), (Statuses{0, 3, 3, 0}));
  EXPECT_FALSE(is_over());
}

TEST_F(ConnectionTest, answers_a_request_that_arrives_byte_by_byte) {
  connect(host.root());
  const auto request = frame(get_me);

  for (std::size_t i = 0; i < request.size(); ++i) {
    EXPECT_TRUE(peer.taken.empty());
    say(base::ByteView(request).subspan(i, 1));
  }

  EXPECT_EQ(peer.statuses(), Statuses{0});
}

TEST_F(ConnectionTest, sends_the_replies_of_pipelined_requests_together) {
  connect(host.root());
  peer.takes_max = 0;
  say(frame(ping) + frame(ping) + frame(ping));
  const auto calls = peer.receive_calls;

  peer.take_everything();
  run();

  EXPECT_EQ(peer.statuses(), (Statuses{0, 0, 0}));
  EXPECT_EQ(peer.receive_calls, calls + 1);
}

TEST_F(ConnectionTest, reads_the_payload_of_an_unknown_command) {
  connect(host.root());

  say(frame(unknown, base::Bytes(300'000, std::byte{1})) + frame(ping));

  EXPECT_EQ(peer.statuses(), (Statuses{3, 0}));
}

TEST_F(ConnectionTest, goes_on_behind_headers_that_are_too_short) {
  connect(host.root());

  say(too_short() + frame(ping) + too_short() + too_short() + frame(get_me));

  EXPECT_EQ(peer.statuses(), (Statuses{3, 0, 3, 3, 0}));
  EXPECT_FALSE(is_over());
}

TEST_F(ConnectionTest, collects_a_bounded_number_of_refusals) {
  connect(host.root());

  say(base::Bytes(8'000));  // lengths of 0

  EXPECT_EQ(peer.statuses(), Statuses(1'000, 3));
  EXPECT_EQ(peer.sent_at_once_max, 64 * 8);
}

TEST_F(ConnectionTest, ends_behind_a_frame_that_is_too_large) {
  connect(host.root());

  say(frame(ping) + header(ping, 10'485'761) + frame(ping));

  EXPECT_EQ(peer.statuses(), (Statuses{0, 3}));
  EXPECT_TRUE(peer.was_told_the_end);
  EXPECT_FALSE(is_over());  // the peer may still hear the reply
  peer.end();
  run();
  EXPECT_TRUE(is_over());
  EXPECT_TRUE(peer.is_closed);
}

TEST_F(ConnectionTest, takes_a_control_frame_of_exactly_the_limit) {
  connect(host.root());

  say(frame(ping, base::Bytes(10'485'760)));

  EXPECT_EQ(peer.statuses(), Statuses{0});
}

TEST_F(ConnectionTest, ends_behind_messages_above_the_limit) {
  limits.frames.send_payload_size = 1'000;
  connect(host.root());

  say(header(send, 1'001));

  EXPECT_EQ(peer.statuses(), Statuses{3});
  EXPECT_TRUE(peer.was_told_the_end);
}

TEST_F(ConnectionTest, cuts_off_a_peer_that_floods_its_last_two_seconds) {
  connect(host.root());
  say(header(ping, 10'485'761));

  say(base::Bytes(3'000'000));
  EXPECT_FALSE(is_over());
  EXPECT_TRUE(peer.incoming.empty());  // read and forgotten
  EXPECT_EQ(budget.used_bytes(), 0);
  host.shard.run(tasks.join());

  EXPECT_EQ(host.shard.clock().monotonic(), Duration::seconds(2));
  EXPECT_TRUE(peer.is_closed);
}

// Before login

TEST_F(ConnectionTest, refuses_strangers_in_order) {
  connect(testing::TestBroker::stranger());

  say(frame(ping) + frame(get_me) + frame(wire::GetStats::code) + frame(unknown) +
      frame(wire::CreateStream::code) + frame(send) + frame(ping));

  EXPECT_EQ(peer.statuses(), (Statuses{0, 40, 40, 3, 3, 40, 0}));
  EXPECT_FALSE(is_over());
}

TEST_F(ConnectionTest, reads_messages_of_strangers_that_are_no_larger_than_other_requests) {
  connect(testing::TestBroker::stranger());

  say(frame(send, base::Bytes(300'000)) + frame(ping));

  EXPECT_EQ(peer.statuses(), (Statuses{40, 0}));
  EXPECT_FALSE(is_over());
}

TEST_F(ConnectionTest, gives_strangers_no_memory_for_messages) {
  connect(testing::TestBroker::stranger());

  say(header(send, 10'485'761));

  EXPECT_EQ(peer.statuses(), Statuses{40});
  EXPECT_LE(peer.room_max, 4'096);
  EXPECT_TRUE(peer.was_told_the_end);
}

TEST_F(ConnectionTest, takes_large_messages_right_behind_a_login) {
  const auto hash = host.shard.run(broker::hash_password("secret"));
  ASSERT_TRUE(hash);
  ASSERT_TRUE(host.shard.run(host.broker.commit(
      broker::AddUser{.name = wire::Name("somebody"), .password_hash = *hash}, nobody)));
  connect(testing::TestBroker::stranger());

  say(wire::encode_request(wire::LoginUser{.username = wire::Name("somebody"),
                                           .password = wire::ShortText("secret")}) +
      header(send, 10'485'761));
  EXPECT_EQ(peer.statuses(), Statuses{0});
  EXPECT_GT(peer.room_max, 4'096);
  say(base::Bytes(10'485'761));

  EXPECT_EQ(peer.statuses(), Statuses{6});  // zeros are no messages
  say(frame(wire::LogoutUser::code) + header(send, 10'485'761));
  EXPECT_EQ(peer.statuses(), (Statuses{0, 40}));
  EXPECT_TRUE(peer.was_told_the_end);
}

TEST_F(ConnectionTest, ends_behind_error_100) {
  auto session = host.root();
  session.user_incarnation = Incarnation{12'345};  // of a user that was deleted meanwhile
  connect(std::move(session));

  say(frame(ping) + frame(get_me) + frame(ping));

  EXPECT_EQ(peer.statuses(), (Statuses{0, 100}));
  EXPECT_TRUE(peer.was_told_the_end);
  peer.end();
  run();
  EXPECT_TRUE(is_over());
}

// The peer's end

TEST_F(ConnectionTest, ends_quietly_when_the_peer_ends_between_requests) {
  connect(host.root());
  say(frame(ping));

  peer.end();
  run();

  EXPECT_EQ(peer.statuses(), Statuses{0});
  EXPECT_TRUE(is_over());
  EXPECT_TRUE(peer.is_closed);
}

TEST_F(ConnectionTest, answers_what_was_said_before_the_end) {
  connect(host.root());

  peer.say(frame(ping) + frame(get_me));
  peer.end();
  run();

  EXPECT_EQ(peer.statuses(), (Statuses{0, 0}));
  EXPECT_TRUE(is_over());
}

TEST_F(ConnectionTest, ends_quietly_when_the_peer_ends_inside_of_a_request) {
  connect(host.root());

  peer.say(header(wire::CreateStream::code, 10));
  peer.end();
  run();

  EXPECT_TRUE(peer.taken.empty());
  EXPECT_TRUE(is_over());
}

TEST_F(ConnectionTest, tells_that_messages_were_cut) {
  connect(host.root());

  peer.say(header(send, 10) + base::Bytes(9));
  peer.end();
  run();

  EXPECT_EQ(peer.statuses(), Statuses{206});
  EXPECT_TRUE(is_over());
  EXPECT_TRUE(peer.is_closed);
}

TEST_F(ConnectionTest, ends_when_the_peer_vanishes) {
  connect(host.root());

  peer.vanish();
  run();

  EXPECT_TRUE(is_over());
  EXPECT_TRUE(peer.is_closed);
}

TEST_F(ConnectionTest, ends_when_the_peer_vanishes_while_it_is_answered) {
  connect(host.root());
  peer.takes_max = 3;
  say(frame(ping));

  peer.vanish();
  run();

  EXPECT_TRUE(is_over());
  EXPECT_EQ(peer.taken.size(), 3);
}

// Stop

TEST_F(ConnectionTest, tells_an_idle_peer_that_it_stops) {
  connect(host.root());
  say(frame(ping));

  connection->stop();
  run();

  EXPECT_EQ(peer.statuses(), (Statuses{0, 8}));
  EXPECT_TRUE(peer.was_told_the_end);
  peer.end();
  run();
  EXPECT_TRUE(is_over());
}

TEST_F(ConnectionTest, stops_inside_of_a_request_that_is_incomplete) {
  connect(host.root());
  say(header(send, 1'000'000) + base::Bytes(500'000));
  EXPECT_GT(budget.used_bytes(), 0);

  connection->stop();
  run();

  EXPECT_EQ(peer.statuses(), Statuses{8});
  EXPECT_EQ(budget.used_bytes(), 0);
  peer.end();
  run();
  EXPECT_TRUE(is_over());
}

TEST_F(ConnectionTest, stops_before_it_began) {
  make(host.root(), budget);
  connection->stop();
  tasks.spawn(serve());
  peer.end();
  run();

  EXPECT_EQ(peer.statuses(), Statuses{8});
  EXPECT_TRUE(is_over());
}

TEST_F(ConnectionTest, stops_behind_the_reply_under_way) {
  connect(host.root());
  peer.takes_max = 3;
  say(frame(ping));

  connection->stop();
  run();
  EXPECT_TRUE(peer.statuses().empty());
  peer.end();
  peer.take_everything();
  run();

  EXPECT_EQ(peer.statuses(), (Statuses{0, 8}));
  EXPECT_TRUE(is_over());
}

TEST_F(ConnectionTest, says_nothing_more_when_a_reply_was_cut) {
  connect(host.root());
  peer.takes_max = 3;
  say(frame(ping));

  connection->stop();
  pass(Duration::seconds(1));
  pass(Duration::seconds(60));
  peer.take_everything();
  run();

  EXPECT_EQ(peer.taken.size(), 3);
  EXPECT_TRUE(is_over());
}

TEST_F(ConnectionTest, does_not_wait_long_for_a_peer_that_does_not_listen) {
  connect(host.root());
  peer.takes_max = 0;

  connection->stop();
  host.shard.run(tasks.join());

  EXPECT_EQ(host.shard.clock().monotonic(), Duration::seconds(2));
  EXPECT_TRUE(peer.is_closed);
}

TEST_F(ConnectionTest, stops_while_it_waits_for_memory) {
  ReceiveBudget::Share other(budget);
  other.take(100'000'000);
  connect(host.root());
  say(header(send, 1'000'000));

  connection->stop();
  peer.end();
  run();

  EXPECT_EQ(peer.statuses(), Statuses{8});
  EXPECT_TRUE(is_over());
}

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
  ReceiveBudget::Share other(budget);
  other.take(100'000'000);
  connect(host.root());
  say(header(send, 300'000));

  pass(Duration::seconds(100));
  EXPECT_FALSE(is_over());
  other.release();
  run();
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
  say(header(send, 1'000'000));
  EXPECT_EQ(budget.used_bytes(), 16'384);

  say(base::Bytes(100'000));
  EXPECT_EQ(budget.used_bytes(), 131'072);
  say(base::Bytes(900'000));

  EXPECT_EQ(budget.used_bytes(), 1'000'008);
}

TEST_F(ConnectionTest, charges_a_block_of_the_pool_before_it_takes_it) {
  ReceiveBudget::Share other(budget);
  other.take(100'000'000);
  connect(host.root());
  peer.room_max = 0;
  say(header(send, 200'000));
  EXPECT_EQ(peer.room_max, 0);  // it does not receive

  other.release();
  run();

  EXPECT_EQ(budget.used_bytes(), 262'144);
  say(base::Bytes(200'000));
  EXPECT_EQ(peer.statuses(), Statuses{6});
}

TEST_F(ConnectionTest, goes_on_with_a_small_block_when_there_is_no_memory_for_a_larger_one) {
  ReceiveBudget::Share other(budget);
  other.take(100'000'000);
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
