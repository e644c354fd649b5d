// TaskGroup: tasks that run side by side on one shard and are always waited for.
#pragma once

#include <cstddef>

#include "runtime/cancel.hpp"
#include "runtime/task.hpp"

namespace iggy::runtime {

/// Owns the tasks spawned into it. `co_await group.join()` before it is destroyed (asserted): no
/// task outlives its owner.
class TaskGroup {
 public:
  /// The group's scope lies inside of `parent`; null: only `cancel` cancels it.
  explicit TaskGroup(CancelScope* parent = nullptr) : scope_(parent) {}
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  /// Starts `task` at once, on this shard, in the group's scope; returns when it first waits or
  /// ends. A task that ends with an exception ends the process: catch what libraries throw inside
  /// of it.
  void spawn(Task<> task);

  /// Cancels the scope. The tasks end on their own path; `join` waits for that.
  void cancel() { scope_.cancel(); }

  /// Waits until no task is left. More may be spawned meanwhile. Not cut short by cancellation. One
  /// coroutine joins at a time.
  Task<> join();

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] CancelScope& scope() { return scope_; }

 private:
  struct Runner;
  struct Join;

  void end_one();

  CancelScope scope_;
  std::size_t size_ = 0;
  std::coroutine_handle<> joiner_;
};

}  // namespace iggy::runtime
