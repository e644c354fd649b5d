// One connection to a server: a request goes out, its reply comes back.
#include "client/connection.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "base/error_table.hpp"
#include "runtime/held_permit.hpp"
#include "runtime/timer.hpp"

namespace iggy::client {
namespace {

/// A reply's buffer grows by this much at least, and never beyond twice what has arrived.
constexpr std::size_t growth_bytes_min = 64 * 1024;

/// What a server's status number means to us.
Error error_of_status(std::uint32_t status) {
  const auto error = static_cast<Error>(status);
  const auto& row = base::describe(error);
  // Numbers of our own mean nothing on the wire.
  return row.error == error && row.wire_error == error ? error : Error::error;
}

/// What a caller is told when the stream fails.
Error error_of_stream(Error error) {
  return error == Error::cancelled || error == Error::timed_out ? error : Error::disconnected;
}

}  // namespace

Connection::Connection(std::unique_ptr<net::ByteStream> stream, ConnectionLimits limits)
    : stream_(std::move(stream)), limits_(limits) {}

Task<Result<base::Bytes>> Connection::exchange(base::ByteView frame) {
  if (const auto ours = co_await turn_.acquire(); !ours) co_return fail(ours);
  const runtime::HeldPermit turn(turn_);
  if (!usable_) co_return fail(Error::disconnected);

  // Out of step until the whole reply is here: also if this frame is destroyed before.
  usable_ = false;
  auto payload = co_await exchange_alone(frame);
  if (!payload && !usable_) co_return fail(error_of_stream(payload.error()));
  usable_ = true;
  co_return payload;
}

Task<Result<base::Bytes>> Connection::exchange_alone(base::ByteView frame) {
  const std::array pieces{frame};
  const auto sent = co_await runtime::with_timeout(
      limits_.silence_max, stream_->send(std::span<const base::ByteView>(pieces)));
  if (!sent) co_return fail(sent);

  std::array<std::byte, wire::frame_header_size> bytes;
  if (const auto received = co_await receive_exactly(bytes); !received) co_return fail(received);
  const auto header = wire::load_reply_header(bytes.data());
  if (header.payload_size > limits_.reply_size_max.bytes) co_return fail(Error::disconnected);

  auto payload = co_await receive_payload(header.payload_size);
  if (!payload) co_return fail(payload);
  usable_ = true;
  if (header.status != 0) co_return fail(error_of_status(header.status));
  co_return payload;
}

Task<Result<base::Bytes>> Connection::receive_payload(std::uint32_t size) {
  base::Bytes payload;
  while (payload.size() < size) {
    const auto have = payload.size();
    payload.resize(std::min<std::size_t>(size, have + std::max(have, growth_bytes_min)));
    const auto received = co_await receive_exactly(base::MutableByteView(payload).subspan(have));
    if (!received) co_return fail(received);
  }
  co_return payload;
}

Task<Result<>> Connection::receive_exactly(base::MutableByteView into) {
  while (!into.empty()) {
    const auto received =
        co_await runtime::with_timeout(limits_.silence_max, stream_->receive(into));
    if (!received) co_return fail(received);
    if (*received == 0) co_return fail(Error::disconnected);
    into = into.subspan(*received);
  }
  co_return Result<>{};
}

Task<> Connection::close() {
  usable_ = false;
  co_await stream_->close();
}

}  // namespace iggy::client
