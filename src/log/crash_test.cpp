// A loss of power, or of the process, at every point of a workload: what was acknowledged stays,
// batches are whole or absent, and the log goes on.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "log/testing.hpp"

namespace iggy::log {
namespace {

using Crash = LogBench::Crash;
using Payloads = std::vector<std::string>;

/// What the producer knows when the machine stops.
struct Known {
  std::vector<Payloads> sent;          // batches, up to the first that was not acknowledged
  std::size_t acknowledged_count = 0;  // of those
  std::size_t synced_count = 0;        // acknowledged before a sync that succeeded
};

/// Sends batches of all shapes, over several segments, with syncs and checkpoints in between, until
/// something fails.
class Workload {
 public:
  explicit Workload(LogBench& bench) : bench_(bench) {}

  Known run() {
    if (!bench_.open()) return known_;
    const std::string medium(300, 'm');
    const std::string large(1500, 'l');
    const bool is_done = send({"a", "b", "c"}) && send({"d"}) && sync() && send({medium, medium}) &&
                         send({"e"}) && checkpoint() && send({large}) && send({"f", large, "g"}) &&
                         send({"h"}) && send({"i", "j"}) && checkpoint() && send({medium, "k"}) &&
                         send({"l"}) && send({"m", "n", "o", "p"}) && sync() &&
                         send({large, "q"}) && send({"r"}) && close();
    (void)is_done;
    return known_;
  }

 private:
  bool send(Payloads payloads) {
    known_.sent.push_back(payloads);
    if (!bench_.append(SentBatch(payloads))) return false;
    ++known_.acknowledged_count;
    return true;
  }
  bool note_synced(const Result<>& done) {
    if (done) known_.synced_count = known_.acknowledged_count;
    return done.has_value();
  }
  bool sync() { return note_synced(bench_.shard_.run(bench_.log_->sync())); }
  bool checkpoint() { return note_synced(bench_.shard_.run(bench_.log_->checkpoint())); }
  bool close() { return note_synced(bench_.shard_.run(bench_.log_->close())); }

  LogBench& bench_;
  Known known_;
};

struct Scenario {
  bool enforce_fsync = false;
  Crash crash = Crash::power_loss;
  std::uint64_t calls = 0;  // before power is lost
  std::uint64_t seed = 1;
};

LogSettings settings(const Scenario& scenario) {
  return {.segment_size = {2048}, .enforce_fsync = scenario.enforce_fsync, .index_interval = {256}};
}

/// The number of batches at the front of `sent` that make up `stored`; nothing if they don't.
std::optional<std::size_t> whole_batches(const Payloads& stored,
                                         const std::vector<Payloads>& sent) {
  std::size_t next = 0;
  for (std::size_t i = 0;; ++i) {
    if (next == stored.size()) return i;
    if (i == sent.size()) return std::nullopt;
    for (const auto& payload : sent[i]) {
      if (next == stored.size() || stored[next] != payload) return std::nullopt;
      ++next;
    }
  }
}

void check(const Scenario& scenario) {
  SCOPED_TRACE("calls " + std::to_string(scenario.calls) + ", seed " +
               std::to_string(scenario.seed));
  LogBench bench(scenario.seed);
  bench.settings_ = settings(scenario);
  bench.disk_.lose_power_after(scenario.calls);
  const auto known = Workload(bench).run();

  ASSERT_TRUE(bench.crash_and_open(scenario.crash));

  const auto stored = bench.payloads();
  const auto batches_count = whole_batches(stored, known.sent);
  ASSERT_TRUE(batches_count) << "no whole batches: " << stored.size() << " messages";
  const bool keeps_all = scenario.enforce_fsync || scenario.crash == Crash::process_killed;
  EXPECT_GE(*batches_count, keeps_all ? known.acknowledged_count : known.synced_count);

  const auto end = bench.log_->end_offset();
  EXPECT_EQ(end, stored.size());
  const auto more = bench.append({"y", "z"});
  ASSERT_TRUE(more);
  EXPECT_EQ(more->first_offset, end);
  ASSERT_TRUE(bench.crash_and_open());
  EXPECT_EQ(bench.payloads_from(end), texts("y", "z"));
}

/// Loses power after each of the calls that the whole workload makes.
void check_everywhere(Scenario scenario, std::uint64_t seeds) {
  LogBench whole;
  whole.settings_ = settings(scenario);
  ASSERT_EQ(Workload(whole).run().acknowledged_count, 13);
  ASSERT_GE(whole.log_->segments_count(), 3);
  const auto calls = whole.disk_.changing_calls();
  for (scenario.calls = 0; scenario.calls <= calls; ++scenario.calls) {
    for (scenario.seed = 1; scenario.seed <= seeds; ++scenario.seed) {
      check(scenario);
      if (::testing::Test::HasFatalFailure()) return;
    }
  }
}

TEST(CrashOfTheMachine, loses_nothing_acknowledged_in_fsync_mode) {
  check_everywhere({.enforce_fsync = true, .crash = Crash::power_loss}, 40);
}

TEST(CrashOfTheMachine, leaves_whole_batches_from_the_start_in_default_mode) {
  check_everywhere({.enforce_fsync = false, .crash = Crash::power_loss}, 40);
}

TEST(CrashOfTheProcess, loses_nothing_acknowledged_in_default_mode) {
  check_everywhere({.enforce_fsync = false, .crash = Crash::process_killed}, 5);
}

TEST(CrashOfTheProcess, loses_nothing_acknowledged_in_fsync_mode) {
  check_everywhere({.enforce_fsync = true, .crash = Crash::process_killed}, 5);
}

/// Loses power in the workload, and again at each call of the recovery after it.
TEST(CrashOfTheMachine, in_the_middle_of_a_recovery_changes_nothing) {
  for (const bool enforce_fsync : {false, true}) {
    for (Scenario scenario{.enforce_fsync = enforce_fsync, .seed = 1}; scenario.seed <= 300;
         ++scenario.seed) {
      SCOPED_TRACE("seed " + std::to_string(scenario.seed));
      LogBench bench(scenario.seed);
      bench.settings_ = settings(scenario);
      bench.disk_.lose_power_after(scenario.seed % 50);
      const auto known = Workload(bench).run();
      bench.log_.reset();
      bench.disk_.crash(Crash::power_loss);

      bench.disk_.lose_power_after(scenario.seed % 7);
      if (bench.open()) (void)bench.append({"x"});
      ASSERT_TRUE(bench.crash_and_open(Crash::power_loss));

      auto sent = known.sent;
      auto stored = bench.payloads();
      if (!stored.empty() && stored.back() == "x") stored.pop_back();
      const auto batches_count = whole_batches(stored, sent);
      ASSERT_TRUE(batches_count);
      EXPECT_GE(*batches_count,
                scenario.enforce_fsync ? known.acknowledged_count : known.synced_count);
    }
  }
}

TEST(CrashOfTheMachine, keeps_what_a_restart_has_shown_in_fsync_mode) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    LogBench bench(seed);
    bench.settings_.enforce_fsync = true;
    ASSERT_TRUE(bench.open());
    ASSERT_TRUE(bench.append({"a"}));
    bench.disk_.lose_power_after(1);  // at the sync
    EXPECT_FALSE(bench.append({"b"}));
    ASSERT_TRUE(bench.crash_and_open(Crash::process_killed));
    const auto shown = bench.payloads();

    ASSERT_TRUE(bench.crash_and_open(Crash::power_loss));

    EXPECT_EQ(bench.payloads(), shown);
  }
}

}  // namespace
}  // namespace iggy::log
