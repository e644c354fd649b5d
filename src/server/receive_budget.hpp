// The memory that requests under way may take, over all connections of a shard.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "iggy/units.hpp"
#include "runtime/event.hpp"
#include "runtime/guarded.hpp"
#include "runtime/poke.hpp"
#include "runtime/task.hpp"
#include "server/receive_queue.hpp"

namespace iggy::server {

/// `limits.receive_bytes` of the whole process: three quarters are shared, the rest is divided
/// among the shards.
struct ReceiveMemory {
  explicit ReceiveMemory(std::uint64_t bytes_max, std::size_t shards = 1);

  const std::uint64_t small_bytes_max;  // of each shard
  runtime::Guarded<ReceiveQueue> queue;
};

/// Charges the receive buffers above the smallest size. Users' frames up to `small_frame_max` have
/// a quarter of the memory, each shard its part of that: as long as there is room, they never wait
/// and touch nothing that another shard uses. All others, strangers' and those that find no room,
/// stand in the queue of all shards for the shared three quarters. So no more is charged in the
/// process than the greater of three quarters and the largest frame, and one quarter.
///
/// Shared memory is charged before it is touched, in steps that grow with what a frame holds
/// already: whoever announces much and sends little takes little. Who has to wait leaves its bytes
/// in the kernel, which slows the sender down.
///
/// Belongs to one shard, and is made and closed there. Other shards never touch who waits here:
/// they poke this shard, which looks up in the queue which of its own may go on.
class ReceiveBudget {
 public:
  static constexpr std::uint64_t small_frame_max = 4 * 1024 * 1024;
  static constexpr std::uint64_t step_min = 16 * 1024;
  static constexpr std::uint64_t step_max = 1024 * 1024;

  explicit ReceiveBudget(std::shared_ptr<ReceiveMemory> memory);
  /// For a shard that has all of it.
  explicit ReceiveBudget(std::uint64_t bytes_max)
      : ReceiveBudget(std::make_shared<ReceiveMemory>(bytes_max)) {}
  ~ReceiveBudget();
  ReceiveBudget(const ReceiveBudget&) = delete;
  ReceiveBudget& operator=(const ReceiveBudget&) = delete;

  /// When the last share is free, and before it is destroyed, unless there is no other shard.
  runtime::Task<> close();

  enum class Sender : std::uint8_t { user, stranger };

  /// The receive buffer of one connection: the bytes charged for it, and its place in the queue.
  class Share {
   public:
    explicit Share(ReceiveBudget& budget) : budget_(budget) {}
    ~Share() { release(); }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

    /// A frame of `bytes` can begin only after `release`: it needs more, and shared memory is held
    /// already.
    [[nodiscard]] bool must_release_for(std::uint64_t bytes) const {
      return !has_begun_ && shared_bytes_ > 0 && bytes > held_bytes();
    }
    /// A frame has begun that will need `bytes` in all; nothing if one has.
    void begin(std::uint64_t bytes, Sender sender = Sender::user);
    /// Waits until at least `bytes` are charged. It must have begun, for as many or more.
    /// Errors: cancelled.
    runtime::Task<Result<>> hold(std::uint64_t bytes);
    /// Charges so many if the shard's own part has room for that.
    bool try_hold(std::uint64_t bytes);
    /// Charges so many more to the shard's own part, whether they are free or not.
    void take(std::uint64_t bytes);
    /// The frame is complete: the place in the queue is free, the bytes stay charged.
    void complete();
    /// The buffer is gone: nothing is charged any more.
    void release();

    [[nodiscard]] std::uint64_t held_bytes() const { return small_bytes_ + shared_bytes_; }
    /// It holds memory that all shards share: nothing may be received into it beyond the frame, or
    /// it might never be free.
    [[nodiscard]] bool is_shared() const { return shared_bytes_ > 0; }
    /// How long the frame has had memory to go on with: the time that it has waited for some does
    /// not count. Zero between frames.
    [[nodiscard]] Duration receiving_time(Duration now) const;

   private:
    friend class ReceiveBudget;
    [[nodiscard]] bool fits_own_part() const;
    bool take_own_part();
    bool take_shared(std::uint64_t bytes);
    void leave_queue();
    runtime::Task<Result<>> wait();

    ReceiveBudget& budget_;
    std::uint64_t small_bytes_ = 0;   // of the shard's own part
    std::uint64_t shared_bytes_ = 0;  // of what all share
    std::uint64_t size_ = 0;          // what it will hold when the frame is complete
    bool has_begun_ = false;
    bool is_small_ = false;  // may use the shard's own part
    bool is_waiting_ = false;
    std::optional<ReceiveQueue::Ticket> ticket_;  // while it needs what all share
    runtime::Event freed_;
    Duration received_for_{};    // before `receives_since_`
    Duration receives_since_{};  // unless it waits
  };

  /// What is charged on this shard.
  [[nodiscard]] std::uint64_t used_bytes() const { return small_bytes_ + shared_bytes_; }
  /// Somebody waits, here or on another shard: whoever holds an idle buffer should give it back.
  [[nodiscard]] bool is_short() const { return is_short_; }

 private:
  template <class Change>
  void change_queue(Change change);
  void learn(const ReceiveQueue::News& news);
  void look();
  void wake_small();

  const std::shared_ptr<ReceiveMemory> memory_;
  std::uint64_t small_bytes_ = 0;
  std::uint64_t shared_bytes_ = 0;  // of this shard
  bool is_short_ = false;
  std::map<ReceiveQueue::Ticket, Share*> waiting_;  // of this shard
  runtime::Poke poke_;
};

}  // namespace iggy::server
