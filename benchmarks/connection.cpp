// Sockets, and what producers and consumers do with them.
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

#include "benchmarks/polled.hpp"
#include "wire/frame.hpp"
#include "wire/messages.hpp"

namespace iggy::benchmarks {

namespace {

constexpr std::size_t reply_size_first = 4096;  // a small reply comes with one call
constexpr std::size_t poll_head_size = wire::frame_header_size + wire::polled_messages_size;

[[noreturn]] void give_up(const std::string& what) {
  fmt::print(stderr, "load-driver: {}\n", what);
  std::_Exit(4);
}

void check_status(std::uint32_t status) {
  if (status != 0) give_up(fmt::format("the server answered with status {}", status));
}

/// Receives exactly `bytes` on a socket that blocks.
void receive_all(int socket, base::MutableByteView bytes) {
  if (bytes.empty()) return;
  if (::recv(socket, bytes.data(), bytes.size(), MSG_WAITALL) !=
      static_cast<ssize_t>(bytes.size())) {
    give_up("the server does not answer");
  }
}

}  // namespace

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

Producer::Producer(Load& load, int socket, std::uint32_t index)
    : Connection(load, socket),
      frames_(send_frames(
          targets_of(load.options, load.options.producer_partitions, index, load.options.producers),
          load.pattern)) {
  const auto& options = load.options;
  is_bounded_ = options.requests > 0;
  requests_left_ =
      options.requests / options.producers + (index < options.requests % options.producers ? 1 : 0);
  if (options.rate > 0) {
    const auto between = 1e9 / options.rate;
    interval_ = static_cast<std::int64_t>(between * options.producers);
    next_ = static_cast<std::int64_t>(between * index);
  }
  if (is_bounded_) ++load.bounded_connections;
}

void Producer::advance() {
  while (!is_done_) {
    if (is_sending_ && send(frames_.heads[target_], frames_.body, sent_)) {
      is_sending_ = false;
      target_ = (target_ + 1) % frames_.heads.size();
    }
    if (const auto at = now(); !is_sending_ && may_start(at)) {
      start(at);
    } else if (!receive_replies()) {
      return;
    }
  }
}

bool Producer::may_start(std::int64_t at) {
  due_ = never;
  if ((is_bounded_ && requests_left_ == 0) || load_.is_over(at)) {
    is_done_ = started_.empty();
    if (is_done_ && is_bounded_) load_.reach_bound();
    return false;
  }
  if (started_.size() >= load_.options.in_flight) return false;
  const auto intended = load_.start + next_;
  if (interval_ > 0 && intended > at) due_ = intended;
  return due_ == never;
}

void Producer::start(std::int64_t at) {
  started_.push_back(interval_ > 0 ? load_.start + next_ : at);
  next_ += interval_;
  if (is_bounded_) --requests_left_;
  if (load_.options.tail) stamp(frames_, load_.options.message_size, at);
  is_sending_ = true;
  sent_ = 0;
}

bool Producer::receive_replies() {
  const auto size = receive(received_.data() + received_size_, received_.size() - received_size_);
  if (size == 0) return false;
  received_size_ += size;
  std::size_t taken = 0;
  const auto at = now();
  for (; received_size_ - taken >= wire::frame_header_size; taken += wire::frame_header_size) {
    if (started_.empty()) give_up("the server answered what nobody asked");
    check_status(wire::load_reply_header(received_.data() + taken).status);
    complete(started_.front(), at, load_.options.batch);
    started_.pop_front();
  }
  std::memmove(received_.data(), received_.data() + taken, received_size_ - taken);
  received_size_ -= taken;
  return true;
}

Consumer::Consumer(Load& load, int socket, std::uint32_t index) : Connection(load, socket) {
  const auto& options = load.options;
  for (const auto& target :
       targets_of(options, options.consumer_partitions, index, options.consumers)) {
    places_.push_back(
        {.frame = poll_frame(target, index + 1, options), .passes_left = options.passes});
  }
  unfinished_places_ = places_.size();
  if (options.passes > 0) ++load.bounded_connections;
  reply_.resize(reply_size_first);
}

void Consumer::advance() {
  while (!is_done_) {
    if (state_ == State::idle) {
      const auto at = now();
      if (due_ != never && due_ > at && !load_.is_over(at)) return;
      start(at);
    } else if (state_ == State::sending) {
      if (!send(places_[place_].frame, {}, sent_)) return;
      state_ = State::receiving;
      received_ = 0;
    } else if (!receive_reply()) {
      return;
    }
  }
}

void Consumer::start(std::int64_t at) {
  due_ = never;
  if (load_.is_over(at)) {
    is_done_ = true;
    return;
  }
  set_offset(places_[place_].frame, places_[place_].offset);
  started_ = at;
  sent_ = 0;
  state_ = State::sending;
}

bool Consumer::receive_reply() {
  auto wanted = reply_size_first;
  if (received_ >= poll_head_size) {
    const auto header = wire::load_reply_header(reply_.data());
    const auto whole = wire::frame_header_size + std::size_t{header.payload_size};
    if (looks_at_messages() && reply_.size() < whole) reply_.resize(whole);
    wanted = whole - received_;
  } else {
    wanted -= received_;
  }
  const auto is_kept = received_ < poll_head_size || looks_at_messages();
  const auto size = receive(is_kept ? reply_.data() + received_ : nullptr, wanted);
  received_ += size;
  if (received_ >= wire::frame_header_size) {
    check_status(wire::load_reply_header(reply_.data()).status);
  }
  if (received_ >= poll_head_size &&
      received_ == wire::frame_header_size +
                       std::size_t{wire::load_reply_header(reply_.data()).payload_size}) {
    look_at_reply();
    return true;
  }
  return size > 0;
}

void Consumer::look_at_reply() {
  state_ = State::idle;
  const auto at = now();
  const auto* head = reply_.data() + wire::frame_header_size;
  const auto current_offset = base::load<std::uint64_t>(head + 4);
  const auto count = base::load<std::uint32_t>(head + 12);
  if (count > 0) {
    complete(started_, at, count);
    const auto messages = ByteView(reply_).subspan(
        poll_head_size, looks_at_messages() ? received_ - poll_head_size : 0);
    if (load_.options.verify != Verify::nothing) {
      check_messages(messages, {.offset = places_[place_].offset, .count = count}, load_.pattern,
                     load_.options.verify);
    }
    if (load_.options.tail && load_.is_measured(at)) {
      add_ages(messages, at, figures_.end_to_end);
    }
  } else if (load_.is_measured(at)) {
    ++figures_.empty_polls;
  }
  move_on(current_offset, count);
}

void Consumer::move_on(std::uint64_t current_offset, std::uint32_t count) {
  auto& place = places_[place_];
  place.offset += count;
  if (load_.options.tail) {
    const auto interval = static_cast<std::int64_t>(load_.options.poll_interval_us * 1e3);
    if (count == 0) due_ = now() + interval;
  } else if (count == 0 || place.offset > current_offset) {
    finish_pass(place);
  }
  if (!is_done_) next_place();
}

void Consumer::finish_pass(Place& place) {
  place.offset = 0;
  if (place.passes_left == 0 || --place.passes_left > 0) return;
  if (--unfinished_places_ > 0) return;
  load_.reach_bound();
  is_done_ = true;
}

/// The next one that is still to be read.
void Consumer::next_place() {
  const auto is_bounded = load_.options.passes > 0;
  do {
    place_ = (place_ + 1) % places_.size();
  } while (is_bounded && places_[place_].passes_left == 0);
}

}  // namespace iggy::benchmarks
