// Has a shard look at something again, from any other one.
#pragma once

#include <atomic>
#include <cassert>
#include <functional>
#include <utility>

#include "runtime/shard.hpp"

namespace iggy::runtime {

/// Runs a function on the shard that made it, soon after each `send`; once for several that come
/// before it has begun. It tells nothing but that: the function looks for itself what is new, and
/// sees what was done before `send`.
class Poke : InboxNode {
 public:
  explicit Poke(std::function<void()> function)
      : shard_(Shard::current()), function_(std::move(function)) {
    run = &run_function;
  }
  ~Poke() { assert(!is_pending() && "it is on its way"); }
  Poke(const Poke&) = delete;
  Poke& operator=(const Poke&) = delete;

  void send() {  // any shard
    if (!is_pending_.exchange(true)) shard_.post(*this);
  }
  /// On its own shard: the function is yet to run. When nobody can send any more, this is false for
  /// good after a turn of the loop.
  [[nodiscard]] bool is_pending() const { return is_pending_.load(); }

 private:
  static void run_function(InboxNode& node) {
    auto& poke = static_cast<Poke&>(node);
    poke.is_pending_.store(false);  // first: what comes from here on is worth another look
    poke.function_();
  }

  Shard& shard_;
  const std::function<void()> function_;
  std::atomic<bool> is_pending_{false};
};

}  // namespace iggy::runtime
