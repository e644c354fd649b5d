// The timers of one shard: a heap of what is due when.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "iggy/units.hpp"

namespace iggy::runtime {

class Timers;

/// Something that happens once after a while, unless it is disarmed before. Belongs to one shard.
class Timer {
 public:
  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  /// Due on the current shard `after` from now; `Duration::max()`: never. It must not be armed.
  void arm(Duration after);
  void disarm();
  [[nodiscard]] bool is_armed() const { return timers_ != nullptr; }

 protected:
  ~Timer() { disarm(); }

 private:
  friend class Timers;
  /// Called once, disarmed, by the shard's loop. It must not resume a coroutine.
  virtual void on_due() = 0;

  Timers* timers_ = nullptr;  // null: not armed
  Duration due_{};
  std::uint64_t sequence_ = 0;  // among those due at the same time: the order of arming
  std::size_t place_ = 0;       // in the heap
};

/// Arms and disarms in logarithmic time, so that a thousand waits with a time limit cost little.
class Timers {
 public:
  Timers() = default;
  ~Timers();  // asserts that none is armed
  Timers(const Timers&) = delete;
  Timers& operator=(const Timers&) = delete;

  void add(Timer& timer, Duration due);
  void remove(Timer& timer);
  /// Lets happen what is due at `now`. True if something was.
  bool run_due(Duration now);

  [[nodiscard]] std::optional<Duration> next_due() const;
  [[nodiscard]] std::size_t size() const { return heap_.size(); }

 private:
  static bool is_before(const Timer& a, const Timer& b);
  void put(std::size_t place, Timer& timer);
  void rise(std::size_t place);
  void sink(std::size_t place);

  std::vector<Timer*> heap_;
  std::uint64_t next_sequence_ = 0;
};

}  // namespace iggy::runtime
