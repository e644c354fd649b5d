// The heap of timers, and what waits on it: sleeps and deadlines.
#include "runtime/timer.hpp"

#include <cassert>
#include <coroutine>

#include "runtime/shard.hpp"
#include "runtime/timers.hpp"

namespace iggy::runtime {

void Timer::arm(Duration after) {
  auto& shard = Shard::current();
  const auto now = shard.clock().monotonic();
  if (after > Duration::max() - now) return;  // beyond the end of time
  shard.timers().add(*this, now + after);
}

void Timer::disarm() {
  if (timers_ != nullptr) timers_->remove(*this);
}

Timers::~Timers() { assert(heap_.empty() && "a timer outlives its shard"); }

void Timers::add(Timer& timer, Duration due) {
  assert(!timer.is_armed());
  timer.timers_ = this;
  timer.due_ = due;
  timer.sequence_ = next_sequence_++;
  heap_.push_back(nullptr);
  put(heap_.size() - 1, timer);
  rise(timer.place_);
}

void Timers::remove(Timer& timer) {
  assert(timer.timers_ == this && heap_[timer.place_] == &timer);
  timer.timers_ = nullptr;
  auto& last = *heap_.back();
  heap_.pop_back();
  if (&last == &timer) return;
  put(timer.place_, last);
  rise(last.place_);
  sink(last.place_);
}

bool Timers::run_due(Duration now) {
  bool ran = false;
  while (!heap_.empty() && heap_.front()->due_ <= now) {
    auto& timer = *heap_.front();
    remove(timer);
    timer.on_due();
    ran = true;
  }
  return ran;
}

std::optional<Duration> Timers::next_due() const {
  if (heap_.empty()) return std::nullopt;
  return heap_.front()->due_;
}

bool Timers::is_before(const Timer& a, const Timer& b) {
  return a.due_ != b.due_ ? a.due_ < b.due_ : a.sequence_ < b.sequence_;
}

void Timers::put(std::size_t place, Timer& timer) {
  heap_[place] = &timer;
  timer.place_ = place;
}

void Timers::rise(std::size_t place) {
  auto& timer = *heap_[place];
  while (place > 0) {
    const auto parent = (place - 1) / 2;
    if (!is_before(timer, *heap_[parent])) break;
    put(place, *heap_[parent]);
    place = parent;
  }
  put(place, timer);
}

void Timers::sink(std::size_t place) {
  auto& timer = *heap_[place];
  for (;;) {
    auto child = 2 * place + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && is_before(*heap_[child + 1], *heap_[child])) ++child;
    if (!is_before(*heap_[child], timer)) break;
    put(place, *heap_[child]);
    place = child;
  }
  put(place, timer);
}

namespace {

/// One sleep: it ends by its timer or by its scope, whichever comes first.
class Sleep final : Cancellable, Timer {
 public:
  explicit Sleep(Duration duration) : duration_(duration) {}

  bool await_ready() const noexcept { return false; }
  template <class Waiting>
  void await_suspend(std::coroutine_handle<Waiting> waiting) {
    waiting_ = waiting;
    arm(duration_);
    enter(waiting.promise().scope);
  }
  Result<> await_resume() const {
    if (was_cancelled_) return fail(Error::cancelled);
    return {};
  }

 private:
  void on_due() override {
    leave();
    Shard::current().ready(waiting_);
  }
  void on_cancel() override {
    disarm();
    was_cancelled_ = true;
    Shard::current().ready(waiting_);
  }

  Duration duration_;
  std::coroutine_handle<> waiting_;
  bool was_cancelled_ = false;
};

}  // namespace

Task<Result<>> sleep(Duration duration) { co_return co_await Sleep(duration); }

struct Deadline::Timer final : runtime::Timer {
  explicit Timer(CancelScope& scope) : scope(scope) {}
  void on_due() override {
    has_passed = !scope.is_cancelled();
    scope.cancel();
  }

  CancelScope& scope;
  bool has_passed = false;
};

Deadline::Deadline(CancelScope& scope, Duration duration) : timer_(std::make_unique<Timer>(scope)) {
  timer_->arm(duration);
}

Deadline::~Deadline() = default;

bool Deadline::has_passed() const { return timer_->has_passed; }

}  // namespace iggy::runtime
