// The machine as a whole: its shards on their threads, its workers, and its signals.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "iggy/error.hpp"
#include "runtime/reactor.hpp"
#include "runtime/shard.hpp"

namespace iggy::runtime {

struct RuntimeOptions {
  Backend backend = Backend::epoll;
  std::vector<int> cpus;     // one shard for each; a shard is pinned to its CPU if `pin`
  std::uint32_t shards = 1;  // used if `cpus` is empty
  bool pin = false;
  std::size_t workers_max = 32;
};

/// The CPUs that this process may use (affinity, cgroup quota rounded up).
std::vector<int> available_cpus();

class Runtime {
 public:
  /// Errors: operation_unsupported, io_error.
  static Result<std::unique_ptr<Runtime>> create(RuntimeOptions options);
  ~Runtime();

  [[nodiscard]] std::uint32_t shard_count() const;
  [[nodiscard]] Shard& shard(std::uint32_t index);

  /// Runs `main()` on shard 0 (this thread) and the other shards on threads of their own, until it
  /// has ended; then stops and joins the shards. `main` ends the work of all shards before it
  /// returns.
  int run(std::function<Task<int>()> main);

 private:
  struct State;
  explicit Runtime(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Signals as events. Made on the main thread before any other thread: it blocks them for all.
class Signals {
 public:
  explicit Signals(std::vector<int> signals);
  ~Signals();
  /// The number of the next one. Errors: cancelled.
  Task<Result<int>> next();

 private:
  int descriptor_ = -1;
};

}  // namespace iggy::runtime
