// Tests of the TCP door on real sockets: replies, the bound on connections, and the stop.
#include "server/tcp_door.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "broker/broker.hpp"
#include "net/tcp_stream.hpp"
#include "runtime/memory_disk.hpp"
#include "runtime/runtime.hpp"
#include "runtime/testing.hpp"
#include "runtime/timer.hpp"
#include "server/connections.hpp"
#include "server/testing.hpp"
#include "wire/system.hpp"

namespace iggy::server {
namespace {

using Stream = std::unique_ptr<net::TcpStream>;

constexpr auto patience = Duration::seconds(20);

/// Asks for a ping: the status of the reply, or nothing if the stream ends instead.
Task<std::optional<std::uint32_t>> ping(net::ByteStream& stream) {
  const auto request = testing::frame(wire::Ping::code);
  if (!co_await stream.send(base::ByteView(request))) co_return std::nullopt;
  base::Bytes reply(wire::frame_header_size);
  for (std::size_t have = 0; have < reply.size();) {
    const auto size = co_await runtime::with_timeout(
        patience, stream.receive(base::MutableByteView(reply).subspan(have)));
    EXPECT_TRUE(size || size.error() != Error::timed_out);
    if (!size || *size == 0) co_return std::nullopt;
    have += *size;
  }
  co_return wire::load_reply_header(reply.data()).status;
}

Task<Stream> connect(const TcpDoor& door) {
  auto stream = co_await net::TcpStream::connect(door.address().to_string());
  EXPECT_TRUE(stream);
  co_return std::move(*stream);
}

Task<int> serve_two_at_most(runtime::Runtime& runtime) {
  runtime::MemoryDisk disk;
  broker::Broker broker(disk, {&runtime.shard(0)}, {.data_path = "data"}, nullptr);
  EXPECT_TRUE(co_await broker.start());
  Placement placement({&runtime.shard(0)});
  Connections connections(broker, placement, {}, std::make_shared<ReceiveMemory>(1'000'000));
  placement.set(0, connections);
  TcpDoor door(placement, {.address = "127.0.0.1:0"}, /*connections_max=*/2);
  EXPECT_TRUE(co_await door.open());

  auto first = co_await connect(door);
  auto second = co_await connect(door);
  EXPECT_EQ(co_await ping(*first), 0);
  EXPECT_EQ(co_await ping(*second), 0);
  auto refused = co_await connect(door);
  EXPECT_EQ(co_await ping(*refused), std::nullopt);
  EXPECT_EQ(connections.size(), 2);

  // One that ends makes room.
  co_await first->close();
  std::optional<std::uint32_t> status;
  while (!status) {
    auto third = co_await connect(door);
    status = co_await ping(*third);
    co_await third->close();
  }
  EXPECT_EQ(status, 0);

  // The stop tells who is still there.
  co_await door.close();
  runtime::TaskGroup stopping;
  stopping.spawn(connections.stop(Duration::seconds(8)));
  EXPECT_EQ(co_await ping(*second), 8);
  co_await second->close();
  co_await stopping.join();
  EXPECT_EQ(connections.size(), 0);
  EXPECT_EQ(broker.here().clients_count, 0);
  co_await broker.stop();
  co_return 0;
}

TEST(TcpDoor, refuses_more_connections_than_allowed) {
  EXPECT_EQ(runtime::run_real(1, serve_two_at_most), 0);
}

}  // namespace
}  // namespace iggy::server
