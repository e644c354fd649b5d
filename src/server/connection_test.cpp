// Tests of a connection: order, refusals, and how it ends.
#include "server/connection.hpp"

#include <gtest/gtest.h>

#include "broker/password.hpp"
#include "server/connection_testing.hpp"

namespace iggy::server {
namespace {

using namespace testing;

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
  take_all();
  connect(host.root());
  say(header(send, 1'000'000));

  connection->stop();
  peer.end();
  run();

  EXPECT_EQ(peer.statuses(), Statuses{8});
  EXPECT_TRUE(is_over());
}

}  // namespace
}  // namespace iggy::server
