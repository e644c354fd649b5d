// For tests: a server that answers what it was told to, in this process.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "client/client.hpp"
#include "net/byte_stream.hpp"
#include "runtime/event.hpp"
#include "wire/frame.hpp"

namespace iggy::client::testing {

/// What a request was.
struct Received {
  std::uint32_t code = 0;
  base::Bytes payload;
};

/// What happened on the server's side, and what is still to happen. Outlives its streams.
struct Script {
  std::deque<base::Bytes> replies;   // bytes that a request is answered with, whole frames or not
  std::size_t chunk_size = 1 << 20;  // bytes that arrive at once, at most
  bool closes_afterwards = false;    // at the end of the replies the stream ends; else silence
  std::vector<Received> requests;
  std::size_t connections = 0;
  std::size_t closed = 0;

  void reply_empty() { replies.emplace_back(wire::frame_header_size); }
  void reply_error(std::uint32_t status) {
    base::Bytes bytes(wire::frame_header_size);
    wire::store_reply_header(bytes.data(), {.status = status, .payload_size = 0});
    replies.push_back(std::move(bytes));
  }
  template <class Reply>
  void reply(const Reply& reply) {
    replies.push_back(wire::encode_reply(reply));
  }
};

/// The client's end of a connection to such a server.
class ScriptedStream final : public net::ByteStream {
 public:
  explicit ScriptedStream(Script& script) : script_(script) { ++script_.connections; }

  Task<Result<std::size_t>> receive(base::MutableByteView into) override {
    while (incoming_.empty()) {
      if (script_.closes_afterwards) co_return std::size_t{0};
      if (const auto waited = co_await arrived_.wait(); !waited) co_return fail(waited);
    }
    const auto size = std::min({into.size(), incoming_.size(), script_.chunk_size});
    std::copy_n(incoming_.begin(), size, into.begin());
    incoming_.erase(incoming_.begin(), incoming_.begin() + static_cast<std::ptrdiff_t>(size));
    co_return size;
  }

  using ByteStream::send;
  Task<Result<>> send(std::span<const base::ByteView> pieces) override {
    for (const auto piece : pieces) {
      outgoing_.insert(outgoing_.end(), piece.begin(), piece.end());
      sent_bytes_ += piece.size();
    }
    while (take_request()) answer();
    co_return Result<>{};
  }
  Task<Result<>> send_file(runtime::FileHandle, std::uint64_t, std::uint64_t) override {
    co_return fail(Error::operation_unsupported);
  }
  Task<> close() override {
    ++script_.closed;
    co_return;
  }
  void leave_shard() override {}
  [[nodiscard]] std::uint64_t sent_bytes() const override { return sent_bytes_; }
  [[nodiscard]] std::string peer_address() const override { return "127.0.0.1:8090"; }

 private:
  bool take_request() {
    if (outgoing_.size() < wire::frame_header_size) return false;
    const auto header = wire::load_request_header(outgoing_.data());
    const auto size = wire::frame_header_size + header->payload_size;
    if (outgoing_.size() < size) return false;
    const auto end = outgoing_.begin() + static_cast<std::ptrdiff_t>(size);
    script_.requests.push_back({header->code, {outgoing_.begin() + wire::frame_header_size, end}});
    outgoing_.erase(outgoing_.begin(), end);
    return true;
  }
  void answer() {
    if (script_.replies.empty()) return;
    const auto& reply = script_.replies.front();
    incoming_.insert(incoming_.end(), reply.begin(), reply.end());
    script_.replies.pop_front();
    arrived_.notify_one();
  }

  Script& script_;
  base::Bytes outgoing_;  // of the client
  std::uint64_t sent_bytes_ = 0;
  base::Bytes incoming_;
  runtime::Event arrived_;
};

inline Task<Result<std::unique_ptr<net::ByteStream>>> connect_to(Script& script) {
  co_return std::make_unique<ScriptedStream>(script);
}

/// Connects to `script`, which outlives it.
inline Connector scripted(Script& script) {
  return [&script] { return connect_to(script); };
}

}  // namespace iggy::client::testing
