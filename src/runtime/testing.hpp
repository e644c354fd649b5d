// For tests: runs a task to its end, on a shard of its own, with time that is moved by hand.
#pragma once

#include <cassert>
#include <functional>
#include <memory>
#include <optional>

#include "runtime/reactor.hpp"
#include "runtime/shard.hpp"
#include "runtime/task_group.hpp"

namespace iggy::runtime {

class Runtime;

/// A clock that stands still until it is moved.
class ManualClock final : public Clock {
 public:
  [[nodiscard]] Timestamp now() const override { return now_; }
  [[nodiscard]] Duration monotonic() const override { return elapsed_; }
  void advance(Duration by) {
    now_ = now_ + by;
    elapsed_ = elapsed_ + by;
  }
  void set_now(Timestamp now) { now_ = now; }  // the wall clock may step, also back

 private:
  Timestamp now_{1'700'000'000'000'000};
  Duration elapsed_{};
};

/// A repeatable source of numbers.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  void fill(std::span<std::byte> bytes) override;

 private:
  std::uint64_t state_;
};

/// A shard without a kernel under it: for code that uses tasks, events, timers and the fake disk.
/// Whenever nothing is ready, the clock jumps to the next timer. Nothing ready and no timer: the
/// task can never end, which is asserted.
class TestShard {
 public:
  explicit TestShard(std::uint64_t seed = 1);
  ~TestShard();

  template <class T>
  T run(Task<T> task) {
    std::optional<T> result;
    run_void(store(std::move(task), result));
    return std::move(*result);
  }
  void run(Task<> task) { run_void(std::move(task)); }

  /// Runs what is ready, without moving the clock.
  void run_ready();
  /// For tasks that go on beside the test: spawn, `run_ready`, look, go on.
  [[nodiscard]] TaskGroup& group();
  [[nodiscard]] ManualClock& clock();
  [[nodiscard]] Shard& shard();

 private:
  template <class T>
  static Task<> store(Task<T> task, std::optional<T>& result) {
    result.emplace(co_await std::move(task));
  }
  void run_void(Task<> task);

  struct State;
  std::unique_ptr<State> state_;
};

/// Runs a task on a TestShard of its own.
template <class T>
T run(Task<T> task) {
  return TestShard().run(std::move(task));
}

/// Runs `main` on a real runtime with `shards` shards and the backend that IGGY_RUNTIME names.
int run_real(std::uint32_t shards, std::function<Task<int>()> main);
/// The same for a `main` that uses the shards.
int run_real(std::uint32_t shards, std::function<Task<int>(Runtime&)> main);

}  // namespace iggy::runtime
