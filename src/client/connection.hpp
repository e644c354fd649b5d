// One connection to a server: a request goes out, its reply comes back.
#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include "base/bytes.hpp"
#include "iggy/error.hpp"
#include "iggy/units.hpp"
#include "net/byte_stream.hpp"
#include "runtime/event.hpp"
#include "runtime/task.hpp"
#include "wire/codec.hpp"
#include "wire/frame.hpp"

namespace iggy::client {

using runtime::Task;

struct ConnectionLimits {
  Duration silence_max = Duration::seconds(60);  // without a byte moving: timed_out
  ByteSize reply_size_max = 256_MiB;             // a larger reply ends the connection
};

/// Requests over a byte stream, one after the other in the order of asking; several tasks may ask
/// at once. After an exchange that was cut short, cancelled or timed out the two sides are out of
/// step: from then on every call answers disconnected.
class Connection {
 public:
  explicit Connection(std::unique_ptr<net::ByteStream> stream, ConnectionLimits limits = {});

  /// Sends `request` and decodes what comes back. Errors: the status of the reply (one that we
  /// don't know is Error::error); disconnected, timed_out, cancelled, invalid_command (the reply
  /// can't be decoded).
  template <class Request>
  Task<Result<typename Request::Reply>> call(Request request);

  /// The same for a frame that is already encoded; gives the payload of the reply. `frame` is lent.
  Task<Result<base::Bytes>> exchange(base::ByteView frame);

  /// Ends the stream in the orderly way. Nothing may be under way.
  Task<> close();

  [[nodiscard]] bool is_usable() const { return usable_; }

 private:
  Task<Result<base::Bytes>> exchange_alone(base::ByteView frame);
  Task<Result<>> receive_exactly(base::MutableByteView into);
  Task<Result<base::Bytes>> receive_payload(std::uint32_t size);

  std::unique_ptr<net::ByteStream> stream_;
  ConnectionLimits limits_;
  runtime::Semaphore turn_{1};
  bool usable_ = true;
};

template <class Request>
Task<Result<typename Request::Reply>> Connection::call(Request request) {
  const auto frame = wire::encode_request(request);
  const auto payload = co_await exchange(frame);
  if (!payload) co_return fail(payload);
  if constexpr (std::is_void_v<typename Request::Reply>) {
    co_return Result<>{};
  } else {
    co_return wire::decode<typename Request::Reply>(*payload);
  }
}

}  // namespace iggy::client
