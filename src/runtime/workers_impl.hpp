// How offload() travels: the work item lives in the frame of the coroutine that waits for it.
#pragma once

#include <coroutine>
#include <type_traits>

#include "runtime/outcome.hpp"
#include "runtime/shard.hpp"
#include "runtime/task.hpp"
#include "runtime/workers.hpp"

namespace iggy::runtime {

/// One piece of work under way, with the function and what it gave.
template <class F>
class OffloadedCall : WorkItem {
 public:
  using T = std::invoke_result_t<F&>;

  OffloadedCall(Workers& workers, F& function) : workers_(workers), function_(function) {
    run = &run_function;
    origin = &Shard::current();
    done.item = this;
    done.run = &resume;
  }

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    waiting_ = waiting;
    workers_.submit(*this);
  }
  T await_resume() { return outcome_.take(); }

 private:
  static void run_function(WorkItem& item) {
    auto& call = static_cast<OffloadedCall&>(item);
    call.outcome_.call(call.function_);
  }
  static void resume(InboxNode& message) {
    auto& call = static_cast<OffloadedCall&>(*static_cast<Done&>(message).item);
    call.origin->ready(call.waiting_);
  }

  Workers& workers_;
  F& function_;
  Outcome<T> outcome_;
  std::coroutine_handle<> waiting_;
};

template <class F>
Task<std::invoke_result_t<F&>> offload(F function) {
  auto* const workers = Shard::current().workers();
  if (workers == nullptr) co_return function();
  OffloadedCall<F> call(*workers, function);
  co_return co_await call;
}

}  // namespace iggy::runtime
