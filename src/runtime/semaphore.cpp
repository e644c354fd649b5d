// Permits and the queue of who waits for them.
#include <cassert>

#include "runtime/event.hpp"
#include "runtime/shard.hpp"

namespace iggy::runtime {

/// One who waits; it lives in the frame of the waiting coroutine.
struct Semaphore::Waiter final : Cancellable {
  Waiter(Semaphore& semaphore, std::size_t count) : semaphore(semaphore), count(count) {}

  bool await_ready() const { return semaphore.try_acquire(count); }
  template <class Waiting>
  void await_suspend(std::coroutine_handle<Waiting> waiting) {
    coroutine = waiting;
    semaphore.add(*this);
    enter(waiting.promise().scope);
  }
  Result<> await_resume() const {
    if (was_cancelled) return fail(Error::cancelled);
    return {};
  }

  void end() {
    semaphore.remove(*this);
    leave();
    Shard::current().ready(coroutine);
  }
  void on_cancel() override {
    was_cancelled = true;
    end();
    semaphore.hand_out();  // those behind may need fewer
  }

  Semaphore& semaphore;
  std::size_t count;
  Waiter* previous = nullptr;
  Waiter* next = nullptr;
  std::coroutine_handle<> coroutine;
  bool was_cancelled = false;
};

Semaphore::~Semaphore() { assert(first_ == nullptr && "somebody still waits for permits"); }

Task<Result<>> Semaphore::acquire(std::size_t count) {
  const auto* const scope = co_await this_scope();
  if (scope != nullptr && scope->is_cancelled()) co_return fail(Error::cancelled);
  Waiter waiter(*this, count);
  co_return co_await waiter;
}

bool Semaphore::try_acquire(std::size_t count) {
  if (first_ != nullptr || permits_ < count) return false;
  permits_ -= count;
  return true;
}

void Semaphore::release(std::size_t count) {
  permits_ += count;
  hand_out();
}

void Semaphore::hand_out() {
  while (first_ != nullptr && first_->count <= permits_) {
    permits_ -= first_->count;
    first_->end();
  }
}

void Semaphore::add(Waiter& waiter) {
  waiter.previous = last_;
  (last_ != nullptr ? last_->next : first_) = &waiter;
  last_ = &waiter;
}

void Semaphore::remove(Waiter& waiter) {
  (waiter.previous != nullptr ? waiter.previous->next : first_) = waiter.next;
  (waiter.next != nullptr ? waiter.next->previous : last_) = waiter.previous;
}

}  // namespace iggy::runtime
