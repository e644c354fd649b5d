// Cancellation: a scope that operations enter while they wait, and that can end them all.
#pragma once

#include <cassert>
#include <coroutine>
#include <utility>

#include "runtime/task.hpp"

namespace iggy::runtime {

/// Something that waits and can be told to stop waiting. It is linked into a scope while it waits.
class Cancellable {
 public:
  Cancellable() = default;
  Cancellable(const Cancellable&) = delete;
  Cancellable& operator=(const Cancellable&) = delete;

 protected:
  ~Cancellable() { leave(); }

  /// Links into `scope`; null is allowed and does nothing. If the scope is cancelled already,
  /// `on_cancel` is called at once instead. Asserts that it is in no scope yet.
  void enter(CancelScope* scope);
  void leave();

 private:
  friend class CancelScope;
  /// Called at most once for each `enter`, on the scope's shard, and never after `leave`. It must
  /// not resume a coroutine: it asks for the end, which then comes through the shard's ready queue.
  virtual void on_cancel() = 0;

  CancelScope* scope_ = nullptr;
  Cancellable* previous_ = nullptr;
  Cancellable* next_ = nullptr;
};

/// A region of work that ends together. Belongs to one shard; not moved.
///
/// `cancel` ends every wait in it and in the scopes inside of it with `Error::cancelled`; a wait
/// that starts later in a cancelled scope ends at once in the same way. Work that never waits is
/// not touched: the next thing it waits for tells it.
class CancelScope final : private Cancellable {
 public:
  CancelScope() = default;
  /// A scope inside of `parent`, cancelled with it. Null: a scope of its own.
  explicit CancelScope(CancelScope* parent);
  ~CancelScope() { assert(first_ == nullptr && "something still waits in this scope"); }

  void cancel();
  [[nodiscard]] bool is_cancelled() const { return cancelled_; }

 private:
  friend class Cancellable;
  void on_cancel() override { cancel(); }

  Cancellable* first_ = nullptr;
  bool cancelled_ = false;
};

/// `co_await this_scope()`: the scope that the awaiting coroutine runs in, or null.
struct ThisScope {
  CancelScope* scope = nullptr;
  bool await_ready() const noexcept { return false; }
  template <class Waiting>
  bool await_suspend(std::coroutine_handle<Waiting> waiting) noexcept {
    scope = waiting.promise().scope;
    return false;
  }
  CancelScope* await_resume() const noexcept { return scope; }
};
inline ThisScope this_scope() { return {}; }

/// `co_await EnterScope{scope}`: the awaiting coroutine, and what it awaits, runs in `scope` from
/// now on.
struct EnterScope {
  CancelScope* scope = nullptr;
  bool await_ready() const noexcept { return false; }
  template <class Waiting>
  bool await_suspend(std::coroutine_handle<Waiting> waiting) const noexcept {
    waiting.promise().scope = scope;
    return false;
  }
  void await_resume() const noexcept {}
};

/// Runs `task` in `scope` instead of the scope of the awaiting coroutine; the scope should be
/// inside of that one. `co_await in_scope(scope, receive())`.
template <class T>
Task<T> in_scope(CancelScope& scope, Task<T> task) {
  co_await EnterScope{&scope};
  co_return co_await std::move(task);
}

}  // namespace iggy::runtime
