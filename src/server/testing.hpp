// For tests: a peer in this process, and a broker on a disk in memory.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "broker/broker.hpp"
#include "broker/session.hpp"
#include "net/byte_stream.hpp"
#include "runtime/event.hpp"
#include "runtime/memory_disk.hpp"
#include "runtime/testing.hpp"
#include "wire/frame.hpp"

namespace iggy::server::testing {

using runtime::Task;

/// A whole request frame.
inline base::Bytes frame(std::uint32_t code, base::ByteView payload = {}) {
  base::Bytes bytes(wire::frame_header_size);
  wire::store_request_header(
      bytes.data(), {.code = code, .payload_size = static_cast<std::uint32_t>(payload.size())});
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  return bytes;
}

/// A frame of which only the header is there.
inline base::Bytes header(std::uint32_t code, std::uint32_t payload_size) {
  base::Bytes bytes(wire::frame_header_size);
  wire::store_request_header(bytes.data(), {.code = code, .payload_size = payload_size});
  return bytes;
}

/// The client's end of a connection: what it says, and what it has taken. Outlives its stream.
struct Peer {
  base::Bytes incoming;                                  // said, not received yet
  bool has_ended = false;                                // behind that: the end of the stream
  bool has_vanished = false;                             // every call fails
  std::size_t takes_max = static_cast<std::size_t>(-1);  // bytes it takes in all, then no more
  base::Bytes taken;
  std::size_t receive_calls = 0;
  std::size_t room_max = 0;          // the most that was asked for at once
  std::size_t sent_at_once_max = 0;  // the most that was sent to it at once
  bool was_told_the_end = false;
  bool is_closed = false;
  runtime::Event changed;

  void say(base::ByteView bytes) {
    incoming.insert(incoming.end(), bytes.begin(), bytes.end());
    changed.notify_all();
  }
  void end() {
    has_ended = true;
    changed.notify_all();
  }
  void vanish() {
    has_vanished = true;
    changed.notify_all();
  }
  void take_everything() {
    takes_max = static_cast<std::size_t>(-1);
    changed.notify_all();
  }

  /// The status of each whole reply so far; what was given before is not given again.
  std::vector<std::uint32_t> statuses() {
    std::vector<std::uint32_t> result;
    while (taken.size() - looked_at_ >= wire::frame_header_size) {
      const auto head = wire::load_reply_header(taken.data() + looked_at_);
      looked_at_ += wire::frame_header_size + head.payload_size;
      assert(looked_at_ <= taken.size() && "a reply was cut");
      result.push_back(head.status);
    }
    return result;
  }

 private:
  std::size_t looked_at_ = 0;
};

/// The server's end.
class PeerStream final : public net::ByteStream {
 public:
  explicit PeerStream(Peer& peer) : peer_(peer) {}

  Task<Result<std::size_t>> receive(base::MutableByteView into) override {
    assert(!into.empty());
    ++peer_.receive_calls;
    peer_.room_max = std::max(peer_.room_max, into.size());
    while (peer_.incoming.empty() && !peer_.has_vanished) {
      if (peer_.has_ended) co_return std::size_t{0};
      if (const auto waited = co_await peer_.changed.wait(); !waited) co_return fail(waited);
    }
    if (peer_.has_vanished) co_return fail(Error::connection_reset);
    const auto size = std::min(into.size(), peer_.incoming.size());
    std::copy_n(peer_.incoming.begin(), size, into.begin());
    peer_.incoming.erase(peer_.incoming.begin(),
                         peer_.incoming.begin() + static_cast<std::ptrdiff_t>(size));
    co_return size;
  }

  using ByteStream::send;
  Task<Result<>> send(std::span<const base::ByteView> pieces) override {
    std::size_t all = 0;
    for (const auto piece : pieces) all += piece.size();
    peer_.sent_at_once_max = std::max(peer_.sent_at_once_max, all);
    for (auto piece : pieces) {
      while (!piece.empty()) {
        if (peer_.has_vanished) co_return fail(Error::connection_reset);
        const auto size = std::min(piece.size(), peer_.takes_max - peer_.taken.size());
        peer_.taken.insert(peer_.taken.end(), piece.begin(),
                           piece.begin() + static_cast<std::ptrdiff_t>(size));
        piece = piece.subspan(size);
        if (piece.empty()) break;
        if (const auto waited = co_await peer_.changed.wait(); !waited) co_return fail(waited);
      }
    }
    co_return Result<>{};
  }

  Task<Result<>> send_file(runtime::FileHandle file, std::uint64_t position,
                           std::uint64_t size) override {
    base::Bytes bytes(size);
    const auto read = co_await file->read(position, bytes);
    if (!read) co_return fail(read);
    if (*read < size) co_return fail(Error::end_of_stream);
    co_return co_await send(base::ByteView(bytes));
  }

  Task<> end_sending() override {
    peer_.was_told_the_end = true;
    co_return;
  }
  Task<> close() override {
    peer_.is_closed = true;
    co_return;
  }
  void leave_shard() override {}
  [[nodiscard]] std::uint64_t sent_bytes() const override { return peer_.taken.size(); }
  [[nodiscard]] std::string peer_address() const override { return "127.0.0.1:50000"; }

 private:
  Peer& peer_;
};

/// A broker with a root user, on one shard and a disk in memory.
struct TestBroker {
  TestBroker() {
    [[maybe_unused]] const bool started = shard.run(broker.start()).has_value();
    assert(started);
    [[maybe_unused]] const bool has_root = shard.run(add_root(broker)).has_value();
    assert(has_root);
  }
  ~TestBroker() { shard.run(broker.stop()); }

  /// Of a client that has not logged in.
  [[nodiscard]] static broker::Session stranger() {
    return {.client_id = ClientId{1}, .address = "127.0.0.1:50000"};
  }
  [[nodiscard]] broker::Session root() {
    auto session = stranger();
    session.log_in(root_user_id, broker.catalogue().find_user(root_user_id)->incarnation);
    return session;
  }

  runtime::TestShard shard;
  runtime::MemoryDisk disk;
  broker::Broker broker{disk, {&shard.shard()}, {.data_path = "data"}, nullptr};

 private:
  /// Nobody can log in as this root: most tests start behind the login, which takes long.
  static Task<Result<>> add_root(broker::Broker& broker) {
    const auto added = co_await broker.commit(
        broker::AddUser{.name = wire::Name("iggy"), .password_hash = "none"}, nobody);
    if (!added) co_return fail(added);
    co_return Result<>{};
  }
};

}  // namespace iggy::server::testing
