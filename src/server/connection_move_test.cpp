// Tests of a connection that leaves its shard: when, and what it takes along.
#include <gtest/gtest.h>

#include <optional>

#include "server/connection.hpp"
#include "server/testing.hpp"
#include "wire/commands.hpp"

namespace iggy::server {
namespace {

using testing::frame;
using Statuses = std::vector<std::uint32_t>;

constexpr std::uint32_t ping = wire::Ping::code;

/// A connection on shard 0 of two; the other one is never driven.
class ConnectionMoveTest : public ::testing::Test {
 protected:
  ~ConnectionMoveTest() override {
    tasks.cancel();
    host.shard.run(tasks.join());
  }

  /// Its last data requests went to the other shard, one fewer than makes it move, or as many.
  void connect(std::uint32_t requests, Duration settled_until = {}, bool may_move = true) {
    auto session = host.root();
    session.trail = {.shard = 1, .requests = requests};
    connection.emplace(host.broker, budget, placement, limits,
                       Arrival{.stream = std::make_unique<testing::PeerStream>(peer),
                               .session = std::move(session),
                               .may_move = may_move,
                               .settled_until = settled_until});
    tasks.spawn(serve());
    host.shard.run_ready();
  }
  void say(base::ByteView bytes) {
    peer.say(bytes);
    host.shard.run_ready();
  }
  Task<> serve() { departure = co_await connection->serve(); }

  runtime::TestShard other;  // first: the shard that was made last is the current one
  testing::TestBroker host;
  Placement placement{{&host.shard.shard(), &other.shard()}};
  ReceiveBudget budget{100'000'000};
  ConnectionLimits limits;
  testing::Peer peer;
  std::optional<Connection> connection;
  std::optional<Departure> departure;
  runtime::TaskGroup tasks;
};

base::Bytes operator+(base::Bytes left, const base::Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

TEST_F(ConnectionMoveTest, leaves_after_enough_requests_for_another_shard) {
  connect(31);
  say(frame(ping));
  EXPECT_FALSE(departure);
  EXPECT_EQ(peer.statuses(), Statuses{0});
}

TEST_F(ConnectionMoveTest, takes_its_session_along) {
  connect(32);

  ASSERT_TRUE(departure);
  EXPECT_EQ(departure->shard, 1);
  EXPECT_EQ(departure->arrival.session.user_id, root_user_id);
  EXPECT_FALSE(peer.is_closed);
  EXPECT_EQ(budget.used_bytes(), 0);
}

TEST_F(ConnectionMoveTest, answers_first_what_it_brought_along) {
  connect(32);
  ASSERT_TRUE(departure);

  auto arrival = std::move(departure->arrival);
  arrival.received = frame(ping) + testing::header(ping, 3);
  connection.emplace(host.broker, budget, placement, limits, std::move(arrival));
  tasks.spawn(serve());
  host.shard.run_ready();
  EXPECT_EQ(peer.statuses(), Statuses{0});

  say(base::Bytes(3));
  EXPECT_EQ(peer.statuses(), Statuses{0});
}

TEST_F(ConnectionMoveTest, leaves_when_it_is_sent_away_and_settles_there) {
  connect(0);
  ASSERT_TRUE(connection->send_away(1));
  EXPECT_FALSE(departure);  // between two requests, not while it waits

  const auto half = testing::header(ping, 5);
  say(frame(ping) + half);

  ASSERT_TRUE(departure);
  EXPECT_EQ(peer.statuses(), Statuses{0});
  EXPECT_EQ(departure->arrival.received, half);
  EXPECT_GT(departure->arrival.settled_until, host.shard.clock().monotonic());
}

TEST_F(ConnectionMoveTest, stays_until_it_has_settled) {
  connect(32, Duration::seconds(10));
  say(frame(ping));
  EXPECT_FALSE(departure);
}

TEST_F(ConnectionMoveTest, stays_if_it_may_not_move) {
  connect(32, {}, /*may_move=*/false);
  EXPECT_FALSE(connection->send_away(1));
  say(frame(ping));
  EXPECT_FALSE(departure);
}

TEST_F(ConnectionMoveTest, stays_while_a_large_request_is_half_received) {
  connect(0);
  say(testing::header(ping, 100'000) + base::Bytes(99'998));
  ASSERT_TRUE(connection->send_away(1));

  say(base::Bytes(1));
  EXPECT_FALSE(departure);
  say(base::Bytes(1));

  EXPECT_TRUE(departure);
  EXPECT_EQ(peer.statuses(), Statuses{0});
}

TEST_F(ConnectionMoveTest, stops_instead_of_leaving) {
  connect(0);
  ASSERT_TRUE(connection->send_away(1));

  connection->stop();
  say(frame(ping));
  peer.end();
  host.shard.run_ready();

  EXPECT_FALSE(departure);
  EXPECT_TRUE(peer.is_closed);
}

/// A shard that has had something to do all the time.
void keep_busy(runtime::TestShard& shard) {
  shard.clock().advance(Duration::milliseconds(200));
  shard.run_ready();
}

class SharesTest : public ::testing::Test {
 protected:
  runtime::TestShard first;
  runtime::TestShard second;
  Placement placement{{&first.shard(), &second.shard()}};
};

TEST_F(SharesTest, go_to_the_shard_with_the_fewest) {
  EXPECT_EQ(placement.emptiest(), 0);
  placement.count_in(0);
  EXPECT_EQ(placement.emptiest(), 1);
  placement.count_in(1);
  placement.count_in(1);
  EXPECT_EQ(placement.emptiest(), 0);
  EXPECT_EQ(placement.connections_count(), 3);
}

TEST_F(SharesTest, do_not_fill_a_busy_shard) {
  for (int i = 0; i < 3; ++i) placement.count_in(0);
  placement.count_in(1);
  EXPECT_TRUE(placement.should_move(1, 0));  // it has more, but time for them

  keep_busy(first);

  EXPECT_FALSE(placement.should_move(1, 0));
  EXPECT_TRUE(placement.should_move(0, 1));
}

TEST_F(SharesTest, leave_a_full_shard_for_an_idle_one) {
  for (int i = 0; i < 2; ++i) placement.count_in(0);
  EXPECT_EQ(placement.relief_for(0), std::nullopt);

  keep_busy(first);

  EXPECT_EQ(placement.relief_for(0), 1);
  EXPECT_EQ(placement.relief_for(1), std::nullopt);
  placement.count_in(1);
  placement.count_in(1);
  EXPECT_EQ(placement.relief_for(0), std::nullopt);  // it would only change sides
}

}  // namespace
}  // namespace iggy::server
