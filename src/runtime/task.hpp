// Task<T>: a lazy coroutine that is awaited by exactly one other.
#pragma once

#include <cassert>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "iggy/error.hpp"

namespace iggy::runtime {

class CancelScope;

/// Memory for coroutine frames, recycled per thread: a hot loop allocates nothing.
void* allocate_frame(std::size_t size);
void release_frame(void* frame, std::size_t size) noexcept;

/// What every coroutine of ours knows: who awaits it, and which scope may cancel it.
///
/// The scope is handed from the awaiting coroutine to the awaited one, so that cancelling a scope
/// reaches the innermost operation that the kernel, a timer or an event holds.
class PromiseBase {
 public:
  struct FinalAwaiter {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> finished) const noexcept {
      const auto continuation = finished.promise().continuation;
      return continuation ? continuation : std::noop_coroutine();
    }
    void await_resume() const noexcept {}
  };

  std::suspend_always initial_suspend() const noexcept { return {}; }
  FinalAwaiter final_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept { exception = std::current_exception(); }

  static void* operator new(std::size_t size) { return allocate_frame(size); }
  static void operator delete(void* frame, std::size_t size) noexcept {
    release_frame(frame, size);
  }

  std::coroutine_handle<> continuation;
  CancelScope* scope = nullptr;  // null: nobody cancels this
  std::exception_ptr exception;
};

template <class T = void>
class Task;

template <class T>
class Promise final : public PromiseBase {
 public:
  Task<T> get_return_object() noexcept;
  template <class U>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
  T take() {
    if (exception) std::rethrow_exception(std::exchange(exception, nullptr));
    return std::move(*value);
  }

 private:
  std::optional<T> value;
};

template <>
class Promise<void> final : public PromiseBase {
 public:
  Task<void> get_return_object() noexcept;
  void return_void() const noexcept {}
  void take() {
    if (exception) std::rethrow_exception(std::exchange(exception, nullptr));
  }
};

/// A coroutine that has not started: it does when it is awaited, and the awaiting one resumes when
/// it is done (symmetric transfer: no stack grows). Move-only; await it once, in the expression
/// that makes it. An exception, which only a library can have thrown, reaches the awaiting one.
///
/// A task must not be destroyed while it is suspended inside: whoever starts it waits for it.
template <class T>
class [[nodiscard]] Task {
 public:
  using promise_type = Promise<T>;
  using value_type = T;

  struct Awaiter {
    std::coroutine_handle<promise_type> task;
    bool await_ready() const noexcept { return false; }
    template <class Waiting>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Waiting> waiting) const noexcept {
      task.promise().continuation = waiting;
      task.promise().scope = waiting.promise().scope;
      return task;
    }
    T await_resume() const { return task.promise().take(); }
  };

  Task() = default;
  explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Task() {
    if (handle_) handle_.destroy();
  }

  Awaiter operator co_await() && noexcept {
    assert(handle_ && !handle_.done());
    return Awaiter{handle_};
  }

  [[nodiscard]] explicit operator bool() const { return static_cast<bool>(handle_); }

 private:
  std::coroutine_handle<promise_type> handle_;
};

template <class T>
Task<T> Promise<T>::get_return_object() noexcept {
  return Task<T>(std::coroutine_handle<Promise>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() noexcept {
  return Task<void>(std::coroutine_handle<Promise>::from_promise(*this));
}

/// True for Task<T>, whatever T is.
template <class T>
inline constexpr bool is_task = false;
template <class T>
inline constexpr bool is_task<Task<T>> = true;

}  // namespace iggy::runtime
