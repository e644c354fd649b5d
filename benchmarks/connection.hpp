// A connection of the load driver, driven by readiness, and what all of them share.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>

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

/// Ends the program, of all threads, with a message.
[[noreturn]] void give_up(const std::string& what);
/// Gives up if `status` is not that of success.
void check_status(std::uint32_t status);

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

}  // namespace iggy::benchmarks
