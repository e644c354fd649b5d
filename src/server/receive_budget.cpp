// The memory that requests under way may take.
#include "server/receive_budget.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "runtime/shard.hpp"

namespace iggy::server {
namespace {

constexpr std::uint64_t bytes_max_max = std::uint64_t{1} << 60;

std::uint64_t shared_part(std::uint64_t bytes_max) { return bytes_max / 4 * 3; }

Duration now() { return runtime::Shard::current().clock().monotonic(); }

}  // namespace

ReceiveMemory::ReceiveMemory(std::uint64_t bytes_max, std::size_t shards)
    : small_bytes_max((bytes_max - shared_part(bytes_max)) / shards),
      queue(shared_part(std::min(bytes_max, bytes_max_max))) {}

ReceiveBudget::ReceiveBudget(std::shared_ptr<ReceiveMemory> memory)
    : memory_(std::move(memory)), poke_([this] { look(); }) {
  memory_->queue.with([this](ReceiveQueue& queue) { queue.add(poke_); });
}

ReceiveBudget::~ReceiveBudget() {
  memory_->queue.with([this](ReceiveQueue& queue) { queue.remove(poke_); });
}

runtime::Task<> ReceiveBudget::close() {
  assert(used_bytes() == 0 && waiting_.empty());
  memory_->queue.with([this](ReceiveQueue& queue) { queue.remove(poke_); });
  // Nobody pokes from here on, but somebody may have.
  while (poke_.is_pending()) co_await runtime::yield();
}

/// Changes the queue, and lets everyone know whom that concerns.
template <class Change>
void ReceiveBudget::change_queue(Change change) {
  learn(memory_->queue.with([&](ReceiveQueue& queue) {
    change(queue);
    queue.poke_others(poke_);
    return queue.news_for(poke_);
  }));
}

void ReceiveBudget::look() {
  learn(memory_->queue.with([this](ReceiveQueue& queue) { return queue.news_for(poke_); }));
}

void ReceiveBudget::learn(const ReceiveQueue::News& news) {
  is_short_ = news.is_short;
  for (const auto ticket : news.may_go_on) {
    // Who does not wait any more is about to tell the queue, or to try again.
    if (const auto found = waiting_.find(ticket); found != waiting_.end()) {
      found->second->freed_.notify_all();
    }
  }
}

/// The shard's own part has room again: perhaps for some that stand in the queue for lack of it.
void ReceiveBudget::wake_small() {
  for (const auto& [_, share] : waiting_) {
    if (share->fits_own_part()) share->freed_.notify_all();
  }
}

void ReceiveBudget::Share::begin(std::uint64_t bytes, Sender sender) {
  if (has_begun_) return;
  assert(!must_release_for(bytes));
  has_begun_ = true;
  received_for_ = {};
  receives_since_ = now();
  size_ = std::max(bytes, held_bytes());
  is_small_ = sender == Sender::user && size_ <= small_frame_max;
  if (size_ == held_bytes() || take_own_part()) return;
  const auto lacks = size_ - held_bytes();
  budget_.memory_->queue.with(
      [&](ReceiveQueue& queue) { ticket_ = queue.join(budget_.poke_, lacks); });
}

bool ReceiveBudget::Share::fits_own_part() const {
  const auto used = budget_.small_bytes_ + (size_ - held_bytes());
  return is_small_ && used <= budget_.memory_->small_bytes_max;
}

/// All that the frame lacks at once: so those in the shard's own part never wait for each other.
bool ReceiveBudget::Share::take_own_part() {
  if (!fits_own_part()) return false;
  leave_queue();
  take(size_ - held_bytes());
  return true;
}

runtime::Task<Result<>> ReceiveBudget::Share::hold(std::uint64_t bytes) {
  assert(has_begun_ && bytes <= size_);
  while (held_bytes() < bytes) {
    if (take_own_part() || take_shared(bytes - held_bytes())) continue;
    if (const auto waited = co_await wait(); !waited) co_return fail(waited);
  }
  co_return Result<>{};
}

/// Takes a step, if it may take as much as is needed now, or the smallest step.
bool ReceiveBudget::Share::take_shared(std::uint64_t needed) {
  assert(ticket_);
  const auto step = std::clamp(held_bytes(), step_min, step_max);
  const auto wanted = std::min(std::max(needed, step), size_ - held_bytes());
  const auto least = std::min(wanted, std::max(needed, step_min));
  std::uint64_t taken = 0;
  budget_.change_queue([&](ReceiveQueue& queue) {
    taken = queue.take(*ticket_, {.least = least, .wanted = wanted});
  });
  shared_bytes_ += taken;
  budget_.shared_bytes_ += taken;
  return taken > 0;
}

/// No wake-up is lost between the refusal and this: the queue has noted who waits, and this shard
/// sees a poke only when all here wait.
runtime::Task<Result<>> ReceiveBudget::Share::wait() {
  const auto ticket = *ticket_;
  is_waiting_ = true;
  received_for_ = received_for_ + (now() - receives_since_);
  budget_.waiting_.emplace(ticket, this);
  const auto waited = co_await freed_.wait();
  budget_.waiting_.erase(ticket);
  receives_since_ = now();
  is_waiting_ = false;
  if (!waited) {
    budget_.change_queue([&](ReceiveQueue& queue) { queue.stop_waiting(ticket); });
  }
  co_return waited;
}

bool ReceiveBudget::Share::try_hold(std::uint64_t bytes) {
  if (bytes <= held_bytes()) return true;
  const auto lacks = bytes - held_bytes();
  if (ticket_ || budget_.small_bytes_ + lacks > budget_.memory_->small_bytes_max) return false;
  take(lacks);
  return true;
}

void ReceiveBudget::Share::take(std::uint64_t bytes) {
  small_bytes_ += bytes;
  budget_.small_bytes_ += bytes;
}

void ReceiveBudget::Share::complete() {
  has_begun_ = false;
  leave_queue();
}

void ReceiveBudget::Share::leave_queue() {
  if (!ticket_) return;
  budget_.change_queue([&](ReceiveQueue& queue) { queue.leave(*ticket_); });
  ticket_.reset();
}

void ReceiveBudget::Share::release() {
  assert(!is_waiting_);
  has_begun_ = false;
  const auto small = std::exchange(small_bytes_, 0);
  const auto shared = std::exchange(shared_bytes_, 0);
  budget_.small_bytes_ -= small;
  budget_.shared_bytes_ -= shared;
  if (ticket_ || shared > 0) {
    budget_.change_queue([&](ReceiveQueue& queue) {
      if (ticket_) queue.leave(*ticket_);
      queue.give_back(shared);
    });
    ticket_.reset();
  }
  if (small > 0) budget_.wake_small();
}

Duration ReceiveBudget::Share::receiving_time(Duration now) const {
  if (!has_begun_) return {};
  return is_waiting_ ? received_for_ : received_for_ + (now - receives_since_);
}

}  // namespace iggy::server
