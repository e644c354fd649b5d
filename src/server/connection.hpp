// One client connection: receives frames, has them answered, and ends it in good order.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "broker/broker.hpp"
#include "broker/session.hpp"
#include "net/byte_stream.hpp"
#include "runtime/cancel.hpp"
#include "runtime/shard.hpp"
#include "server/arrival.hpp"
#include "server/placement.hpp"
#include "server/receive_budget.hpp"
#include "server/receive_buffer.hpp"
#include "server/reply_writer.hpp"

namespace iggy::server {

/// Bounds of a connection, from the settings and the design.
struct ConnectionLimits {
  FrameLimits frames;
  std::uint64_t poll_reply_size = 64ULL << 20;
  Duration frame_progress = Duration::seconds(10);  // an incomplete frame without a byte
  Duration reply_progress = Duration::seconds(60);  // a reply that the peer does not take
  Duration login = Duration::seconds(30);           // without login, since the last request
  Duration idle_memory = Duration::seconds(1);      // then memory that is not needed goes back
};

/// What goes on elsewhere.
struct Departure {
  Arrival arrival;
  std::size_t shard = 0;
};

/// Requests are answered strictly one after another, in their order. Belongs to one shard.
class Connection {
 public:
  Connection(broker::Broker& broker, ReceiveBudget& budget, const Placement& placement,
             const ConnectionLimits& limits, Arrival arrival);

  /// Serves until the peer goes, a deadline passes, or `stop`; or until, between two requests, it
  /// should move to another shard: then nothing of it is left here. Runs in a scope of its own
  /// inside of the caller's.
  Task<std::optional<Departure>> serve();

  /// Ends it after the request under way: the client is told so (status 8).
  void stop();
  /// Ends it if a deadline has passed. Called about once a second.
  void check_deadline(Duration now);
  /// Ends it if it holds memory for a request that arrives too slowly; true if it does. For when
  /// others wait for memory.
  bool end_if_slow(Duration now);

  /// It was asked something since the last `check_deadline`.
  [[nodiscard]] bool is_active() const { return is_active_; }
  /// Has it move to `shard` after the next request, and stay there for a while. False if it may not
  /// move.
  bool send_away(std::size_t shard);

 private:
  enum class Waiting : std::uint8_t { nothing, request, rest_of_frame };
  /// What a wait for bytes came to.
  enum class Received : std::uint8_t { bytes, end };

  Task<Result<>> serve_requests();
  Task<Result<Received>> receive();
  Task<Result<Received>> receive_in(runtime::CancelScope& scope);
  Task<Result<base::MutableByteView>> room();
  Task<Result<>> answer_pending();
  Task<Result<std::uint64_t>> answer_next();
  void refuse_next(FrameState state);
  void refuse_cut_frame();
  Task<> say_goodbye();
  [[nodiscard]] std::optional<std::size_t> next_shard();
  Departure depart(std::size_t shard);

  void expect(Waiting what);
  [[nodiscard]] Duration deadline_of(Waiting what) const;
  [[nodiscard]] Duration login_deadline() const;
  [[nodiscard]] bool is_reply_stuck(Duration now);
  [[nodiscard]] FrameLimits frame_limits() const;
  [[nodiscard]] bool holds_idle_memory() const;
  void release_memory();
  [[nodiscard]] Duration now() const;

  broker::Broker& broker_;
  ReceiveBudget::Share share_;
  const ReceiveBudget& budget_;
  const Placement& placement_;
  const ConnectionLimits& limits_;
  std::unique_ptr<net::ByteStream> stream_;
  broker::Session session_;
  ReceiveBuffer buffer_;
  ReplyWriter replies_;

  runtime::CancelScope* scope_ = nullptr;    // of all that this connection does
  runtime::CancelScope* receive_ = nullptr;  // of waiting for bytes, or for memory to put them
  Duration last_request_;                    // when it was answered, or the connection began
  Duration deadline_ = Duration::max();
  Waiting waiting_ = Waiting::nothing;
  std::uint64_t sent_bytes_ = 0;  // at the last look
  Duration reply_deadline_ = Duration::max();
  bool is_stopping_ = false;
  bool is_over_ = false;  // the last reply closes the connection
  bool is_active_ = false;
  const bool may_move_;
  Duration settled_until_;               // before, it does not go home
  std::optional<std::size_t> sent_to_;   // the shard that `send_away` has named
  std::optional<std::size_t> moves_to_;  // decided
};

}  // namespace iggy::server
