// Tests of connections that move between two shards.
#include "server/placement.hpp"

#include <gtest/gtest.h>

#include "broker/streams.hpp"
#include "broker/topics.hpp"
#include "net/tcp_stream.hpp"
#include "runtime/memory_disk.hpp"
#include "runtime/on.hpp"
#include "runtime/runtime.hpp"
#include "runtime/testing.hpp"
#include "server/connections.hpp"
#include "server/testing.hpp"
#include "wire/commands.hpp"

namespace iggy::server {
namespace {

/// Asks and takes the whole reply: its payload, or nothing unless it is a success.
Task<std::optional<base::Bytes>> ask(net::ByteStream& stream, base::Bytes request) {
  if (!co_await stream.send(base::ByteView(request))) co_return std::nullopt;
  base::Bytes reply;
  std::array<std::byte, 4096> room;
  while (true) {
    if (reply.size() >= wire::frame_header_size) {
      const auto head = wire::load_reply_header(reply.data());
      if (reply.size() >= wire::frame_header_size + head.payload_size) {
        if (head.status != 0) co_return std::nullopt;
        co_return base::Bytes(reply.begin() + wire::frame_header_size, reply.end());
      }
    }
    const auto size = co_await stream.receive(room);
    if (!size || *size == 0) co_return std::nullopt;
    reply.insert(reply.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(*size));
  }
}

/// Two shards with a broker on them that has one topic of two partitions.
class House {
 public:
  explicit House(runtime::Runtime& runtime)
      : shards_{&runtime.shard(0), &runtime.shard(1)},
        broker_(disk_, shards_, {.data_path = "data"}, nullptr),
        placement_(shards_) {}

  Task<> begin() {
    EXPECT_TRUE(co_await broker_.start());
    EXPECT_TRUE(co_await broker_.commit(
        broker::AddUser{.name = wire::Name("iggy"), .password_hash = "none"}, nobody));
    session_.log_in(root_user_id, broker_.catalogue().find_user(root_user_id)->incarnation);
    const broker::Context context{broker_, session_};
    EXPECT_TRUE(co_await broker::create_stream(context, {.name = wire::Name("s")}));
    EXPECT_TRUE(co_await broker::create_topic(
        context, {.stream_id = Identifier("s"), .partitions_count = 2, .name = wire::Name("t")}));
    for (std::size_t i = 0; i < 2; ++i) {
      co_await runtime::on(*shards_[i], [this, i] {
        connections_[i] =
            std::make_unique<Connections>(broker_, placement_, ConnectionLimits{}, receive_memory_);
        return true;
      });
      placement_.set(i, *connections_[i]);
    }
  }

  Task<> end() {
    for (std::size_t i = 0; i < 2; ++i) {
      co_await runtime::on(*shards_[i],
                           [this, i] { return connections_[i]->stop(Duration::seconds(8)); });
    }
    co_await broker_.stop();
  }

  /// The client's end of a new connection that shard 0 serves, as root.
  Task<std::unique_ptr<net::TcpStream>> connect(bool may_move = true) {
    auto listener = runtime::Listener::bind(*runtime::SocketAddress::parse("127.0.0.1:0"));
    EXPECT_TRUE(listener);
    auto client = co_await net::TcpStream::connect(listener->local_address().to_string());
    EXPECT_TRUE(client);
    auto accepted = co_await listener->accept();
    EXPECT_TRUE(accepted);
    auto arrival =
        make_arrival(std::make_unique<net::TcpStream>(runtime::Socket(std::move(*accepted))),
                     wire::Transport::tcp);
    arrival.session.log_in(session_.user_id, session_.user_incarnation);
    arrival.may_move = may_move;
    co_await placement_.hand_over(0, std::move(arrival));
    co_return std::move(*client);
  }

