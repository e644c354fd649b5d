// For tests of a connection: one on a broker in memory, and the peer's end of it.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "server/connection.hpp"
#include "server/testing.hpp"
#include "wire/commands.hpp"

namespace iggy::server::testing {

using Statuses = std::vector<std::uint32_t>;

inline constexpr std::uint32_t ping = wire::Ping::code;
inline constexpr std::uint32_t get_me = wire::GetMe::code;
inline constexpr std::uint32_t send = wire::SendMessages::code;
inline constexpr std::uint32_t unknown = 9'999;

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
  /// Leaves nothing of the budget.
  void take_all() {
    small.take(25'000'000);
    large.begin(75'000'000);
    ASSERT_TRUE(host.shard.run(large.hold(75'000'000)));
  }
  void give_all_back() {
    small.release();
    large.release();
    run();
  }
  [[nodiscard]] bool is_over() const { return tasks.size() == 0; }

  Task<> serve() { (void)co_await connection->serve(); }

  testing::TestBroker host;
  Placement placement{{&host.shard.shard()}};
  ReceiveBudget budget{100'000'000};
  ReceiveBudget::Share small{budget};
  ReceiveBudget::Share large{budget};
  ReceiveBudget small_budget{500'000};
  ConnectionLimits limits;
  testing::Peer peer;
  std::optional<Connection> connection;
  runtime::TaskGroup tasks;
};

inline base::Bytes operator+(base::Bytes left, const base::Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

/// A header whose length field is 3.
inline base::Bytes too_short() {
  base::Bytes bytes(8);
  base::store(bytes.data(), std::uint32_t{3});
  return bytes;
}

}  // namespace iggy::server::testing
