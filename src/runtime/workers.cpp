// A queue of work, and the threads that come and go with it.
#include "runtime/workers.hpp"

#include <sched.h>

#include <cassert>
#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>

#include "runtime/thread.hpp"

namespace iggy::runtime {

struct Workers::State {
  const std::size_t threads_max;
  const std::chrono::microseconds idle_max;
  cpu_set_t cpus{};  // a thread of a pinned shard would hand its one CPU on to those it starts

  std::mutex mutex;
  std::condition_variable changed;
  // All below is guarded by `mutex`.
  WorkItem* first = nullptr;
  WorkItem* last = nullptr;
  std::size_t queued = 0;
  std::size_t idle = 0;
  bool is_stopping = false;
  std::list<Thread> threads;
  std::list<Thread> ended_threads;  // to be joined

  void push(WorkItem& item);
  WorkItem* pop();
  WorkItem* next_item(std::unique_lock<std::mutex>& lock);
  bool start_thread();
  void serve(std::list<Thread>::iterator self);
  void join_ended();
};

namespace {

void run_item(WorkItem& item) {
  auto& origin = *item.origin;
  item.run(item);
  origin.post(item.done);  // after this the item may be gone
}

}  // namespace

void Workers::State::push(WorkItem& item) {
  item.next = nullptr;
  (last != nullptr ? last->next : first) = &item;
  last = &item;
  ++queued;
}

WorkItem* Workers::State::pop() {
  auto* const item = first;
  if (item == nullptr) return nullptr;
  first = item->next;
  if (first == nullptr) last = nullptr;
  --queued;
  return item;
}

/// Waits for work; null when the thread should end.
WorkItem* Workers::State::next_item(std::unique_lock<std::mutex>& lock) {
  ++idle;
  changed.wait_for(lock, idle_max, [this] { return first != nullptr || is_stopping; });
  --idle;
  return pop();
}

bool Workers::State::start_thread() {
  join_ended();
  const auto place = threads.emplace(threads.end());
  const bool started = place->start("worker", [this, place] { serve(place); });
  if (!started) threads.erase(place);
  return started;
}

void Workers::State::serve(std::list<Thread>::iterator self) {
  ::sched_setaffinity(0, sizeof cpus, &cpus);  // best effort
  std::unique_lock lock(mutex);
  while (auto* const item = next_item(lock)) {
    lock.unlock();
    run_item(*item);
    lock.lock();
  }
  // Under the lock that was held when no work was found: who submits counts on the threads listed.
  ended_threads.splice(ended_threads.end(), threads, self);
  changed.notify_all();
}

void Workers::State::join_ended() {
  for (auto& thread : ended_threads) thread.join();
  ended_threads.clear();
}

Workers::Workers(std::size_t threads_max, Duration idle_max)
    : state_(new State{.threads_max = threads_max,
                       .idle_max = std::chrono::microseconds(idle_max.microseconds)}) {
  assert(threads_max > 0);
  ::sched_getaffinity(0, sizeof state_->cpus, &state_->cpus);
}

Workers::~Workers() {
  std::unique_lock lock(state_->mutex);
  state_->is_stopping = true;
  state_->changed.notify_all();
  state_->changed.wait(lock, [this] { return state_->threads.empty(); });
  state_->join_ended();
}

void Workers::submit(WorkItem& item) {
  std::unique_lock lock(state_->mutex);
  state_->push(item);
  if (state_->queued > state_->idle && state_->threads.size() < state_->threads_max) {
    const bool started = state_->start_thread();
    if (!started && state_->threads.empty()) {
      // The system has no thread left for us: late is better than never.
      auto& only = *state_->pop();
      lock.unlock();
      return run_item(only);
    }
  }
  state_->changed.notify_one();
}

}  // namespace iggy::runtime
