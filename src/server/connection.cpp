// One client connection.
#include "server/connection.hpp"

#include <algorithm>

#include "base/error_table.hpp"
#include "base/logging.hpp"
#include "runtime/timer.hpp"
#include "server/command_table.hpp"

namespace iggy::server {
namespace {

// In one loop turn a connection has this much answered before others go on.
constexpr std::uint64_t turn_bytes_max = 1024 * 1024;
constexpr std::uint32_t turn_requests_max = 64;

constexpr auto goodbye_limit = Duration::seconds(2);

}  // namespace

Connection::Connection(broker::Broker& broker, ReceiveBudget& budget,
                       const ConnectionLimits& limits, std::unique_ptr<net::ByteStream> stream,
                       broker::Session session)
    : broker_(broker),
      share_(budget),
      budget_(budget),
      limits_(limits),
      stream_(std::move(stream)),
      session_(std::move(session)),
      buffer_(runtime::Shard::current().buffers(), limits.frames),
      replies_(*stream_, *this) {}

Duration Connection::now() const { return runtime::Shard::current().clock().monotonic(); }

Task<> Connection::serve() {
  runtime::CancelScope scope(co_await runtime::this_scope());
  scope_ = &scope;
  co_await runtime::in_scope(scope, serve_requests());
  scope_ = nullptr;
  deadline_ = Duration::max();
  co_await say_goodbye();
}

Task<> Connection::serve_requests() {
  while (!is_over_ && !is_stopping_) {
    const auto received = co_await receive();
    if (!received || *received == Received::end) co_return;
    if (const auto answered = co_await answer_pending(); !answered) co_return;
  }
}

Task<Result<Connection::Received>> Connection::receive() {
  while (true) {
    expect(buffer_.pending() > 0 ? Waiting::rest_of_frame : Waiting::request);
    const auto allowed = co_await allowed_bytes();
    if (!allowed) co_return fail(allowed);
    auto room = buffer_.room();
    if (room.empty()) co_return fail(Error::out_of_memory);
    room = room.first(static_cast<std::size_t>(std::min<std::uint64_t>(room.size(), *allowed)));

    runtime::CancelScope scope(scope_);
    receive_ = &scope;
    const auto size = co_await runtime::in_scope(scope, stream_->receive(room));
    receive_ = nullptr;
    if (size && *size == 0) co_return Received::end;
    if (size) {
      buffer_.received(*size);
      if (buffer_.is_large()) share_.hold(buffer_.touched());
      co_return Received::bytes;
    }
    // Cancelled alone for the memory it held: it goes on waiting with less.
    const bool goes_on = size.error() == Error::cancelled && !is_stopping_ &&
                         !scope_->is_cancelled() && buffer_.pending() == 0;
    if (!goes_on) co_return fail(size);
    buffer_.release_if_empty();
    share_.release();
  }
}

/// How many bytes may be received now: a large frame waits for its share of the memory.
Task<Result<std::uint64_t>> Connection::allowed_bytes() {
  if (!buffer_.is_large() || buffer_.pending() == 0) co_return ~std::uint64_t{0};
  share_.begin();
  co_return co_await share_.wait();
}

Task<Result<>> Connection::answer_pending() {
  std::uint64_t bytes = 0;
  std::uint32_t requests = 0;
  while (!is_over_ && !is_stopping_) {
    const auto state = buffer_.state();
    if (state == FrameState::incomplete) break;
    if (state != FrameState::complete) {
      if (const auto refused = co_await refuse_frame(state); !refused) co_return fail(refused);
      continue;
    }

    const auto frame = buffer_.take();
    share_.complete();
    expect(Waiting::nothing);
    const auto answered =
        co_await answer(frame.code, {.context = {broker_, session_},
                                     .payload = frame.payload,
                                     .replies = replies_,
                                     .poll_reply_size_max = limits_.poll_reply_size});
    if (!answered) co_return fail(answered);
    is_over_ = *answered == AfterReply::close;

    bytes += frame.payload.size();
    if (++requests >= turn_requests_max || bytes >= turn_bytes_max || replies_.is_full()) {
      if (const auto sent = co_await replies_.flush(); !sent) co_return fail(sent);
      if (buffer_.state() == FrameState::complete) co_await runtime::yield();
      bytes = requests = 0;
    }
  }
  const auto sent = co_await replies_.flush();
  if (buffer_.pending() == 0 && buffer_.is_large() && budget_.is_short()) {
    buffer_.release_if_empty();
    share_.release();
  }
  co_return sent;
}

Task<Result<>> Connection::refuse_frame(FrameState state) {
  if (state == FrameState::too_short) {
    buffer_.skip_header();
    replies_.add_error(Error::invalid_command);
    co_return Result<>{};
  }
  // What follows can't be told from requests, so the connection ends.
  base::log_warning("{}: a request frame is above its limit; closing the connection",
                    session_.address);
  replies_.add_error(Error::invalid_command);
  is_over_ = true;
  co_return co_await replies_.flush();
}

void Connection::expect(Waiting what) {
  waiting_ = what;
  switch (what) {
    case Waiting::nothing:
      deadline_ = Duration::max();
      break;
    case Waiting::reply:
      deadline_ = now() + limits_.reply_progress;
      break;
    case Waiting::rest_of_frame:
      deadline_ = now() + limits_.frame_progress;
      break;
    case Waiting::request:
      deadline_ = buffer_.is_large()        ? now() + limits_.idle_memory
                  : session_.is_logged_in() ? Duration::max()
                                            : now() + limits_.login;
      break;
  }
}

void Connection::check_deadline(Duration now) {
  if (now < deadline_ || scope_ == nullptr) return;
  deadline_ = Duration::max();
  if (waiting_ == Waiting::request && buffer_.is_large()) {
    if (receive_ != nullptr) receive_->cancel();
    return;
  }
  base::log_debug("{}: closing the connection, {}", session_.address,
                  waiting_ == Waiting::reply           ? "it takes no reply"
                  : waiting_ == Waiting::rest_of_frame ? "a request stays incomplete"
                                                       : "it does not log in");
  scope_->cancel();
}

void Connection::stop() {
  is_stopping_ = true;
  if (receive_ != nullptr) receive_->cancel();
}

/// The last words, and the time for the peer to hear them: closing a socket with unread bytes in it
/// would reset the connection, and the peer might never see its last reply.
Task<> Connection::say_goodbye() {
  if (is_stopping_) {
    replies_.add_error(Error::disconnected);
    (void)co_await runtime::with_timeout(goodbye_limit, replies_.flush());
  }
  if (is_stopping_ || is_over_) {
    (void)co_await runtime::with_timeout(goodbye_limit, net::drain(*stream_, buffer_.room()));
  }
  co_await stream_->close();
}

}  // namespace iggy::server
