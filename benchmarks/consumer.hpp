// A client that polls.
#pragma once

#include <cstdint>
#include <vector>

#include "benchmarks/connection.hpp"

namespace iggy::benchmarks {

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
