// Waiting for something inside one shard: events and semaphores. No thread is involved.
#pragma once

#include <coroutine>
#include <cstddef>

#include "iggy/error.hpp"
#include "iggy/units.hpp"
#include "runtime/cancel.hpp"
#include "runtime/task.hpp"

namespace iggy::runtime {

/// Wakes those who wait for a condition that they check themselves: `while (!ready) co_await
/// changed.wait();`. Belongs to one shard.
class Event {
 public:
  Event() = default;
  ~Event();  // asserts that nobody waits
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  /// Waits for the next `notify_*`. Errors: cancelled.
  Task<Result<>> wait();

  /// Waits for the next `notify_*`, at most for `limit`. Errors: cancelled, timed_out.
  Task<Result<>> wait_for(Duration limit);

  /// Lets all, or the one that waits longest, go on; they resume later in this loop turn.
  void notify_all();
  void notify_one();

  [[nodiscard]] bool has_waiters() const { return first_ != nullptr; }

 private:
  struct Waiter;
  void add(Waiter& waiter);
  void remove(Waiter& waiter);

  Waiter* first_ = nullptr;
  Waiter* last_ = nullptr;
};

/// A number of permits, handed out in the order of asking. Belongs to one shard.
class Semaphore {
 public:
  explicit Semaphore(std::size_t permits) : permits_(permits) {}
  ~Semaphore();  // asserts that nobody waits
  Semaphore(const Semaphore&) = delete;
  Semaphore& operator=(const Semaphore&) = delete;

  /// Takes `count` permits, waiting until there are as many. Errors: cancelled, nothing was taken.
  Task<Result<>> acquire(std::size_t count = 1);
  /// Takes them if nobody waits and there are as many.
  bool try_acquire(std::size_t count = 1);
  void release(std::size_t count = 1);

  [[nodiscard]] std::size_t available() const { return permits_; }

 private:
  struct Waiter;
  void add(Waiter& waiter);
  void remove(Waiter& waiter);
  void hand_out();

  std::size_t permits_;
  Waiter* first_ = nullptr;
  Waiter* last_ = nullptr;
};

}  // namespace iggy::runtime
