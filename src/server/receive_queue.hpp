// Who gets the receive memory that all shards share, and in which order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "runtime/poke.hpp"

namespace iggy::server {

/// The frames under way that need shared memory, in the order in which they began. Each may take
/// what is free, as long as everyone before it could still be completed, one after another; so the
/// first one always gets done. A frame that is larger than all waits until it is the first and
/// nobody else has anything, and then takes what it needs. So no more is charged than the greater
/// of `bytes_max` and the largest frame.
///
/// A place holds nothing when it is taken: whoever has memory already and waits for more could be
/// in the way of one before it. It knows no frame, only a ticket for it and the shard that should
/// be poked when it may go on: a frame may vanish on its shard at any time. Plain data, used by one
/// shard at a time.
class ReceiveQueue {
 public:
  enum class Ticket : std::uint64_t {};
  /// At least so many bytes, and if more are free up to so many.
  struct Amount {
    std::uint64_t least = 0;
    std::uint64_t wanted = 0;
  };
  /// What a shard should know.
  struct News {
    bool is_short = false;  // somebody waits, on any shard
    std::vector<Ticket> may_go_on;
  };

  explicit ReceiveQueue(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

  void add(runtime::Poke& shard) { shards_.push_back(&shard); }
  /// The shard has no ticket any more, and is poked no more.
  void remove(runtime::Poke& shard) { std::erase(shards_, &shard); }

  /// A place behind all others for a frame that needs `size` in all.
  Ticket join(runtime::Poke& shard, std::uint64_t size);
  /// Charges as many as it may take now and gives that; 0: nothing was charged, and it waits until
  /// it may take the least.
  std::uint64_t take(Ticket ticket, Amount amount);
  void stop_waiting(Ticket ticket);
  /// The frame is complete or gone; its bytes stay charged.
  void leave(Ticket ticket);
  void give_back(std::uint64_t bytes) { charged_bytes_ -= bytes; }

  /// What is new for `shard`. Whoever may go on takes what it waits for, or waits again.
  [[nodiscard]] News news_for(const runtime::Poke& shard) const;
  /// Pokes the others that have news.
  void poke_others(const runtime::Poke& shard);

  [[nodiscard]] std::uint64_t charged_bytes() const { return charged_bytes_; }

 private:
  struct Place {
    Ticket ticket{};
    runtime::Poke* shard = nullptr;
    std::uint64_t size = 0;
    std::uint64_t held_bytes = 0;
    std::uint64_t awaited_bytes = 0;  // beyond what it holds; 0: it does not wait
  };
  class Walk;

  [[nodiscard]] Place* find(Ticket ticket);
  void await(Place& place, std::uint64_t bytes);
  template <class Visit>
  void visit_ready(Visit visit) const;

  const std::uint64_t bytes_max_;
  std::uint64_t charged_bytes_ = 0;
  std::uint64_t last_ticket_ = 0;
  std::vector<Place> places_;  // oldest first
  std::size_t waiting_count_ = 0;
  bool others_know_short_ = false;
  std::vector<runtime::Poke*> shards_;
};

}  // namespace iggy::server
