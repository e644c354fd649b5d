// Lists of who waits, woken through the shard's ready queue.
#include "runtime/event.hpp"

#include <cassert>

#include "runtime/shard.hpp"
#include "runtime/timers.hpp"

namespace iggy::runtime {

/// One who waits; it lives in the frame of the waiting coroutine.
struct Event::Waiter final : Cancellable, Timer {
  explicit Waiter(Event& event) : event(event) {}

  bool await_ready() const noexcept { return false; }
  template <class Waiting>
  void await_suspend(std::coroutine_handle<Waiting> waiting) {
    coroutine = waiting;
    event.add(*this);
    enter(waiting.promise().scope);
  }
  Result<> await_resume() const { return outcome; }

  /// Ends the wait; the first who does decides how.
  void end(Result<> how) {
    event.remove(*this);
    leave();
    disarm();
    outcome = how;
    Shard::current().ready(coroutine);
  }
  void on_cancel() override { end(fail(Error::cancelled)); }
  void on_due() override { end(fail(Error::timed_out)); }

  Event& event;
  Waiter* previous = nullptr;
  Waiter* next = nullptr;
  std::coroutine_handle<> coroutine;
  Result<> outcome;
};

Event::~Event() { assert(first_ == nullptr && "somebody still waits for this event"); }

Task<Result<>> Event::wait() {
  Waiter waiter(*this);
  co_return co_await waiter;
}

Task<Result<>> Event::wait_for(Duration limit) {
  Waiter waiter(*this);
  waiter.arm(limit);
  co_return co_await waiter;
}

void Event::notify_all() {
  while (first_ != nullptr) notify_one();
}

void Event::notify_one() {
  if (first_ != nullptr) first_->end({});
}

void Event::add(Waiter& waiter) {
  waiter.previous = last_;
  (last_ != nullptr ? last_->next : first_) = &waiter;
  last_ = &waiter;
}

void Event::remove(Waiter& waiter) {
  (waiter.previous != nullptr ? waiter.previous->next : first_) = waiter.next;
  (waiter.next != nullptr ? waiter.next->previous : last_) = waiter.previous;
}

}  // namespace iggy::runtime
