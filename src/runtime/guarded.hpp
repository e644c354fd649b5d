// A value that any shard may use, one after another.
#pragma once

#include <mutex>
#include <utility>

namespace iggy::runtime {

/// For what is used seldom and for microseconds: a shard that finds it in use stands still for that
/// long. Not for the path of a request that concerns one shard alone.
template <class T>
class Guarded {
 public:
  template <class... Arguments>
  explicit Guarded(Arguments&&... arguments) : value_(std::forward<Arguments>(arguments)...) {}

  /// Calls `use(value)`, which does not wait for anything, and gives what it gives.
  template <class Use>
  auto with(Use use) {
    const std::lock_guard lock(mutex_);
    return use(value_);
  }

 private:
  std::mutex mutex_;
  T value_;
};

}  // namespace iggy::runtime
