// What a function gave, carried from the thread that ran it to the one that waits for it.
#pragma once

#include <exception>
#include <optional>
#include <utility>

#include "runtime/task.hpp"

namespace iggy::runtime {

/// What a function gave or threw, on its way to the one who waits for it.
template <class T>
class Outcome {
 public:
  template <class F>
  void call(F& function) noexcept {
    try {
      value_.emplace(function());
    } catch (...) {
      exception_ = std::current_exception();
    }
  }
  template <class F>
  Task<> await(F& function) {
    try {
      value_.emplace(co_await function());
    } catch (...) {
      exception_ = std::current_exception();
    }
  }
  T take() {
    if (exception_) std::rethrow_exception(std::exchange(exception_, nullptr));
    return std::move(*value_);
  }

 private:
  std::optional<T> value_;
  std::exception_ptr exception_;
};

template <>
class Outcome<void> {
 public:
  template <class F>
  void call(F& function) noexcept {
    try {
      function();
    } catch (...) {
      exception_ = std::current_exception();
    }
  }
  template <class F>
  Task<> await(F& function) {
    try {
      co_await function();
    } catch (...) {
      exception_ = std::current_exception();
    }
  }
  void take() {
    if (exception_) std::rethrow_exception(std::exchange(exception_, nullptr));
  }

 private:
  std::exception_ptr exception_;
};

}  // namespace iggy::runtime
