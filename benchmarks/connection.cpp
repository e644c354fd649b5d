// Sockets.
#include "benchmarks/connection.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "wire/frame.hpp"

namespace iggy::benchmarks {

namespace {

/// Receives exactly `bytes` on a socket that blocks.
void receive_all(int socket, base::MutableByteView bytes) {
  if (bytes.empty()) return;
  if (::recv(socket, bytes.data(), bytes.size(), MSG_WAITALL) !=
      static_cast<ssize_t>(bytes.size())) {
    give_up("the server does not answer");
  }
}

}  // namespace

void give_up(const std::string& what) {
  fmt::print(stderr, "load-driver: {}\n", what);
  std::_Exit(4);
}

void check_status(std::uint32_t status) {
  if (status != 0) give_up(fmt::format("the server answered with status {}", status));
}

void Figures::merge(const Figures& other) {
  requests += other.requests;
  messages += other.messages;
  empty_polls += other.empty_polls;
  last_completion = std::max(last_completion, other.last_completion);
  latency.merge(other.latency);
  end_to_end.merge(other.end_to_end);
}

std::uint32_t call(int socket, ByteView frame) {
  if (::send(socket, frame.data(), frame.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(frame.size())) {
    give_up("the server does not listen");
  }
  std::array<std::byte, wire::frame_header_size> bytes{};
  receive_all(socket, bytes);
  const auto header = wire::load_reply_header(bytes.data());
  Bytes payload(header.payload_size);
  receive_all(socket, payload);
  return header.status;
}

int connect_to(const std::string& address) {
  const auto colon = address.rfind(':');
  sockaddr_in place{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {}, .sin_zero = {}};
  const auto host = address.substr(0, colon);
  if (colon == std::string::npos || ::inet_pton(AF_INET, host.c_str(), &place.sin_addr) != 1) {
    give_up("no such address: " + address);
  }
  place.sin_port = htons(static_cast<std::uint16_t>(std::atoi(address.c_str() + colon + 1)));
  const auto socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(socket, reinterpret_cast<sockaddr*>(&place), sizeof place) != 0) {
    give_up(fmt::format("cannot connect to {}: {}", address, std::strerror(errno)));
  }
  const int one = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  check_status(call(socket, login_frame()));
  return socket;
}

Connection::~Connection() { ::close(socket_); }

void Connection::advance(std::uint32_t events) {
  if ((events & ~std::uint32_t{EPOLLOUT}) != 0) is_readable_ = true;
  advance();
}

std::size_t Connection::receive(std::byte* target, std::size_t size) {
  if (!is_readable_) return 0;
  const auto flags = MSG_DONTWAIT | (target == nullptr ? MSG_TRUNC : 0);
  const auto received = ::recv(socket_, target, size, flags);
  if (received == 0) give_up("the server has closed a connection");
  if (received < 0 && errno != EAGAIN) {
    give_up(fmt::format("cannot receive: {}", std::strerror(errno)));
  }
  const auto found = received < 0 ? 0 : static_cast<std::size_t>(received);
  is_readable_ = found == size;  // if not, the next edge tells of more
  return found;
}

bool Connection::send(ByteView first, ByteView second, std::size_t& position) {
  const auto total = first.size() + second.size();
  while (position < total) {
    const auto from_first = std::min(position, first.size());
    const auto one = first.subspan(from_first);
    const auto two = second.subspan(position - from_first);
    std::array<iovec, 2> parts{iovec{const_cast<std::byte*>(one.data()), one.size()},
                               iovec{const_cast<std::byte*>(two.data()), two.size()}};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    const auto sent = ::sendmsg(socket_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno == EAGAIN) return false;
    if (sent < 0) give_up(fmt::format("cannot send: {}", std::strerror(errno)));
    position += static_cast<std::size_t>(sent);
  }
  return true;
}

void Connection::complete(std::int64_t started, std::int64_t at, std::uint32_t messages) {
  if (!load_.is_measured(at)) return;
  ++figures_.requests;
  figures_.messages += messages;
  figures_.latency.add(at - started);
  figures_.last_completion = at;
}

}  // namespace iggy::benchmarks
