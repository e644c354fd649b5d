// Puts the machine together: shards on their threads, workers beside them.
#include "runtime/runtime.hpp"

#include <fmt/core.h>
#include <sched.h>
#include <sys/resource.h>

#include <cassert>
#include <csignal>
#include <deque>
#include <utility>

#include "base/logging.hpp"
#include "runtime/process.hpp"
#include "runtime/system.hpp"
#include "runtime/task_group.hpp"
#include "runtime/thread.hpp"
#include "runtime/unflushed.hpp"
#include "runtime/workers.hpp"

namespace iggy::runtime {
namespace {

/// Each connection, and each open segment, needs a descriptor. Best effort.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// Best effort: the CPU may have been taken from us since we asked.
void pin_this_thread(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(cpu), &set);
  if (::sched_setaffinity(0, sizeof set, &set) != 0) {
    base::log_warning("Cannot pin a shard to CPU {}", cpu);
  }
}

/// Tells shard 0 that another one has ended.
struct EndMessage : InboxNode {
  std::size_t* running = nullptr;  // used on shard 0 alone
  Shard* first = nullptr;
};

void count_end(InboxNode& message) {
  auto& end = static_cast<EndMessage&>(message);
  if (--*end.running == 0) end.first->request_stop();
}

}  // namespace

struct Runtime::State {
  RuntimeOptions options;
  SystemClock clock;
  std::deque<SystemRandom> randoms;
  std::deque<Shard> shards;
  std::unique_ptr<Workers> workers;  // ends first: it posts to the shards

  // While it runs:
  std::deque<Thread> threads;   // of the shards but the first
  std::deque<EndMessage> ends;  // of these threads
  std::size_t running = 0;      // of these threads; used on shard 0 alone

  Result<> make_shards();
  void drive(std::uint32_t index);
  [[nodiscard]] bool start_others();
  void stop();
  Task<> run_main(const std::function<Task<int>()>& main, int& status);
};

Result<> Runtime::State::make_shards() {
  const auto count = options.cpus.empty() ? options.shards : options.cpus.size();
  assert(count > 0);
  workers = std::make_unique<Workers>(options.workers_max);
  const auto budget = unflushed_budget(dirty_background_bytes(), count);
  for (std::uint32_t index = 0; index < count; ++index) {
    auto reactor = make_reactor(options.backend);
    if (!reactor) return fail(reactor);
    shards.emplace_back(Shard::Parts{.index = index,
                                     .reactor = std::move(*reactor),
                                     .clock = &clock,
                                     .random = &randoms.emplace_back(),
                                     .workers = workers.get(),
                                     .unflushed_budget = budget});
  }
  return {};
}

void Runtime::State::drive(std::uint32_t index) {
  if (options.pin && !options.cpus.empty()) pin_this_thread(options.cpus[index]);
  shards[index].run();
}

/// False if the system refuses a thread; those started before it run.
bool Runtime::State::start_others() {
  for (std::uint32_t index = 1; index < shards.size(); ++index) {
    auto& end = ends.emplace_back();
    end.run = &count_end;
    end.running = &running;
    end.first = &shards.front();
    const bool started =
        threads.emplace_back().start(fmt::format("shard-{}", index), [this, index, &end] {
          drive(index);
          shards.front().post(end);
        });
    if (!started) {
      base::log_error("Cannot start the thread of shard {}", index);
      threads.pop_back();
      return false;
    }
    ++running;
  }
  return true;
}

/// Shard 0 goes on until the others have ended: they may still need it.
void Runtime::State::stop() {
  if (running == 0) return shards.front().request_stop();
  for (std::size_t index = 1; index <= threads.size(); ++index) shards[index].request_stop();
}

Task<> Runtime::State::run_main(const std::function<Task<int>()>& main, int& status) {
  status = co_await main();
  stop();
}

Result<std::unique_ptr<Runtime>> Runtime::create(RuntimeOptions options) {
  raise_descriptor_limit();
  ::signal(SIGPIPE, SIG_IGN);  // sendfile, unlike send, can't be told to leave it out
  auto state = std::make_unique<State>();
  state->options = std::move(options);
  if (const auto made = state->make_shards(); !made) return fail(made);
  return std::unique_ptr<Runtime>(new Runtime(std::move(state)));
}

Runtime::Runtime(std::unique_ptr<State> state) : state_(std::move(state)) {}
Runtime::~Runtime() = default;

std::uint32_t Runtime::shard_count() const {
  return static_cast<std::uint32_t>(state_->shards.size());
}

Shard& Runtime::shard(std::uint32_t index) { return state_->shards.at(index); }

int Runtime::run(std::function<Task<int>()> main) {
  auto& state = *state_;
  int status = 1;
  {
    const CurrentShard current(state.shards.front());
    TaskGroup tasks;
    if (state.start_others()) {
      tasks.spawn(state.run_main(main, status));
    } else {
      state.stop();
    }
    state.drive(0);
  }
  for (auto& thread : state.threads) thread.join();
  state.threads.clear();
  return status;
}

}  // namespace iggy::runtime
