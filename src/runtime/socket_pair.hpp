// For tests: two sockets of the current shard that are connected to each other.
#pragma once

#include <cassert>
#include <utility>

#include "runtime/socket.hpp"

namespace iggy::runtime {

struct SocketPair {
  Socket a;
  Socket b;
};

/// Connected over the loopback; a failure ends the test with an assertion.
inline Task<SocketPair> socket_pair() {
  auto listener = Listener::bind(*SocketAddress::parse("127.0.0.1:0"));
  assert(listener);
  auto a = co_await Socket::connect(listener->local_address());
  assert(a);
  auto b = co_await listener->accept();
  assert(b);
  co_return SocketPair{.a = std::move(*a), .b = Socket(std::move(*b))};
}

}  // namespace iggy::runtime
