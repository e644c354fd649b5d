// A shard without a kernel, and a whole runtime for one test.
#include "runtime/testing.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "runtime/timers.hpp"

namespace iggy::runtime {
namespace {

/// Nothing ever comes from outside.
class NoReactor final : public Reactor {
 public:
  void submit(Operation&) override {
    assert(false && "a test shard has no kernel under it: use run_real");
  }
  void cancel(Operation&) override { assert(false); }
  bool wait(Duration) override { return false; }
  void wake() noexcept override {}
  [[nodiscard]] std::string_view name() const override { return "none"; }
};

/// The finalizer of splitmix64 (Steele, Lea, Flood 2014).
std::uint64_t mix(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31);
}

Task<> note_end(Task<> task, bool& has_ended) {
  co_await std::move(task);
  has_ended = true;
}

}  // namespace

void SeededRandom::fill(std::span<std::byte> bytes) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i % sizeof word == 0) word = mix(state_ += 0x9e3779b97f4a7c15U);
    bytes[i] = static_cast<std::byte>(word >> (8 * (i % sizeof word)));
  }
}

struct TestShard::State {
  explicit State(std::uint64_t seed) : random(seed) {}

  ManualClock clock;
  SeededRandom random;
  Shard shard{{.reactor = std::make_unique<NoReactor>(), .clock = &clock, .random = &random}};
  CurrentShard current{shard};
  TaskGroup group;

  /// Runs what is ready; if nothing is, moves the clock to the next timer.
  void step() {
    if (shard.turn({})) return;
    const auto due = shard.timers().next_due();
    assert(due && "nothing is ready and no timer runs: the task can never end");
    clock.advance(*due - clock.monotonic());
  }
};

TestShard::TestShard(std::uint64_t seed) : state_(std::make_unique<State>(seed)) {}

TestShard::~TestShard() {
  const CurrentShard current(state_->shard);
  state_->group.cancel();
  state_->shard.services().cancel();
  while (state_->group.size() + state_->shard.services().size() > 0) state_->step();
}

void TestShard::run_void(Task<> task) {
  const CurrentShard current(state_->shard);
  bool has_ended = false;
  TaskGroup main;
  main.spawn(note_end(std::move(task), has_ended));
  while (!has_ended) state_->step();
}

void TestShard::run_ready() {
  while (state_->shard.turn({})) {
  }
}

TaskGroup& TestShard::group() { return state_->group; }
ManualClock& TestShard::clock() { return state_->clock; }
Shard& TestShard::shard() { return state_->shard; }

}  // namespace iggy::runtime
