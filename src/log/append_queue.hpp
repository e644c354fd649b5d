// The batches that wait to be written, in the order of the calls.
#pragma once

#include <coroutine>
#include <cstdint>
#include <utility>

#include "log/partition_log.hpp"
#include "runtime/shard.hpp"

namespace iggy::log {

/// A batch whose producer waits. It lives in the frame of the waiting coroutine, which awaits it:
/// cancelled or not, until the batch is settled, because its bytes are in use until then.
class PendingAppend {
 public:
  explicit PendingAppend(wire::Batch batch) : batch_(batch) {}

  [[nodiscard]] const wire::Batch& batch() const { return batch_; }

  /// Lets the producer go on, later in this loop turn. The object may be gone afterwards.
  void settle(Result<Appended> result) {
    result_ = std::move(result);
    settled_ = true;
    if (waiting_) runtime::Shard::current().ready(waiting_);
  }

  // Awaited by the producer
  [[nodiscard]] bool await_ready() const noexcept { return settled_; }
  void await_suspend(std::coroutine_handle<> waiting) noexcept { waiting_ = waiting; }
  Result<Appended> await_resume() { return std::move(result_); }

 private:
  friend class AppendQueue;
  wire::Batch batch_;
  Result<Appended> result_{};
  std::coroutine_handle<> waiting_;
  PendingAppend* next_ = nullptr;
  bool settled_ = false;
};

/// First in, first out; it allocates nothing.
class AppendQueue {
 public:
  [[nodiscard]] bool is_empty() const { return first_ == nullptr; }
  [[nodiscard]] PendingAppend& front() const { return *first_; }
  [[nodiscard]] static PendingAppend* next(const PendingAppend& append) { return append.next_; }

  void push(PendingAppend& append) {
    append.next_ = nullptr;
    (first_ == nullptr ? first_ : last_->next_) = &append;
    last_ = &append;
  }
  PendingAppend& pop() {
    auto& append = *first_;
    first_ = append.next_;
    return append;
  }

 private:
  PendingAppend* first_ = nullptr;
  PendingAppend* last_ = nullptr;
};

}  // namespace iggy::log
