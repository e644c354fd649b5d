// The loop of a shard: inbox, timers, ready coroutines, and then the reactor.
#include "runtime/shard.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "runtime/buffer.hpp"
#include "runtime/event.hpp"
#include "runtime/on.hpp"
#include "runtime/reactor.hpp"
#include "runtime/timers.hpp"
#include "runtime/unflushed.hpp"

namespace iggy::runtime {
namespace {

// Coroutines that make each other ready are run this often before the reactor is looked at.
constexpr int ready_rounds_max = 8;

thread_local constinit Shard* current_shard = nullptr;

/// From newest first, as they were linked in, to oldest first, as they are served.
InboxNode* reverse(InboxNode* newest) {
  InboxNode* oldest = nullptr;
  while (newest != nullptr) {
    auto* const older = newest->next;
    newest->next = oldest;
    oldest = std::exchange(newest, older);
  }
  return oldest;
}

}  // namespace

CurrentShard::CurrentShard(Shard& shard) : previous_(std::exchange(current_shard, &shard)) {}
CurrentShard::~CurrentShard() { current_shard = previous_; }

Shard::Shard(Parts parts)
    : index_(parts.index),
      reactor_(std::move(parts.reactor)),
      clock_(parts.clock),
      random_(parts.random),
      workers_(parts.workers),
      timers_(std::make_unique<Timers>()),
      buffers_(std::make_unique<BufferPool>()),
      unflushed_(std::make_shared<UnflushedBytes>(parts.unflushed_budget)),
      call_permits_(std::make_unique<Semaphore>(calls_in_flight_max)),
      services_(std::make_unique<TaskGroup>()) {
  assert(reactor_ != nullptr && clock_ != nullptr && random_ != nullptr);
}

Shard::~Shard() {
  assert(current_shard != this);
  assert(ready_.empty() && inbox_.load() == nullptr && "work is left behind");
}

Shard& Shard::current() {
  assert(current_shard != nullptr && "this thread drives no shard");
  return *current_shard;
}

Shard* Shard::current_or_null() { return current_shard; }

void Shard::run() {
  const CurrentShard current(*this);
  for (;;) {
    const bool worked = work();
    if (stop_requested_.load()) {
      is_stopping_ = true;
      services_->cancel();
      if (!worked && ready_.empty() && services_->size() == 0) break;
    }
    // On its way out a shard sleeps only for services that have yet to end: nobody else wakes it.
    wait(is_stopping_ && services_->size() == 0 ? Duration{} : Duration::max());
  }
}

bool Shard::turn(Duration limit) {
  const CurrentShard current(*this);
  if (!work()) return wait(limit);
  wait({});
  return true;
}

void Shard::request_stop() {
  stop_requested_.store(true);
  wake_if_asleep();
}

void Shard::ready(std::coroutine_handle<> coroutine) {
  assert(current_shard == this);
  ready_.push_back(coroutine);
}

void Shard::post(InboxNode& message) noexcept {
  auto* newest = inbox_.load();
  do {
    message.next = newest;
  } while (!inbox_.compare_exchange_weak(newest, &message));
  // From here on the message may be gone.
  wake_if_asleep();
}

void Shard::wake_if_asleep() noexcept {
  // All accesses are in one order (seq_cst): the sleeper announces itself before it looks at the
  // inbox for the last time, we add to the inbox before we look for the announcement.
  if (sleeping_.load() && sleeping_.exchange(false)) reactor_->wake();
}

bool Shard::work() {
  bool worked = run_inbox();
  if (timers_->size() > 0 && timers_->run_due(clock_->monotonic())) worked = true;
  for (int round = 0; round < ready_rounds_max && run_ready(); ++round) worked = true;
  return worked;
}

bool Shard::run_ready() {
  if (ready_.empty()) return false;
  assert(running_.empty());
  running_.swap(ready_);
  for (const auto coroutine : running_) coroutine.resume();
  running_.clear();
  return true;
}

bool Shard::run_inbox() {
  if (inbox_.load(std::memory_order_relaxed) == nullptr) return false;
  auto* message = reverse(inbox_.exchange(nullptr));
  while (message != nullptr) {
    auto* const next = message->next;  // first: it may end with its run
    message->run(*message);
    message = next;
  }
  return true;
}

bool Shard::wait(Duration limit) {
  if (!ready_.empty()) limit = {};
  const auto begin = clock_->monotonic();
  if (const auto due = timers_->next_due(); due && limit > Duration{}) {
    limit = *due > begin ? std::min(limit, *due - begin) : Duration{};
  }
  if (limit == Duration{}) {
    load_.note_wait(begin, begin);
    return reactor_->wait({});
  }
  sleeping_.store(true);
  if (inbox_.load() != nullptr || (stop_requested_.load() && !is_stopping_)) limit = {};
  const bool came = reactor_->wait(limit);
  sleeping_.store(false, std::memory_order_relaxed);
  load_.note_wait(begin, clock_->monotonic());
  return came;
}

}  // namespace iggy::runtime
