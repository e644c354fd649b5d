// Starts tasks, counts them, and wakes who waits for the last one.
#include "runtime/task_group.hpp"

#include <cstdlib>
#include <utility>

#include "base/logging.hpp"
#include "runtime/shard.hpp"

namespace iggy::runtime {
namespace {

/// Says what ended the process; called while the exception is handled.
[[noreturn]] void die_of_exception() {
  try {
    throw;
  } catch (const std::exception& exception) {
    base::log_error("A task ended with an exception: {}", exception.what());
  } catch (...) {
    base::log_error("A task ended with an exception of an unknown type");
  }
  std::abort();
}

}  // namespace

/// The coroutine around a spawned task. It destroys itself when it ends.
struct TaskGroup::Runner {
  struct promise_type : PromiseBase {
    explicit promise_type(TaskGroup& group, Task<>& /*task*/) { scope = &group.scope_; }
    Runner get_return_object() noexcept {
      return {std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() noexcept { die_of_exception(); }
  };

  static Runner run(TaskGroup& group, Task<> task) {
    co_await std::move(task);
    task = Task<>();  // what it holds ends before the group counts it as ended
    group.end_one();
  }

  std::coroutine_handle<promise_type> handle;
};

/// Waits for the end of the last task.
struct TaskGroup::Join {
  TaskGroup& group;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> joiner) const noexcept {
    assert(!group.joiner_ && "one coroutine joins at a time");
    group.joiner_ = joiner;
  }
  void await_resume() const noexcept {}
};

TaskGroup::~TaskGroup() { assert(size_ == 0 && "a task would outlive its group"); }

void TaskGroup::spawn(Task<> task) {
  ++size_;
  Runner::run(*this, std::move(task)).handle.resume();
}

void TaskGroup::end_one() {
  assert(size_ > 0);
  if (--size_ == 0 && joiner_) Shard::current().ready(std::exchange(joiner_, nullptr));
}

Task<> TaskGroup::join() {
  while (size_ > 0) co_await Join{*this};
}

}  // namespace iggy::runtime
