// How on() travels: its messages live in the frame of the coroutine that calls.
#pragma once

#include <coroutine>
#include <type_traits>
#include <utility>

#include "runtime/cancel.hpp"
#include "runtime/on.hpp"
#include "runtime/outcome.hpp"
#include "runtime/shard.hpp"
#include "runtime/task.hpp"

namespace iggy::runtime {

/// Waits until one more call to another shard may be under way. Not cut short by cancellation.
Task<> acquire_call_permit(Shard& origin);
void release_call_permit(Shard& origin);

/// One call under way, apart from its types. It lives on the shard that calls.
///
/// The request goes out and comes back as the reply. A cancellation is a second message that makes
/// the same round trip; the caller goes on when all that it sent is back.
class RemoteCall : Cancellable {
 public:
  RemoteCall(Shard& origin, Shard& target) : origin_(origin), target_(target) {}

  bool await_ready() const noexcept { return false; }
  template <class Waiting>
  void await_suspend(std::coroutine_handle<Waiting> waiting) {
    waiting_ = waiting;
    send(request_, &run_request);
    enter(waiting.promise().scope);
  }
  void await_resume() const noexcept {}

 protected:
  ~RemoteCall() = default;
  /// The task runs on the target, in a scope that ends with the call.
  Task<> serve(Task<> task);
  void reply();  // the last thing the target does with the call

 private:
  struct Message : InboxNode {
    RemoteCall* call = nullptr;
  };

  /// On the target: does it, and calls `reply` when it is done.
  virtual void start() = 0;

  void on_cancel() override;
  void send(Message& message, void (*run)(InboxNode&));
  void came_back();
  static void run_request(InboxNode& message);
  static void run_reply(InboxNode& message);
  static void run_cancel(InboxNode& message);
  static void run_cancelled(InboxNode& message);

  Shard& origin_;
  Shard& target_;
  std::coroutine_handle<> waiting_;
  Message request_;
  Message cancel_;
  int under_way_ = 0;             // messages; used on the origin alone
  CancelScope* scope_ = nullptr;  // used on the target alone
};

/// One call under way, with the function and what it gave.
template <class F>
class RemoteCallOf final : public RemoteCall {
 public:
  using T = typename OnResult<F>::type;

  RemoteCallOf(Shard& origin, Shard& target, F& function)
      : RemoteCall(origin, target), function_(function) {}
  T take() { return outcome_.take(); }

 private:
  void start() override {
    if constexpr (is_task<std::invoke_result_t<F&>>) {
      Shard::current().services().spawn(serve(outcome_.await(function_)));
    } else {
      outcome_.call(function_);
      reply();
    }
  }

  F& function_;
  Outcome<T> outcome_;
};

template <class F>
Task<typename OnResult<F>::type> on(Shard& target, F function) {
  auto& origin = Shard::current();
  if (&origin == &target) {
    if constexpr (is_task<std::invoke_result_t<F&>>) {
      co_return co_await function();
    } else {
      co_return function();
    }
  }
  co_await acquire_call_permit(origin);
  RemoteCallOf<F> call(origin, target, function);
  co_await call;
  release_call_permit(origin);
  co_return call.take();
}

}  // namespace iggy::runtime
