// The memory that requests under way may take.
#include "server/receive_budget.hpp"

#include <algorithm>
#include <cassert>

#include "runtime/shard.hpp"

namespace iggy::server {
namespace {

Duration now() { return runtime::Shard::current().clock().monotonic(); }

std::int64_t to_signed(std::uint64_t bytes) { return static_cast<std::int64_t>(bytes); }

}  // namespace

/// Goes along the queue from its first, and knows what the next one may take. Those before it count
/// as needing all that they lack, and as gone once they have it.
class ReceiveBudget::Walk {
 public:
  explicit Walk(const ReceiveBudget& budget)
      : budget_(budget),
        bulk_charged_(std::min(budget.bulk_bytes_, budget.bulk_bytes_max_)),
        free_(to_signed(budget.bytes_max_) - to_signed(budget.small_bytes_ + bulk_charged_)),
        free_bulk_(to_signed(budget.bulk_bytes_max_) - to_signed(bulk_charged_)),
        left_(free_),
        left_bulk_(free_bulk_) {}

  [[nodiscard]] std::uint64_t left_for(const Share& share) const {
    if (is_alone(share) && share.size_ > budget_.bulk_bytes_max_) {
      return share.size_ - share.held_bytes_;
    }
    const auto left = share.is_bulk_ ? std::min(left_, left_bulk_) : left_;
    return static_cast<std::uint64_t>(std::max<std::int64_t>(left, 0));
  }

  void pass(const Share& share) {
    const auto size = to_signed(std::min(share.size_, budget_.bulk_bytes_max_));
    const auto held = std::min(to_signed(share.held_bytes_), size);
    left_ = std::min(left_, free_ - (size - held));
    free_ += held;
    if (!share.is_bulk_) return;
    left_bulk_ = std::min(left_bulk_, free_bulk_ - (size - held));
    free_bulk_ += held;
  }

 private:
  /// The first one, no other large one has anything, and the small ones have no more than is kept
  /// for them.
  [[nodiscard]] bool is_alone(const Share& share) const {
    return budget_.first_ == &share && budget_.bulk_bytes_ == share.held_bytes_ &&
           budget_.small_bytes_ <= budget_.bytes_max_ - budget_.bulk_bytes_max_;
  }

  const ReceiveBudget& budget_;
  const std::uint64_t bulk_charged_;
  // When those that were passed are gone.
  std::int64_t free_;
  std::int64_t free_bulk_;
  // Without taking from them what they need.
  std::int64_t left_;
  std::int64_t left_bulk_;
};

ReceiveBudget::ReceiveBudget(std::uint64_t bytes_max)
    : bytes_max_(std::min<std::uint64_t>(bytes_max, std::uint64_t{1} << 60)),
      bulk_bytes_max_(bytes_max_ / 4 * 3) {}

std::uint64_t ReceiveBudget::free_for(const Share& share) const {
  Walk walk(*this);
  for (const auto* older = first_; older != nullptr && older != &share; older = older->next_) {
    walk.pass(*older);
  }
  return walk.left_for(share);
}

/// Wakes those who may go on.
void ReceiveBudget::wake() {
  if (waiting_count_ == 0) return;
  Walk walk(*this);
  for (auto* share = first_; share != nullptr; share = share->next_) {
    const auto awaited = share->awaited_bytes_;
    if (awaited > 0 && walk.left_for(*share) >= awaited) share->freed_.notify_all();
    walk.pass(*share);
  }
}

void ReceiveBudget::Share::begin(std::uint64_t bytes, Sender sender) {
  if (is_queued_) return;
  const auto held = held_bytes_;
  uncharge();
  size_ = std::max(bytes, held);
  is_bulk_ =
      sender == Sender::stranger || size_ > std::min(small_frame_max, budget_.bytes_max_ / 4);
  take(held);

  is_queued_ = true;
  previous_ = budget_.last_;
  next_ = nullptr;
  (previous_ != nullptr ? previous_->next_ : budget_.first_) = this;
  budget_.last_ = this;
  received_for_ = {};
  receives_since_ = now();
}

runtime::Task<Result<>> ReceiveBudget::Share::hold(std::uint64_t bytes) {
  assert(is_queued_ && bytes <= size_);
  while (held_bytes_ < bytes) {
    const auto needed = bytes - held_bytes_;
    const auto step = std::clamp(held_bytes_, step_min, step_max);
    const auto wanted = std::min(std::max(needed, step), size_ - held_bytes_);
    const auto least = std::min(wanted, std::max(needed, step_min));
    if (const auto free = budget_.free_for(*this); free >= least) {
      take(std::min(free, wanted));
    } else if (const auto waited = co_await wait_for(least); !waited) {
      co_return fail(waited);
    }
  }
  co_return Result<>{};
}

runtime::Task<Result<>> ReceiveBudget::Share::wait_for(std::uint64_t bytes) {
  awaited_bytes_ = bytes;
  received_for_ = received_for_ + (now() - receives_since_);
  ++budget_.waiting_count_;
  const auto waited = co_await freed_.wait();
  --budget_.waiting_count_;
  awaited_bytes_ = 0;
  receives_since_ = now();
  co_return waited;
}

bool ReceiveBudget::Share::try_hold(std::uint64_t bytes) {
  if (bytes <= held_bytes_) return true;
  if (budget_.free_for(*this) < bytes - held_bytes_) return false;
  take(bytes - held_bytes_);
  return true;
}

void ReceiveBudget::Share::complete() {
  if (!is_queued_) return;
  leave_queue();
  budget_.wake();
}

void ReceiveBudget::Share::release() {
  if (!is_queued_ && held_bytes_ == 0) return;
  if (is_queued_) leave_queue();
  uncharge();
  budget_.wake();
}

Duration ReceiveBudget::Share::receiving_time(Duration now) const {
  if (!is_queued_) return {};
  return awaited_bytes_ > 0 ? received_for_ : received_for_ + (now - receives_since_);
}

void ReceiveBudget::Share::take(std::uint64_t bytes) {
  (is_bulk_ ? budget_.bulk_bytes_ : budget_.small_bytes_) += bytes;
  held_bytes_ += bytes;
}

void ReceiveBudget::Share::uncharge() {
  (is_bulk_ ? budget_.bulk_bytes_ : budget_.small_bytes_) -= held_bytes_;
  held_bytes_ = 0;
}

void ReceiveBudget::Share::leave_queue() {
  (previous_ != nullptr ? previous_->next_ : budget_.first_) = next_;
  (next_ != nullptr ? next_->previous_ : budget_.last_) = previous_;
  previous_ = next_ = nullptr;
  is_queued_ = false;
}

}  // namespace iggy::server
