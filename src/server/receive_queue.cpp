// Who gets the receive memory that all shards share.
#include "server/receive_queue.hpp"

#include <algorithm>
#include <cassert>

namespace iggy::server {
namespace {

std::int64_t to_signed(std::uint64_t bytes) { return static_cast<std::int64_t>(bytes); }

}  // namespace

/// Goes along the queue from its first, and knows what the next one may take. Those before it count
/// as needing all that they lack, and as gone once they have it.
class ReceiveQueue::Walk {
 public:
  explicit Walk(const ReceiveQueue& queue)
      : queue_(queue),
        free_(to_signed(queue.bytes_max_ - std::min(queue.charged_bytes_, queue.bytes_max_))),
        left_(free_) {}

  [[nodiscard]] std::uint64_t left_for(const Place& place) const {
    if (place.size <= queue_.bytes_max_)
      return static_cast<std::uint64_t>(std::max(left_, nothing));
    return is_alone(place) ? place.size - place.held_bytes : 0;
  }
  void pass(const Place& place) {
    const auto size = to_signed(std::min(place.size, queue_.bytes_max_));
    const auto held = std::min(to_signed(place.held_bytes), size);
    left_ = std::min(left_, free_ - (size - held));
    free_ += held;
  }
  /// Nor is anything left for those that follow.
  [[nodiscard]] bool is_at_end() const { return left_ <= 0; }

 private:
  static constexpr std::int64_t nothing = 0;

  [[nodiscard]] bool is_alone(const Place& place) const {
    return &queue_.places_.front() == &place && queue_.charged_bytes_ == place.held_bytes;
  }

  const ReceiveQueue& queue_;
  std::int64_t free_;  // when those that were passed are gone
  std::int64_t left_;  // without taking from them what they need
};

ReceiveQueue::Ticket ReceiveQueue::join(runtime::Poke& shard, std::uint64_t size) {
  places_.push_back({.ticket = Ticket{++last_ticket_}, .shard = &shard, .size = size});
  return places_.back().ticket;
}

ReceiveQueue::Place* ReceiveQueue::find(Ticket ticket) {
  const auto place = std::ranges::lower_bound(places_, ticket, {}, &Place::ticket);
  return place != places_.end() && place->ticket == ticket ? &*place : nullptr;
}

std::uint64_t ReceiveQueue::take(Ticket ticket, Amount amount) {
  auto* const place = find(ticket);
  assert(place != nullptr && amount.least > 0 && amount.least <= amount.wanted);
  assert(amount.wanted <= place->size - place->held_bytes);
  Walk walk(*this);
  for (const auto* older = places_.data(); older != place && !walk.is_at_end(); ++older) {
    walk.pass(*older);
  }
  const auto left = walk.left_for(*place);
  if (left < amount.least) {
    await(*place, amount.least);
    return 0;
  }
  await(*place, 0);
  const auto taken = std::min(left, amount.wanted);
  place->held_bytes += taken;
  charged_bytes_ += taken;
  return taken;
}

void ReceiveQueue::await(Place& place, std::uint64_t bytes) {
  waiting_count_ += bytes > 0 ? 1 : 0;
  waiting_count_ -= place.awaited_bytes > 0 ? 1 : 0;
  place.awaited_bytes = bytes;
}

void ReceiveQueue::stop_waiting(Ticket ticket) {
  if (auto* const place = find(ticket)) await(*place, 0);
}

void ReceiveQueue::leave(Ticket ticket) {
  auto* const place = find(ticket);
  assert(place != nullptr);
  await(*place, 0);
  places_.erase(places_.begin() + (place - places_.data()));
}

/// Visits those that wait and may go on.
template <class Visit>
void ReceiveQueue::visit_ready(Visit visit) const {
  if (waiting_count_ == 0) return;
  Walk walk(*this);
  for (const auto& place : places_) {
    if (place.awaited_bytes > 0 && walk.left_for(place) >= place.awaited_bytes) visit(place);
    walk.pass(place);
    if (walk.is_at_end()) return;
  }
}

ReceiveQueue::News ReceiveQueue::news_for(const runtime::Poke& shard) const {
  News news{.is_short = waiting_count_ > 0, .may_go_on = {}};
  visit_ready([&](const Place& place) {
    if (place.shard == &shard) news.may_go_on.push_back(place.ticket);
  });
  return news;
}

void ReceiveQueue::poke_others(const runtime::Poke& shard) {
  const bool is_short = waiting_count_ > 0;
  if (is_short != others_know_short_) {
    others_know_short_ = is_short;
    for (auto* const other : shards_) {
      if (other != &shard) other->send();
    }
    return;  // they see all that is new
  }
  visit_ready([&](const Place& place) {
    if (place.shard != &shard) place.shard->send();
  });
}

}  // namespace iggy::server
