// The memory that requests under way may take, over all connections of a shard.
#pragma once

#include <cstddef>
#include <cstdint>

#include "iggy/units.hpp"
#include "runtime/event.hpp"
#include "runtime/task.hpp"

namespace iggy::server {

/// Shares out a shard's part of `limits.receive_bytes` among the receive buffers above the smallest
/// size. Who wants memory stands in a queue, in the order in which the frames began. Each may take
/// what is free, as long as everyone before it could still be completed, one after another; so the
/// first one always gets done. Frames above `small_frame_max`, and all of strangers, share three
/// quarters; the rest is kept for users' smaller ones. One that is larger than that waits until it
/// is the first and the only one, and then takes what it needs. So no more is charged than the
/// greater of three quarters and the largest frame, and one quarter.
///
/// Memory is charged before it is touched, in steps that grow with what a frame holds already:
/// whoever announces much and sends little takes little. Who has to wait leaves its bytes in the
/// kernel, which slows the sender down. Belongs to one shard.
class ReceiveBudget {
 public:
  static constexpr std::uint64_t small_frame_max = 4 * 1024 * 1024;
  static constexpr std::uint64_t step_min = 16 * 1024;
  static constexpr std::uint64_t step_max = 1024 * 1024;

  explicit ReceiveBudget(std::uint64_t bytes_max);

  enum class Sender : std::uint8_t { user, stranger };

  /// The receive buffer of one connection: its place in the queue, and the bytes charged for it.
  class Share {
   public:
    explicit Share(ReceiveBudget& budget) : budget_(budget) {}
    ~Share() { release(); }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

    /// A frame has begun that will need `bytes` in all: takes a place behind all others; nothing if
    /// it has one.
    void begin(std::uint64_t bytes, Sender sender = Sender::user);
    /// Waits until at least `bytes` are charged. It must have begun, for as many or more.
    /// Errors: cancelled.
    runtime::Task<Result<>> hold(std::uint64_t bytes);
    /// Charges so many if nobody has to wait for that.
    bool try_hold(std::uint64_t bytes);
    /// Charges so many more, whether they are free or not.
    void take(std::uint64_t bytes);
    /// The frame is complete: the place in the queue is free, the bytes stay charged.
    void complete();
    /// The buffer is gone: nothing is charged any more.
    void release();

    [[nodiscard]] std::uint64_t held_bytes() const { return held_bytes_; }
    /// How long the frame has had memory to go on with: the time that it has waited for some does
    /// not count. Zero between frames.
    [[nodiscard]] Duration receiving_time(Duration now) const;

   private:
    friend class ReceiveBudget;
    void uncharge();
    void leave_queue();
    runtime::Task<Result<>> wait_for(std::uint64_t bytes);

    ReceiveBudget& budget_;
    std::uint64_t held_bytes_ = 0;
    std::uint64_t size_ = 0;  // what it will hold when the frame is complete
    bool is_bulk_ = false;    // large or a stranger's, or the last one was
    bool is_queued_ = false;
    Share* previous_ = nullptr;
    Share* next_ = nullptr;
    std::uint64_t awaited_bytes_ = 0;  // beyond what it holds; 0: it does not wait
    runtime::Event freed_;
    Duration received_for_{};    // before `receives_since_`
    Duration receives_since_{};  // unless it waits
  };

  /// What is charged.
  [[nodiscard]] std::uint64_t used_bytes() const { return small_bytes_ + bulk_bytes_; }
  /// Somebody waits: whoever holds an idle buffer should give it back.
  [[nodiscard]] bool is_short() const { return waiting_count_ > 0; }

 private:
  class Walk;
  [[nodiscard]] std::uint64_t free_for(const Share& share) const;
  void wake();

  const std::uint64_t bytes_max_;
  const std::uint64_t bulk_bytes_max_;
  std::uint64_t small_bytes_ = 0;  // charged for users' small frames
  std::uint64_t bulk_bytes_ = 0;
  Share* first_ = nullptr;
  Share* last_ = nullptr;
  std::size_t waiting_count_ = 0;  // also those that were woken and look again
};

}  // namespace iggy::server
