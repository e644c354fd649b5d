// The TCP door.
#include "server/tcp_door.hpp"

#include <algorithm>
#include <numeric>

#include "base/error_table.hpp"
#include "base/logging.hpp"
#include "net/tcp_stream.hpp"
#include "runtime/on.hpp"
#include "runtime/timer.hpp"

namespace iggy::server {
namespace {

// How long accepting rests when the system has no descriptor left for a connection.
constexpr auto accept_pause = Duration::milliseconds(100);

constexpr auto bind_patience = Duration::seconds(2);
constexpr auto bind_pause = Duration::milliseconds(20);

void apply(const SocketSettings& settings, runtime::Socket& socket) {
  socket.set_no_delay(true);  // replies are whole when they are sent: nothing is gained by waiting
  if (!settings.override_defaults) return;
  socket.set_no_delay(settings.nodelay);
  socket.set_buffer_sizes(settings.recv_buffer_size, settings.send_buffer_size);
  socket.set_keepalive(settings.keepalive);
  if (settings.linger) socket.set_linger(*settings.linger);
}

}  // namespace

TcpDoor::TcpDoor(std::vector<runtime::Shard*> shards, std::vector<Connections*> connections,
                 TcpSettings settings, std::uint32_t connections_max)
    : shards_(std::move(shards)),
      connections_(std::move(connections)),
      settings_(std::move(settings)),
      connections_max_(connections_max),
      counts_(shards_.size()) {}

Task<Result<>> TcpDoor::open() {
  const auto address = co_await runtime::SocketAddress::resolve(settings_.address);
  if (!address) co_return fail(address);
  const auto& clock = runtime::Shard::current().clock();
  const auto give_up = clock.monotonic() + bind_patience;
  auto listener = runtime::Listener::bind(*address);
  while (!listener && listener.error() == Error::address_in_use && clock.monotonic() < give_up) {
    if (const auto rested = co_await runtime::sleep(bind_pause); !rested) co_return fail(rested);
    listener = runtime::Listener::bind(*address);
  }
  if (!listener) co_return fail(listener);
  listener_ = std::move(*listener);
  accepting_.spawn(accept_all());
  co_return Result<>{};
}

Task<> TcpDoor::close() {
  accepting_.cancel();
  co_await accepting_.join();
  listener_ = {};
  co_await handing_over_.join();
}

Task<> TcpDoor::accept_all() {
  while (true) {
    auto socket = co_await listener_.accept();
    if (!socket && socket.error() == Error::cancelled) co_return;
    if (!socket) {
      base::log_warning("cannot accept a connection: {}", base::describe(socket.error()).text);
      if (const auto rested = co_await runtime::sleep(accept_pause); !rested) co_return;
      continue;
    }
    if (connections_count() >= connections_max_) {
      base::log_warning("refusing a connection: limits.connections = {} are open",
                        connections_max_);
      continue;  // closed here: the peer sees the end at once
    }
    const auto shard = emptiest_shard();
    ++counts_[shard];
    handing_over_.spawn(hand_over(shard, std::move(*socket)));
  }
}

Task<> TcpDoor::hand_over(std::size_t shard, runtime::DetachedSocket socket) {
  co_await runtime::on(*shards_[shard], [this, shard, &socket] {
    take_in(shard, std::move(socket));
    return true;
  });
}

/// On the connection's own shard.
void TcpDoor::take_in(std::size_t shard, runtime::DetachedSocket detached) {
  runtime::Socket socket(std::move(detached));
  apply(settings_.socket, socket);
  connections_[shard]->serve(std::make_unique<net::TcpStream>(std::move(socket)),
                             wire::Transport::tcp, [this, shard] { return count_down(shard); });
}

Task<> TcpDoor::count_down(std::size_t shard) {
  co_await runtime::on(*shards_.front(), [this, shard] { return --counts_[shard]; });
}

std::size_t TcpDoor::emptiest_shard() const {
  return static_cast<std::size_t>(std::ranges::min_element(counts_) - counts_.begin());
}

std::uint64_t TcpDoor::connections_count() const {
  return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

}  // namespace iggy::server
