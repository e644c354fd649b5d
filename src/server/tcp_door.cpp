// The TCP door.
#include "server/tcp_door.hpp"

#include <utility>

#include "base/error_table.hpp"
#include "base/logging.hpp"
#include "net/tcp_stream.hpp"
#include "runtime/timer.hpp"

namespace iggy::server {
namespace {

// How long accepting rests when the system has no descriptor left for a connection.
constexpr auto accept_pause = Duration::milliseconds(100);

// Connections that are taken in before others have their turn.
constexpr int turn_accepts_max = 16;

constexpr auto line_pause = Duration::seconds(1);

constexpr auto bind_patience = Duration::seconds(2);
constexpr auto bind_pause = Duration::milliseconds(20);

void apply(const SocketSettings& settings, runtime::Socket& socket) {
  socket.set_no_delay(true);   // replies are whole when they are sent: nothing is gained by waiting
  socket.set_keepalive(true);  // else a client that vanished while it was idle stays for ever
  if (!settings.override_defaults) return;
  socket.set_no_delay(settings.nodelay);
  socket.set_buffer_sizes(settings.recv_buffer_size, settings.send_buffer_size);
  socket.set_keepalive(settings.keepalive);
  if (settings.linger) socket.set_linger(*settings.linger);
}

}  // namespace

TcpDoor::TcpDoor(Placement& placement, TcpSettings settings, std::uint32_t connections_max)
    : placement_(placement), settings_(std::move(settings)), connections_max_(connections_max) {}

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
  for (int accepted = 1;; ++accepted) {
    if (accepted % turn_accepts_max == 0) co_await runtime::yield();
    auto socket = co_await listener_.accept();
    if (!socket && socket.error() == Error::cancelled) co_return;
    if (!socket) {
      if (const auto count = failed_.count(); count > 0) {
        base::log_warning("cannot accept connections: {} ({} times)",
                          base::describe(socket.error()).text, count);
      }
      if (const auto rested = co_await runtime::sleep(accept_pause); !rested) co_return;
      continue;
    }
    if (placement_.connections_count() < connections_max_) {
      take_in(std::move(*socket));
    } else if (const auto count = refused_.count(); count > 0) {
      // The socket is closed here: the peer sees the end at once.
      base::log_warning("connections refused: {}, because limits.connections = {} are open", count,
                        connections_max_);
    }
  }
}

void TcpDoor::take_in(runtime::DetachedSocket detached) {
  runtime::Socket socket(std::move(detached));
  apply(settings_.socket, socket);
  auto arrival =
      make_arrival(std::make_unique<net::TcpStream>(std::move(socket)), wire::Transport::tcp);
  arrival.may_move = settings_.socket_migration;
  arrival.stream->leave_shard();
  handing_over_.spawn(placement_.hand_over(placement_.emptiest(), std::move(arrival)));
}

std::uint64_t TcpDoor::RareLine::count() {
  ++count_;
  const auto now = runtime::Shard::current().clock().monotonic();
  if (now < told_ + line_pause) return 0;
  told_ = now;
  return std::exchange(count_, 0);
}

}  // namespace iggy::server
