// Listening sockets.
#include <sys/socket.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <utility>

#include "base/logging.hpp"
#include "runtime/reactor.hpp"
#include "runtime/shard.hpp"
#include "runtime/socket.hpp"
#include "runtime/socket_address.hpp"

namespace iggy::runtime {
namespace {

constexpr int backlog = 4096;  // the kernel lowers it to net.core.somaxconn

Error bind_error(int error) {
  switch (error) {
    case EADDRINUSE:
      return Error::address_in_use;
    case EADDRNOTAVAIL:
      return Error::address_not_available;
    case EACCES:
    case EPERM:
      return Error::permission_denied;
    default:
      return Error::cannot_bind_to_socket;
  }
}

/// What a failed accept means; nothing if only the one connection is lost, and the next may do.
/// Source: accept(2), on errors that are already pending on the new socket.
Result<> accept_error(int error) {
  switch (error) {
    case ECANCELED:
      return fail(Error::cancelled);
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      return fail(Error::too_many_open_files);
    case ECONNABORTED:
    case EPERM:
    case EPROTO:
    case ENOPROTOOPT:
    case ENETDOWN:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
      return {};
    default:
      base::log_error("Cannot accept: error {}", error);
      return fail(Error::tcp_error);
  }
}

/// A descriptor, or -errno.
int accept_now(int listener) {
  const int accepted = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  return accepted >= 0 ? accepted : -errno;
}

}  // namespace

Listener::Listener(Listener&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

Listener& Listener::operator=(Listener&& other) noexcept {
  Listener taken(std::move(other));
  std::swap(descriptor_, taken.descriptor_);
  return *this;
}

Listener::~Listener() {
  if (descriptor_ < 0) return;
  if (auto* const shard = Shard::current_or_null()) shard->reactor().forget(descriptor_);
  ::close(descriptor_);
}

Result<Listener> Listener::bind(const SocketAddress& address) {
  const auto target = SocketAddressAccess::to_kernel(address);
  Listener listener;
  listener.descriptor_ =
      ::socket(target.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  // After a restart, connections of the previous server may still be ending on this address.
  const int on = 1;
  if (listener.descriptor_ < 0 ||
      ::setsockopt(listener.descriptor_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(listener.descriptor_, target.get(), target.size) != 0 ||
      ::listen(listener.descriptor_, backlog) != 0) {
    const int error = errno;
    base::log_error("Cannot listen on {}: error {}", address.to_string(), error);
    return fail(bind_error(error));
  }
  return listener;
}

Task<Result<DetachedSocket>> Listener::accept() {
  const auto* const scope = co_await this_scope();
  for (;;) {
    if (scope != nullptr && scope->is_cancelled()) co_return fail(Error::cancelled);
    // Connections that come in crowds cost one call each, not one turn of the loop.
    auto result = accept_now(descriptor_);
    if (result == -EAGAIN || result == -EINTR) {
      Operation operation;
      operation.kind = Operation::Kind::accept;
      operation.descriptor = descriptor_;
      result = co_await operation.run();
    }
    if (result >= 0) co_return DetachedSocket(result);
    if (const auto failure = accept_error(-result); !failure) co_return fail(failure);
  }
}

SocketAddress Listener::local_address() const {
  KernelAddress address;
  const int result = ::getsockname(descriptor_, address.get(), &address.size);
  assert(result == 0);
  return *SocketAddressAccess::from_kernel(address);
}

}  // namespace iggy::runtime
