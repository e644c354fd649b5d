// Matching calls with the faults that were asked for, and the queue of those that are held.
#include "runtime/memory_faults.hpp"

#include <algorithm>
#include <utility>

#include "runtime/shard.hpp"

namespace iggy::runtime {

MemoryFaults::Passage MemoryFaults::pass(DiskCall kind) {
  ++calls_[index(kind)];
  return {*this, kind};
}

bool MemoryFaults::Passage::await_ready() const noexcept {
  return !faults.held_[index(kind)] && faults.released_[index(kind)] == 0;
}

void MemoryFaults::Passage::await_suspend(std::coroutine_handle<> caller) {
  waited = true;
  auto* const shard = &Shard::current();
  if (faults.held_[index(kind)]) {
    faults.waiting_.push_back({caller, shard, kind});
  } else {
    ++faults.released_[index(kind)];  // behind those that were released just now
    shard->ready(caller);
  }
}

void MemoryFaults::Passage::await_resume() {
  if (waited) --faults.released_[index(kind)];
}

Verdict MemoryFaults::judge(const Call& call, Dice& dice) {
  if (call.changes) ++changing_calls_;
  if (power_lost_) return {.error = Error::io_error, .bytes = 0};
  if (call.changes && calls_to_power_loss_ && (*calls_to_power_loss_)-- == 0) {
    return lose_power(call, dice);
  }
  return injected(call).value_or(Verdict{});
}

/// The call that meets the loss of power was done, in part or not at all; nobody will know.
Verdict MemoryFaults::lose_power(const Call& call, Dice& dice) {
  power_lost_ = true;
  calls_to_power_loss_.reset();
  const auto bytes = dice.one_in(3)   ? 0
                     : dice.one_in(2) ? dice.below(call.size + 1)
                                      : Verdict::everything;
  return {.error = Error::io_error, .bytes = bytes, .power_fails = true};
}

/// What the first fault that is due says. All that the call counts for move on.
std::optional<Verdict> MemoryFaults::injected(const Call& call) {
  std::optional<Verdict> verdict;
  std::erase_if(faults_, [&](Fault& fault) {
    const auto named = [&](std::string_view path) { return path.contains(fault.path_part); };
    if (fault.kind != call.kind || std::ranges::none_of(call.paths, named)) return false;
    if (fault.calls_left && *fault.calls_left > 0) {
      --*fault.calls_left;
      return false;
    }
    if (!verdict) verdict = fault.verdict;
    return fault.calls_left.has_value();
  });
  return verdict;
}

void MemoryFaults::fail_call(DiskCall kind, std::uint64_t n, Verdict verdict,
                             std::string path_part) {
  faults_.push_back({kind, n, verdict, std::move(path_part)});
}

void MemoryFaults::fail_always(DiskCall kind, Error error, std::string path_part) {
  faults_.push_back({kind, std::nullopt, {.error = error, .bytes = 0}, std::move(path_part)});
}

void MemoryFaults::heal() { faults_.clear(); }

void MemoryFaults::hold(DiskCall kind) { held_[index(kind)] = true; }

void MemoryFaults::release() {
  held_.fill(false);
  for (const auto& waiter : std::exchange(waiting_, {})) {
    ++released_[index(waiter.kind)];
    waiter.shard->ready(waiter.caller);
  }
}

void MemoryFaults::restart() {
  power_lost_ = false;
  calls_to_power_loss_.reset();
  release();
}

}  // namespace iggy::runtime
