// One client connection.
#include "server/connection.hpp"

#include <algorithm>
#include <utility>

#include "base/error_table.hpp"
#include "base/logging.hpp"
#include "runtime/timer.hpp"
#include "server/command_table.hpp"
#include "wire/messages.hpp"

namespace iggy::server {
namespace {

// In one loop turn a connection has this much answered before others go on.
constexpr std::uint64_t turn_bytes_max = 1024 * 1024;
constexpr std::uint32_t turn_requests_max = 64;

constexpr auto goodbye_limit = Duration::seconds(2);

// Whoever sends less, after this time, holds memory too long, if others wait for it.
constexpr std::uint64_t slow_bytes_per_second = 1024 * 1024;
constexpr auto slow_grace = Duration::seconds(2);

// A connection moves after so many data requests in a row that went to one other shard, and takes
// no more of what was received along than this.
constexpr std::uint32_t requests_before_move = 32;
constexpr std::size_t moved_bytes_max = 64 * 1024;
constexpr auto settling_time = Duration::seconds(10);

}  // namespace

Connection::Connection(broker::Broker& broker, ReceiveBudget& budget, const Placement& placement,
                       const ConnectionLimits& limits, Arrival arrival)
    : broker_(broker),
      share_(budget),
      budget_(budget),
      placement_(placement),
      limits_(limits),
      stream_(std::move(arrival.stream)),
      session_(std::move(arrival.session)),
      buffer_(runtime::Shard::current().buffers(), frame_limits()),
      replies_(*stream_),
      last_request_(now()),
      may_move_(arrival.may_move),
      settled_until_(arrival.settled_until) {
  if (arrival.received.empty()) return;
  buffer_.put(arrival.received);
  if (buffer_.is_grown()) share_.take(buffer_.block_size());
}

Duration Connection::now() const { return runtime::Shard::current().clock().monotonic(); }

Task<std::optional<Departure>> Connection::serve() {
  runtime::CancelScope scope(co_await runtime::this_scope());
  scope_ = &scope;
  const auto served = co_await runtime::in_scope(scope, serve_requests());
  scope_ = nullptr;
  deadline_ = Duration::max();
  if (served && moves_to_ && !is_stopping_) co_return depart(*moves_to_);
  buffer_.discard();
  share_.release();
  // Otherwise the stream is only good for closing: a reply may have been sent in part.
  if (served) co_await say_goodbye();
  co_await stream_->close();
  co_return std::nullopt;
}

Task<Result<>> Connection::serve_requests() {
  while (true) {
    if (const auto answered = co_await answer_pending(); !answered) co_return fail(answered);
    if (is_over_ || is_stopping_) break;
    moves_to_ = next_shard();
    if (moves_to_) break;
    const auto received = co_await receive();
    if (!received && is_stopping_ && !scope_->is_cancelled()) break;
    if (!received) co_return fail(received);
    if (*received == Received::end) {
      refuse_cut_frame();
      co_return co_await replies_.flush();
    }
  }
  co_return Result<>{};
}

/// Where the connection should go on, if not here.
std::optional<std::size_t> Connection::next_shard() {
  const auto here = std::size_t{runtime::Shard::current().index()};
  auto& trail = session_.trail;
  if (!may_move_ || buffer_.pending() > moved_bytes_max) return std::nullopt;
  if (const auto sent_to = std::exchange(sent_to_, std::nullopt)) {
    settled_until_ = now() + settling_time;
    return sent_to;
  }
  if (trail.shard == here || trail.requests < requests_before_move) return std::nullopt;
  trail.requests = 0;  // if it does not go now, it asks again after as many
  if (now() < settled_until_ || !placement_.should_move(here, trail.shard)) return std::nullopt;
  return trail.shard;
}

bool Connection::send_away(std::size_t shard) {
  if (may_move_) sent_to_ = shard;
  return may_move_;
}

Departure Connection::depart(std::size_t shard) {
  auto received = buffer_.take_rest();
  share_.release();
  stream_->leave_shard();
  session_.trail.requests = 0;
  return {.arrival = {.stream = std::move(stream_),
                      .session = std::move(session_),
                      .may_move = may_move_,
                      .received = std::move(received),
                      .settled_until = settled_until_},
          .shard = shard};
}

Task<Result<Connection::Received>> Connection::receive() {
  while (true) {
    runtime::CancelScope scope(scope_);
    receive_ = &scope;
    const auto received = co_await receive_in(scope);
    receive_ = nullptr;
    if (received) co_return received;
    // Cancelled alone for the memory it held: it goes on waiting with less.
    const bool goes_on = received.error() == Error::cancelled && !is_stopping_ &&
                         !scope_->is_cancelled() && buffer_.pending() == 0;
    if (!goes_on) co_return fail(received);
    release_memory();
  }
}

Task<Result<Connection::Received>> Connection::receive_in(runtime::CancelScope& scope) {
  co_await runtime::EnterScope{&scope};
  // Waiting for memory is not the peer's fault: the deadline begins behind it.
  expect(Waiting::nothing);
  const auto free = co_await room();
  if (!free) co_return fail(free);
  expect(buffer_.pending() > 0 ? Waiting::rest_of_frame : Waiting::request);
  const auto size = co_await stream_->receive(*free);
  if (!size) co_return fail(size);
  if (*size == 0) co_return Received::end;
  buffer_.received(*size);
  co_return Received::bytes;
}

/// Where the next bytes go. Memory beyond the smallest block is charged before it is touched: a
/// block of the pool as a whole, of a larger one as much as may be received now.
Task<Result<base::MutableByteView>> Connection::room() {
  const auto needed = buffer_.needed_size();
  const bool needs_more = needed > ReceiveBuffer::block_size_min;
  if (needs_more || (buffer_.is_grown() && buffer_.front_code())) {
    using enum ReceiveBudget::Sender;
    if (share_.must_release_for(needed)) {
      buffer_.shrink();
      share_.release();
    }
    share_.begin(needed, session_.is_logged_in() ? user : stranger);
  }
  if (needs_more && needed <= runtime::BufferPool::pooled_size_max) {
    if (const auto held = co_await share_.hold(needed); !held) co_return fail(held);
  }
  if (buffer_.is_crowded() && share_.try_hold(ReceiveBuffer::busy_block_size)) buffer_.make_busy();

  auto room = buffer_.room();
  if (room.empty()) co_return fail(Error::out_of_memory);
  if (!buffer_.is_grown()) co_return room;
  if (share_.held_bytes() <= buffer_.pending()) {
    const auto held = co_await share_.hold(buffer_.pending() + 1);
    if (!held) co_return fail(held);
  }
  const auto free = share_.held_bytes() - buffer_.pending();
  // So that it can go back after this frame, however fast the next ones come.
  const auto size = share_.is_shared() ? std::min(free, buffer_.rest_of_front()) : free;
  co_return room.first(std::min<std::uint64_t>(room.size(), size));
}

Task<Result<>> Connection::answer_pending() {
  std::uint64_t bytes = 0;
  std::uint32_t requests = 0;
  while (!is_over_ && !is_stopping_ && buffer_.state() != FrameState::incomplete) {
    const auto size = co_await answer_next();
    if (!size) co_return fail(size);

    bytes += *size;
    if (++requests >= turn_requests_max || bytes >= turn_bytes_max || replies_.is_full()) {
      if (const auto sent = co_await replies_.flush(); !sent) co_return fail(sent);
      if (buffer_.state() != FrameState::incomplete) co_await runtime::yield();
      bytes = requests = 0;
    }
  }
  const auto sent = co_await replies_.flush();
  if (buffer_.pending() == 0 && budget_.is_short() && buffer_.is_grown()) release_memory();
  co_return sent;
}

/// Gives the size of its payload.
Task<Result<std::uint64_t>> Connection::answer_next() {
  expect(Waiting::nothing);
  const auto state = buffer_.state();
  if (state != FrameState::complete) {
    refuse_next(state);
    co_return std::uint64_t{0};
  }
  const auto frame = buffer_.take();
  share_.complete();
  const auto answered =
      co_await answer(frame.code, {.context = {broker_, session_},
                                   .payload = frame.payload,
                                   .replies = replies_,
                                   .poll_reply_size_max = limits_.poll_reply_size});
  if (!answered) co_return fail(answered);
  is_over_ = *answered == AfterReply::close;
  is_active_ = true;
  if (!session_.is_logged_in()) last_request_ = now();
  buffer_.set_limits(frame_limits());
  co_return frame.payload.size();
}

void Connection::refuse_next(FrameState state) {
  if (state == FrameState::too_short) {
    buffer_.skip_header();
    replies_.add_error(Error::invalid_command);
    return;
  }
  // What follows can't be told from requests, so the connection ends.
  base::log_debug("{}: a request frame is above its limit; closing the connection",
                  session_.address);
  const bool lacks_login =
      !session_.is_logged_in() && buffer_.front_code() == wire::SendMessages::code;
  replies_.add_error(lacks_login ? Error::unauthenticated : Error::invalid_command);
  is_over_ = true;
}

/// The peer has ended inside of a frame. Of messages alone the protocol wants it told.
void Connection::refuse_cut_frame() {
  if (buffer_.front_code() != wire::SendMessages::code) return;
  replies_.add_error(session_.is_logged_in() ? Error::connection_closed : Error::unauthenticated);
}

/// Who has not logged in gets no memory for messages.
FrameLimits Connection::frame_limits() const {
  auto limits = limits_.frames;
  if (!session_.is_logged_in()) {
    limits.send_payload_size = std::min(limits.send_payload_size, limits.control_payload_size);
  }
  return limits;
}

bool Connection::holds_idle_memory() const { return buffer_.is_grown() || replies_.is_grown(); }

void Connection::release_memory() {
  buffer_.release_if_empty();
  share_.release();
  replies_.release_if_empty();
}

void Connection::expect(Waiting what) {
  waiting_ = what;
  deadline_ = deadline_of(what);
}

Duration Connection::deadline_of(Waiting what) const {
  switch (what) {
    case Waiting::nothing:
      return Duration::max();
    case Waiting::rest_of_frame:
      return std::min(now() + limits_.frame_progress, login_deadline());
    case Waiting::request:
      return holds_idle_memory() ? std::min(now() + limits_.idle_memory, login_deadline())
                                 : login_deadline();
  }
  return Duration::max();
}

Duration Connection::login_deadline() const {
  return session_.is_logged_in() ? Duration::max() : last_request_ + limits_.login;
}

void Connection::check_deadline(Duration now) {
  is_active_ = false;
  if (scope_ == nullptr) return;
  if (is_reply_stuck(now)) {
    base::log_debug("{}: closing the connection, it takes no reply", session_.address);
    return scope_->cancel();
  }
  if (now < deadline_) return;
  deadline_ = Duration::max();
  const bool lacks_login = now >= login_deadline();
  if (waiting_ == Waiting::request && !lacks_login) {
    if (receive_ != nullptr) receive_->cancel();
    return;
  }
  base::log_debug("{}: closing the connection, {}", session_.address,
                  lacks_login ? "it does not log in" : "a request stays incomplete");
  scope_->cancel();
}

bool Connection::end_if_slow(Duration now) {
  const auto time = share_.receiving_time(now);
  if (scope_ == nullptr || share_.held_bytes() == 0 || time < slow_grace) return false;
  if (buffer_.pending() >= time.microseconds / 1'000'000 * slow_bytes_per_second) return false;
  base::log_debug("{}: closing the connection, a request arrives too slowly", session_.address);
  scope_->cancel();
  return true;
}

/// The peer has not taken a byte of its replies for too long.
bool Connection::is_reply_stuck(Duration now) {
  const auto sent_bytes = stream_->sent_bytes();
  if (!replies_.is_sending() || sent_bytes != std::exchange(sent_bytes_, sent_bytes)) {
    reply_deadline_ = Duration::max();
  }
  if (!replies_.is_sending()) return false;
  if (reply_deadline_ == Duration::max()) reply_deadline_ = now + limits_.reply_progress;
  return now >= reply_deadline_;
}

void Connection::stop() {
  is_stopping_ = true;
  if (receive_ != nullptr) receive_->cancel();
}

/// The last words, and the time for the peer to hear them: closing a socket with unread bytes in it
/// would reset the connection, and the peer might never see its last reply.
Task<> Connection::say_goodbye() {
  if (!is_stopping_ && !is_over_) co_return;
  if (is_stopping_) {
    replies_.add_error(Error::disconnected);
    const auto told = co_await runtime::with_timeout(goodbye_limit, replies_.flush());
    if (!told) co_return;
  }
  (void)co_await runtime::with_timeout(goodbye_limit, net::drain(*stream_, buffer_.room()));
}

}  // namespace iggy::server
