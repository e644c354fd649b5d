// The memory that incomplete large frames may take, over all connections of a shard.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/event.hpp"
#include "runtime/task.hpp"

namespace iggy::server {

/// Shares out `limits.receive_bytes`. Bytes are charged as they arrive, never as they are
/// announced. When all is spent, only the frame that began first is read on, so that one always
/// gets done; the others stay in the kernel, whose buffers then slow the senders down. Belongs to
/// one shard.
class ReceiveBudget {
 public:
  /// What one that is not the oldest may receive at once: many may be told of the same free bytes
  /// before the first of them is charged.
  static constexpr std::uint64_t step_bytes_max = 1024 * 1024;

  explicit ReceiveBudget(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

  /// A connection's large receive buffer: its place in the order, and the bytes charged for it.
  class Share {
   public:
    explicit Share(ReceiveBudget& budget) : budget_(budget) {}
    ~Share() { release(); }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

    /// Takes a place behind all others; nothing if it has one.
    void begin();
    /// Waits until something may be received: gives how many bytes, at least one. Errors:
    /// cancelled.
    runtime::Task<Result<std::uint64_t>> wait();
    /// The buffer holds `bytes` now; charges what that is more than before.
    void hold(std::uint64_t bytes);
    /// The frame is complete: the place in the order is free, the bytes stay charged.
    void complete();
    /// The buffer is gone: nothing is charged any more.
    void release();

   private:
    friend class ReceiveBudget;
    ReceiveBudget& budget_;
    std::uint64_t held_bytes_ = 0;
    bool is_queued_ = false;
    Share* previous_ = nullptr;
    Share* next_ = nullptr;
  };

  [[nodiscard]] std::uint64_t used_bytes() const { return used_bytes_; }
  /// Somebody waits: whoever holds an idle buffer should give it back.
  [[nodiscard]] bool is_short() const { return waiting_count_ > 0; }

 private:
  void leave_queue(Share& share);

  std::uint64_t bytes_max_;
  std::uint64_t used_bytes_ = 0;
  Share* first_ = nullptr;
  Share* last_ = nullptr;
  std::size_t waiting_count_ = 0;  // also those that were woken and look again
  runtime::Event freed_;
};

}  // namespace iggy::server
