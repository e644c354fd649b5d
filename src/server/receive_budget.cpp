// The memory that incomplete large frames may take.
#include "server/receive_budget.hpp"

#include <algorithm>
#include <cassert>
#include <limits>

namespace iggy::server {

void ReceiveBudget::Share::begin() {
  if (is_queued_) return;
  is_queued_ = true;
  previous_ = budget_.last_;
  next_ = nullptr;
  (previous_ != nullptr ? previous_->next_ : budget_.first_) = this;
  budget_.last_ = this;
}

runtime::Task<Result<std::uint64_t>> ReceiveBudget::Share::wait() {
  assert(is_queued_);
  while (budget_.used_bytes_ >= budget_.bytes_max_ && budget_.first_ != this) {
    ++budget_.waiting_count_;
    const auto waited = co_await budget_.freed_.wait();
    --budget_.waiting_count_;
    if (!waited) co_return fail(waited);
  }
  if (budget_.first_ == this) co_return std::numeric_limits<std::uint64_t>::max();
  co_return std::min(budget_.bytes_max_ - budget_.used_bytes_, step_bytes_max);
}

void ReceiveBudget::Share::hold(std::uint64_t bytes) {
  if (bytes <= held_bytes_) return;
  budget_.used_bytes_ += bytes - held_bytes_;
  held_bytes_ = bytes;
}

void ReceiveBudget::Share::complete() {
  if (!is_queued_) return;
  budget_.leave_queue(*this);
  budget_.freed_.notify_all();
}

void ReceiveBudget::Share::release() {
  if (is_queued_) budget_.leave_queue(*this);
  budget_.used_bytes_ -= held_bytes_;
  held_bytes_ = 0;
  budget_.freed_.notify_all();
}

void ReceiveBudget::leave_queue(Share& share) {
  (share.previous_ != nullptr ? share.previous_->next_ : first_) = share.next_;
  (share.next_ != nullptr ? share.next_->previous_ : last_) = share.previous_;
  share.previous_ = share.next_ = nullptr;
  share.is_queued_ = false;
}

}  // namespace iggy::server
