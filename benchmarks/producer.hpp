// A client that sends.
#pragma once

#include <array>
#include <cstdint>
#include <deque>

#include "benchmarks/connection.hpp"

namespace iggy::benchmarks {

/// Sends batches.
class Producer : public Connection {
 public:
  Producer(Load& load, int socket, std::uint32_t index);
  /// Sends one batch to each of its partitions, and waits. Their files are there then.
  void touch();
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

}  // namespace iggy::benchmarks
