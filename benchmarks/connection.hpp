// The connections of the load driver: producers and consumers, driven by readiness.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <limits>
#include <string>
#include <vector>

#include "benchmarks/frames.hpp"
#include "benchmarks/histogram.hpp"

namespace iggy::benchmarks {

/// Nanoseconds of the monotonic clock.
inline std::int64_t now() {
  return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}
inline constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

/// What connections of one kind have done since the measuring began.
struct Figures {
  std::uint64_t requests = 0;
  std::uint64_t messages = 0;
  std::uint64_t empty_polls = 0;
  std::int64_t last_completion = 0;
  Histogram latency;
  Histogram end_to_end;

  void merge(const Figures& other);
};

/// What all connections of a run share.
struct Load {
  const Options& options;
  const BatchPattern& pattern;
  std::int64_t start = 0;
  std::int64_t measured_from = 0;
  std::int64_t end = never;
  std::atomic<std::uint32_t> bounded_connections = 0;  // that have not reached their bound yet
  std::atomic<bool> is_stopped = false;

  [[nodiscard]] bool is_over(std::int64_t at) const { return at >= end || is_stopped; }
  [[nodiscard]] bool is_measured(std::int64_t at) const { return at >= measured_from && at <= end; }
  /// A connection with a bound has reached it: with the last of them the load ends.
  void reach_bound() {
    if (--bounded_connections == 0) is_stopped = true;
  }
};

/// Connects to `address` and logs in. Ends the program with a message if that fails.
int connect_to(const std::string& address);
/// One request and its reply on a socket that blocks: the status.
std::uint32_t call(int socket, ByteView frame);

/// One connection that keeps the server busy. All of it happens on one thread.
class Connection {
 public:
  Connection(Load& load, int socket) : load_(load), socket_(socket) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  virtual ~Connection();

  /// Goes on until the socket would block, or there is nothing to do before `due()`.
  virtual void advance() = 0;
  /// The same after an event of epoll.
  void advance(std::uint32_t events);
  /// When it wants to be called without an event.
  [[nodiscard]] std::int64_t due() const { return due_; }
  [[nodiscard]] bool is_done() const { return is_done_; }
  [[nodiscard]] int socket() const { return socket_; }
  [[nodiscard]] const Figures& figures() const { return figures_; }

 protected:
  /// The number of received bytes, 0 if there are none now. With `target` null they are thrown away
  /// by the kernel. Ends the program if the server has closed.
  std::size_t receive(std::byte* target, std::size_t size);
  /// Sends what is left of two parts from `position` on. True when all is sent.
  bool send(ByteView first, ByteView second, std::size_t& position);
  void complete(std::int64_t started, std::int64_t at, std::uint32_t messages);

  Load& load_;
  int socket_;
  std::int64_t due_ = never;
  bool is_done_ = false;
  Figures figures_;

 private:
  bool is_readable_ = false;  // since the last event, as far as is known
};

/// Sends batches.
class Producer : public Connection {
 public:
  Producer(Load& load, int socket, std::uint32_t index);
  using Connection::advance;
  void advance() override;

 private:
  /// Also notes when to ask again, and the end.
  [[nodiscard]] bool may_start(std::int64_t at);
  void start(std::int64_t at);
  /// False if there was none.
  bool receive_replies();

  SendFrames frames_;
  std::size_t target_ = 0;
  bool is_sending_ = false;
  std::size_t sent_ = 0;  // of the frame under way
  std::deque<std::int64_t> started_;
  std::uint64_t requests_left_;
  bool is_bounded_;
  std::int64_t interval_ = 0;
  std::int64_t next_ = 0;  // with a rate: when after the start the next one is meant to leave
  std::array<std::byte, 4096> received_;
  std::size_t received_size_ = 0;
};

/// Polls from the first message to the last, again and again.
class Consumer : public Connection {
 public:
  Consumer(Load& load, int socket, std::uint32_t index);
  using Connection::advance;
  void advance() override;

 private:
  struct Place {
    Bytes frame;
    std::uint64_t offset = 0;
    std::uint64_t passes_left = 0;
  };
  enum class State : std::uint8_t { idle, sending, receiving };

  void start(std::int64_t at);
  /// False if there is nothing more to receive now.
  bool receive_reply();
  void look_at_reply();
  void move_on(std::uint64_t current_offset, std::uint32_t count);
  void finish_pass(Place& place);
  void next_place();
  [[nodiscard]] bool looks_at_messages() const {
    return load_.options.tail || load_.options.verify != Verify::nothing;
  }

  std::vector<Place> places_;
  std::size_t place_ = 0;
  State state_ = State::idle;
  std::size_t sent_ = 0;
  std::int64_t started_ = 0;
  std::uint64_t unfinished_places_;
  Bytes reply_;               // its head, and all of it where it is looked at
  std::size_t received_ = 0;  // thrown away bytes included
};

}  // namespace iggy::benchmarks
