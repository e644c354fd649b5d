// Threads for what may block: syncs, unlinks, password hashes.
#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

#include "iggy/units.hpp"
#include "runtime/shard.hpp"

namespace iggy::runtime {

/// A piece of blocking work; it lives in the frame of the coroutine that waits for it.
struct WorkItem {
  struct Done : InboxNode {
    WorkItem* item = nullptr;
  };

  void (*run)(WorkItem&) = nullptr;  // on a worker
  Shard* origin = nullptr;
  Done done;  // posted to `origin` afterwards
  WorkItem* next = nullptr;
};

/// A few threads that take work in the order of asking. They are started when first needed, and end
/// when they were idle for a while: an idle server has none.
class Workers {
 public:
  explicit Workers(std::size_t threads_max, Duration idle_max = Duration::seconds(10));
  ~Workers();  // waits for the work under way
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  void submit(WorkItem& item);  // any thread

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Runs the plain, blocking `function` on a worker and gives its result; on a shard without workers
/// it runs in place. Not cut short by cancellation: what it was lent stays valid until it has
/// ended.
template <class F>
Task<std::invoke_result_t<F&>> offload(F function);

}  // namespace iggy::runtime

#include "runtime/workers_impl.hpp"