  /// A poll of the topic's partition that lives on `shard`.
  base::Bytes poll_of(std::size_t shard) {
    const auto* stream = broker_.catalogue().find_stream(Identifier("s"));
    const auto topic = stream->find_topic(Identifier("t"))->incarnation;
    const bool is_first = &broker_.shard_of(topic, PartitionId{0}) == shards_[shard];
    const wire::PollMessages poll{.stream_id = Identifier("s"),
                                  .topic_id = Identifier("t"),
                                  .partition_id = PartitionId{is_first ? 0U : 1U},
                                  .count = 1};
    return testing::frame(wire::PollMessages::code, wire::encode(poll));
  }

  Task<std::size_t> connections_on(std::size_t shard) {
    co_return co_await runtime::on(*shards_[shard],
                                   [this, shard] { return connections_[shard]->size(); });
  }

 private:
  std::vector<runtime::Shard*> shards_;
  const std::shared_ptr<ReceiveMemory> receive_memory_ =
      std::make_shared<ReceiveMemory>(1'000'000, /*shards=*/2);
  runtime::MemoryDisk disk_;
  broker::Broker broker_;
  Placement placement_;
  std::array<std::unique_ptr<Connections>, 2> connections_;
  broker::Session session_;
};

Task<int> move_with_the_partition(runtime::Runtime& runtime) {
  House house(runtime);
  co_await house.begin();
  auto client = co_await house.connect();
  const auto me = co_await ask(*client, testing::frame(wire::GetMe::code));
  EXPECT_TRUE(me);
  EXPECT_EQ(co_await house.connections_on(0), 1);

  for (int i = 0; i < 40; ++i) EXPECT_TRUE(co_await ask(*client, house.poll_of(1)));

  EXPECT_EQ(co_await house.connections_on(0), 0);
  EXPECT_EQ(co_await house.connections_on(1), 1);
  EXPECT_EQ(co_await ask(*client, testing::frame(wire::GetMe::code)), me);

  // Requests of both shards in turn move nobody.
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(co_await ask(*client, house.poll_of(i % 2)));
  EXPECT_EQ(co_await house.connections_on(1), 1);
  co_await client->close();
  co_await house.end();
  co_return 0;
}

TEST(Placement, moves_a_connection_to_the_shard_of_its_partitions) {
  EXPECT_EQ(runtime::run_real(2, move_with_the_partition), 0);
}

/// All requests at once, so that a move comes between requests that were received already.
Task<int> move_in_a_pipeline(runtime::Runtime& runtime) {
  House house(runtime);
  co_await house.begin();
  auto client = co_await house.connect();
  constexpr int requests_count = 500;
  base::Bytes requests;
  for (int i = 0; i < requests_count; ++i) {
    const auto poll = house.poll_of(1);
    requests.insert(requests.end(), poll.begin(), poll.end());
  }

  EXPECT_TRUE(co_await client->send(base::ByteView(requests)));
  base::Bytes replies(requests_count * (wire::frame_header_size + wire::polled_messages_size));
  for (std::size_t have = 0; have < replies.size();) {
    const auto size = co_await client->receive(base::MutableByteView(replies).subspan(have));
    EXPECT_TRUE(size && *size > 0);
    if (!size || *size == 0) break;
    have += *size;
  }

  EXPECT_EQ(co_await house.connections_on(1), 1);
  EXPECT_TRUE(co_await ask(*client, testing::frame(wire::Ping::code)));
  co_await client->close();
  co_await house.end();
  co_return 0;
}

TEST(Placement, loses_no_request_of_a_pipeline_on_the_way) {
  EXPECT_EQ(runtime::run_real(2, move_in_a_pipeline), 0);
}

Task<int> stay_if_told_to(runtime::Runtime& runtime) {
  House house(runtime);
  co_await house.begin();
  auto client = co_await house.connect(/*may_move=*/false);

  for (int i = 0; i < 100; ++i) EXPECT_TRUE(co_await ask(*client, house.poll_of(1)));

  EXPECT_EQ(co_await house.connections_on(0), 1);
  co_await client->close();
  co_await house.end();
  co_return 0;
}

TEST(Placement, leaves_connections_alone_that_may_not_move) {
  EXPECT_EQ(runtime::run_real(2, stay_if_told_to), 0);
}

}  // namespace
}  // namespace iggy::server
