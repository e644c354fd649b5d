// Random work on several partitions, on a disk that fails at every call, once in every way: what
// was acknowledged stays, what was refused doesn't come back, batches are whole or absent, and the
// log goes on.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>

#include "log/fault_workload.hpp"
#include "runtime/memory_faults_testing.hpp"

namespace iggy::log {
namespace {

using runtime::DiskCall;
using Crash = Workload::Crash;

constexpr std::uint64_t seeds_count = 6;

/// What the disk does where the workload is left alone.
struct Reference {
  std::uint64_t changing_calls = 0;
  std::array<std::uint64_t, static_cast<std::size_t>(DiskCall::list) + 1> calls{};
};

Reference reference(std::uint64_t seed, WorkloadKind kind) {
  Workload workload(seed, seed, kind);
  workload.run();
  Reference found{.changing_calls = workload.disk().changing_calls()};
  for (std::size_t i = 0; i < found.calls.size(); ++i) {
    found.calls[i] = workload.disk().calls(static_cast<DiskCall>(i));
  }
  return found;
}

/// The machine, or the process, dies at each call that changes something.
void die_everywhere(std::uint64_t seed, WorkloadKind kind, Crash crash) {
  const auto last = reference(seed, kind).changing_calls;
  for (std::uint64_t calls = 0; calls <= last && !::testing::Test::HasFailure(); ++calls) {
    SCOPED_TRACE("after " + std::to_string(calls) + " of " + std::to_string(last) + " calls");
    runtime::Dice dice(seed * 100'000 + calls);
    Workload workload(seed, dice.below(1'000'000), kind);
    workload.disk().lose_power_after(calls);
    workload.run();
    if (crash == Crash::power_loss && dice.one_in(3)) {
      workload.lose_power_in_recovery(dice.below(12));
    }
    workload.crash_and_check(crash);
    if (::testing::Test::HasFailure()) return;
    workload.check_that_it_goes_on();
    workload.crash_and_check(dice.one_in(2) ? crash : Crash::power_loss);
  }
}

/// Each call of each kind fails once, and the process goes on until it dies.
void fail_everywhere(std::uint64_t seed, WorkloadKind kind, DiskCall call) {
  kind.has_restarts = call != DiskCall::sync;
  const auto last = reference(seed, kind).calls[static_cast<std::size_t>(call)];
  for (std::uint64_t calls = 0; calls < last && !::testing::Test::HasFailure(); ++calls) {
    SCOPED_TRACE("call " + std::to_string(calls) + " of " + std::to_string(last) + " of kind " +
                 std::to_string(static_cast<int>(call)));
    runtime::Dice dice(seed * 100'000 + calls);
    Workload workload(seed, dice.below(1'000'000), kind);
    runtime::fail_call_somehow(workload.disk(), call, calls, dice);
    workload.run();
    const auto crash = dice.one_in(2) ? Crash::process_killed : Crash::power_loss;
    workload.crash_and_check(crash);
    if (::testing::Test::HasFailure()) return;
    workload.check_that_it_goes_on();
    workload.crash_and_check(kind.has_restarts ? crash : Crash::process_killed);
  }
}

class RandomWork : public ::testing::TestWithParam<bool> {
 protected:
  template <class Test>
  void each_seed(Test test) {
    for (const auto seed : runtime::fault_seeds(seeds_count)) {
      SCOPED_TRACE(runtime::repeat_with(seed));
      test(seed, WorkloadKind{.enforce_fsync = GetParam()});
      if (HasFailure()) return;
    }
  }

 private:
  runtime::QuietLog quiet_;
};

TEST_P(RandomWork, survives_a_loss_of_power_at_every_call) {
  each_seed(
      [](std::uint64_t seed, WorkloadKind kind) { die_everywhere(seed, kind, Crash::power_loss); });
}

TEST_P(RandomWork, survives_the_end_of_the_process_at_every_call) {
  each_seed([](std::uint64_t seed, WorkloadKind kind) {
    die_everywhere(seed, kind, Crash::process_killed);
  });
}

TEST_P(RandomWork, survives_the_failure_of_every_call) {
  each_seed([](std::uint64_t seed, WorkloadKind kind) {
    for (const auto call :
         {DiskCall::open, DiskCall::read, DiskCall::write, DiskCall::truncate, DiskCall::sync,
          DiskCall::make_directories, DiskCall::rename, DiskCall::unlink, DiskCall::remove_all,
          DiskCall::sync_directory, DiskCall::list}) {
      fail_everywhere(seed, kind, call);
    }
  });
}

INSTANTIATE_TEST_SUITE_P(default_mode, RandomWork, ::testing::Values(false));
INSTANTIATE_TEST_SUITE_P(fsync_mode, RandomWork, ::testing::Values(true));

}  // namespace
}  // namespace iggy::log
