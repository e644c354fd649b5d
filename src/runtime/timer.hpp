// Waiting for time to pass.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "iggy/units.hpp"
#include "runtime/cancel.hpp"
#include "runtime/task.hpp"

namespace iggy::runtime {

/// Waits for `duration` by the shard's monotonic clock. Errors: cancelled.
Task<Result<>> sleep(Duration duration);

/// Cancels `scope` after `duration`, unless it is destroyed before. Costs one heap entry.
class Deadline {
 public:
  Deadline(CancelScope& scope, Duration duration);
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  /// True if it was the deadline that cancelled the scope.
  [[nodiscard]] bool has_passed() const;

 private:
  struct Timer;
  std::unique_ptr<Timer> timer_;
};

/// Runs `task` for at most `limit`: then it is cancelled, waited for, and its outcome is timed_out.
template <class T>
Task<Result<T>> with_timeout(Duration limit, Task<Result<T>> task) {
  CancelScope scope(co_await this_scope());
  Deadline deadline(scope, limit);
  auto result = co_await in_scope(scope, std::move(task));
  if (!result && result.error() == Error::cancelled && deadline.has_passed()) {
    co_return fail(Error::timed_out);
  }
  co_return result;
}

}  // namespace iggy::runtime
