// A shard: one thread's worth of the server. All state belongs to one; they exchange messages.
#pragma once

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "iggy/units.hpp"
#include "runtime/load_meter.hpp"
#include "runtime/task.hpp"
#include "runtime/task_group.hpp"

namespace iggy::runtime {

class BufferPool;
class Reactor;
class Semaphore;
class Timers;
class UnflushedBytes;
class Workers;

/// Where time comes from. A test brings one that it moves by hand.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Wall-clock time.
  [[nodiscard]] virtual Timestamp now() const = 0;
  /// Time since an unknown start, never going back.
  [[nodiscard]] virtual Duration monotonic() const = 0;
  /// For how long the calling thread could not go on for another reason than a busy CPU, since an
  /// unknown start. It tells a call that was slow because of the disk from one that was preempted.
  [[nodiscard]] virtual Duration blocked() const { return {}; }
};

/// Where randomness comes from. A test brings a seeded one.
class Random {
 public:
  virtual ~Random() = default;
  /// Fills `bytes` with random bytes, good enough for keys and tokens.
  virtual void fill(std::span<std::byte> bytes) = 0;
};

/// A message to a shard: linked into its inbox, and run there by its loop. It lives in the frame of
/// the coroutine that waits for its effect, so that an inbox needs no memory of its own.
struct InboxNode {
  void (*run)(InboxNode&) = nullptr;
  InboxNode* next = nullptr;
};

/// One shard: a ready queue, timers, an inbox and a reactor, driven by one thread at a time.
///
/// The thread that drives it makes it the *current* shard for that while; one thread may drive
/// several in turn (tests, simulation).
class Shard {
 public:
  struct Parts {
    std::uint32_t index = 0;
    std::unique_ptr<Reactor> reactor;
    Clock* clock = nullptr;      // outlives the shard
    Random* random = nullptr;    // outlives the shard; called by this shard's thread only
    Workers* workers = nullptr;  // outlives the shard; null: offloaded work runs in place
    std::uint64_t unflushed_budget = 64 * 1024 * 1024;  // of its files together
  };

  explicit Shard(Parts parts);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  /// The shard that this thread drives now. Asserts that there is one.
  static Shard& current();
  static Shard* current_or_null();

  /// Drives the shard until a stop is requested; then ends its services and returns when nothing is
  /// left to do.
  void run();
  void request_stop();  // any thread
  /// One loop turn: what is ready, timers that are due, the inbox; if nothing was, waits at most
  /// `limit` for the reactor. False if there was nothing to do and nothing came.
  bool turn(Duration limit);

  /// Queues a coroutine to be resumed later in this turn. Own thread only.
  void ready(std::coroutine_handle<> coroutine);
  /// Hands a message over. Any thread. The receiver is woken only if it sleeps.
  void post(InboxNode& message) noexcept;

  /// How busy it is: 0 to 1. Any thread.
  [[nodiscard]] double load() const { return load_.load(clock_->monotonic()); }

  [[nodiscard]] std::uint32_t index() const { return index_; }
  [[nodiscard]] Clock& clock() { return *clock_; }
  [[nodiscard]] Random& random() { return *random_; }
  [[nodiscard]] Timers& timers() { return *timers_; }
  [[nodiscard]] Reactor& reactor() { return *reactor_; }
  [[nodiscard]] BufferPool& buffers() { return *buffers_; }
  [[nodiscard]] Workers* workers() { return workers_; }
  /// What its files hold that was written and not flushed. It outlives the shard with the last of
  /// them.
  [[nodiscard]] const std::shared_ptr<UnflushedBytes>& unflushed() const { return unflushed_; }
  /// Runs what other shards ask for; cancelled and joined when the shard ends.
  [[nodiscard]] TaskGroup& services() { return *services_; }
  /// One permit for each call to another shard that may be under way.
  [[nodiscard]] Semaphore& call_permits() { return *call_permits_; }

 private:
  friend class CurrentShard;

  bool work();
  bool run_ready();
  bool run_inbox();
  bool wait(Duration limit);
  void wake_if_asleep() noexcept;

  std::uint32_t index_;
  std::unique_ptr<Reactor> reactor_;
  Clock* clock_;
  Random* random_;
  Workers* workers_;
  std::unique_ptr<Timers> timers_;
  std::unique_ptr<BufferPool> buffers_;
  std::shared_ptr<UnflushedBytes> unflushed_;
  std::vector<std::coroutine_handle<>> ready_;
  std::vector<std::coroutine_handle<>> running_;
  bool is_stopping_ = false;  // the request to stop was seen
  std::unique_ptr<Semaphore> call_permits_;
  std::unique_ptr<TaskGroup> services_;
  LoadMeter load_;
  // What other threads touch has a cache line of its own.
  alignas(64) std::atomic<InboxNode*> inbox_{nullptr};
  std::atomic<bool> sleeping_{false};
  std::atomic<bool> stop_requested_{false};
};

/// Makes a shard the current one of this thread for a while, as its driver does. For tests and
/// simulations, which drive shards themselves.
class CurrentShard {
 public:
  explicit CurrentShard(Shard& shard);
  ~CurrentShard();
  CurrentShard(const CurrentShard&) = delete;
  CurrentShard& operator=(const CurrentShard&) = delete;

 private:
  Shard* previous_;
};

/// Lets everything else that is ready on this shard go first.
struct Yield {
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> coroutine) const { Shard::current().ready(coroutine); }
  void await_resume() const noexcept {}
};
inline Yield yield() { return {}; }

}  // namespace iggy::runtime
