// Random changes of the catalogue, on a disk that fails at every call, once in every way: what was
// acknowledged is there, what was refused is not, and the journal goes on.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/catalogue_owner.hpp"
#include "broker/snapshot.hpp"
#include "broker/test_support.hpp"
#include "runtime/memory_disk.hpp"
#include "runtime/memory_faults_testing.hpp"
#include "runtime/memory_file.hpp"
#include "runtime/testing.hpp"

namespace iggy::broker {
namespace {

using runtime::DiskCall;
using runtime::MemoryDisk;
using test::name;
using Crash = MemoryDisk::Crash;

/// The states that the catalogue may have, by the index of their last change.
class StatesModel {
 public:
  /// A change that comes to `state` is asked for.
  std::size_t begin(std::uint64_t index, base::Bytes state) {
    begun_.push_back({.index = index, .state = std::move(state)});
    return begun_.size() - 1;
  }
  void acknowledge(std::size_t number) {
    acknowledged_index_ = std::max(acknowledged_index_, begun_[number].index);
  }
  void refuse(std::size_t number) { begun_[number].is_refused = true; }

  /// What is wrong with what a start has found; empty if nothing is.
  [[nodiscard]] std::string disagreement(const Catalogue& found) const {
    const auto index = found.journal_index;
    if (index < acknowledged_index_) {
      return "change " + std::to_string(acknowledged_index_) + " was acknowledged, found is " +
             std::to_string(index);
    }
    const auto state = encode_snapshot(found);
    const bool is_right = std::ranges::any_of(begun_, [&](const Begun& begun) {
      return begun.index == index && !begun.is_refused && begun.state == state;
    });
    return is_right ? ""
                    : "nobody asked for state " + std::to_string(index) + ", or it was refused";
  }
  void adopt(const Catalogue& found) {
    begun_.clear();
    begin(found.journal_index, encode_snapshot(found));
    acknowledge(0);
  }

 private:
  struct Begun {
    std::uint64_t index;
    base::Bytes state;
    bool is_refused = false;
  };
  std::vector<Begun> begun_;
  std::uint64_t acknowledged_index_ = 0;
};

/// Commits that overlap. All choices follow from the seed.
class Workload {
 public:
  static constexpr int steps = 35;

  Workload(std::uint64_t seed, std::uint64_t disk_seed, bool has_restarts)
      : disk_(disk_seed), dice_(seed), has_restarts_(has_restarts) {
    model_.adopt({});
  }
  ~Workload() { stop(); }
  Workload(const Workload&) = delete;
  Workload& operator=(const Workload&) = delete;

  [[nodiscard]] MemoryDisk& disk() { return disk_; }

  void run() {
    if (!start() && !start()) return;
    for (int i = 0; i < steps && is_alive() && !::testing::Test::HasFailure(); ++i) step();
    disk_.set_free_bytes(plenty);
  }
  void crash_and_check(Crash crash) {
    stop();
    disk_.heal();
    disk_.crash(crash);
    is_fatal_ = false;
    ASSERT_TRUE(start());
    ASSERT_EQ(model_.disagreement(now()), "");
    model_.adopt(now());
  }
  void lose_power_in_recovery(std::uint64_t calls) {
    stop();
    disk_.heal();
    disk_.crash(Crash::power_loss);
    disk_.lose_power_after(calls);
    (void)start();
  }
  void check_that_it_goes_on() {
    const auto index = now().journal_index;
    begin(AddStream{some_name()});
    shard_.run(shard_.group().join());
    ASSERT_EQ(now().journal_index, index + 1);
  }

 private:
  static constexpr std::uint64_t plenty = std::uint64_t{1} << 40;

  Result<> start() {
    auto opened = shard_.run(CatalogueOwner::open(
        disk_, {.directory = "data/state",
                .publish = [](const CataloguePtr&) -> Task<> { co_await runtime::yield(); },
                .on_fatal = [this](Error) { is_fatal_ = true; },
                .compact_at = {2048}}));
    if (!opened) return fail(opened);
    owner_ = std::move(*opened);
    return {};
  }
  void stop() {
    disk_.release();
    shard_.run(shard_.group().join());
    if (owner_) shard_.run(owner_->close());
    owner_.reset();
  }
  [[nodiscard]] const Catalogue& now() const { return *owner_->published(); }
  [[nodiscard]] bool is_alive() const { return owner_ && !is_fatal_ && !disk_.has_lost_power(); }

  void step() {
    const auto choice = dice_.below(20);
    if (choice < 17) return burst();
    if (choice < 18) return disk_.set_free_bytes(dice_.one_in(2) ? plenty : dice_.below(4000));
    if (has_restarts_) restart();
  }
  void restart() {
    stop();
    if (!start() && !start()) return;
    ASSERT_EQ(model_.disagreement(now()), "");
    if (is_alive()) model_.adopt(now());
  }
  void burst() {
    constexpr std::array held{DiskCall::write, DiskCall::sync, DiskCall::rename,
                              DiskCall::preallocate};
    const bool holds = dice_.one_in(2);
    if (holds) disk_.hold(held[dice_.below(held.size())]);
    begin_some();
    if (holds) {
      shard_.run_ready();
      begin_some();
      disk_.release();
    }
    shard_.run(shard_.group().join());
  }
  void begin_some() {
    const auto count = 1 + dice_.below(3);
    for (std::uint64_t i = 0; i < count; ++i) begin_one(now());
  }

  void begin_one(const Catalogue& seen) {
    const auto choice = dice_.below(16);
    const auto stream = some_stream(seen);
    if (choice < 3 || !stream) return begin(AddStream{some_name()});
    if (choice == 3) return begin(RenameStream{key_of(*stream), some_name()});
    if (choice == 4) return begin(RemoveStream{key_of(*stream)});
    if (choice == 5) return begin(RenewStreamPartitions{key_of(*stream)});
    if (choice == 6) return begin(AddUser{.name = some_name(), .password_hash = "hash"});
    if (choice == 7) return begin(ForgetDroppedPartitions{some_dropped(seen)});
    const auto topic = some_topic(*stream);
    if (choice < 11 || !topic) {
      return begin(AddTopic{.stream = key_of(*stream),
                            .name = some_name(),
                            .partitions_count = static_cast<std::uint32_t>(dice_.below(30))});
    }
    const auto key = key_of(*stream, *topic);
    const auto count = static_cast<std::uint32_t>(1 + dice_.below(5));
    if (choice == 11) return begin(AddPartitions{key, count});
    if (choice == 12) return begin(RemovePartitions{key, count});
    if (choice == 13) return begin(RenewTopicPartitions{key});
    if (choice == 14) return begin(RemoveTopic{key});
    begin(ChangeTopic{key, some_name(), {.replication_factor = 2}});
  }

  StreamPtr some_stream(const Catalogue& seen) {
    const auto number = dice_.below(4);
    const auto* const found = seen.streams.find(StreamId{static_cast<std::uint32_t>(number)});
    return found ? *found : nullptr;
  }
  TopicPtr some_topic(const Stream& stream) {
    const auto number = dice_.below(3);
    const auto* const found = stream.topics.find(TopicId{static_cast<std::uint32_t>(number)});
    return found ? *found : nullptr;
  }
  std::vector<Incarnation> some_dropped(const Catalogue& seen) {
    std::vector<Incarnation> incarnations;
    for (const auto& [incarnation, _] : seen.dropped_partitions) {
      if (dice_.one_in(2)) incarnations.push_back(incarnation);
    }
    return incarnations;
  }
  wire::Name some_name() {
    return name("n" + std::to_string(++names_) + std::string(dice_.below(120), 'x'));
  }

  template <class Edit>
  void begin(Edit edit) {
    shard_.group().spawn(commit_one(*this, std::move(edit)));
  }
  template <class Edit>
  static Task<> commit_one(Workload& workload, Edit edit) {
    std::optional<std::size_t> number;
    const auto committed = co_await workload.owner_->commit_change(
        [&](const Catalogue& head) -> Result<Change> {
          auto change = edit.change(head);
          if (change) number = workload.note_begun(head, *change);
          return change;
        },
        root_user_id);
    if (number) workload.note_end(*number, committed);
  }
  std::size_t note_begun(const Catalogue& head, const Change& change) {
    const auto after = apply(head, change,
                             {.index = head.journal_index + 1,
                              .epoch = 0,
                              .time = shard_.clock().now(),
                              .user = root_user_id});
    EXPECT_TRUE(after);
    return model_.begin(after->journal_index, encode_snapshot(*after));
  }
  void note_end(std::size_t number, const Result<Committed>& committed) {
    if (committed) {
      model_.acknowledge(number);
    } else if (committed.error() != Error::cannot_sync_file && !disk_.has_lost_power()) {
      model_.refuse(number);
    }
  }

  runtime::TestShard shard_;
  MemoryDisk disk_;
  runtime::Dice dice_;
  bool has_restarts_;
  StatesModel model_;
  std::unique_ptr<CatalogueOwner> owner_;
  std::uint64_t names_ = 0;
  bool is_fatal_ = false;
};

class RandomChanges : public ::testing::Test {
 protected:
  static constexpr std::uint64_t seeds_count = 6;

  void die_everywhere(Crash crash) {
    for (const auto seed : runtime::fault_seeds(seeds_count)) {
      SCOPED_TRACE(runtime::repeat_with(seed));
      Workload whole(seed, seed, true);
      whole.run();
      const auto last = whole.disk().changing_calls();
      for (std::uint64_t calls = 0; calls <= last; ++calls) {
        SCOPED_TRACE("after " + std::to_string(calls) + " of " + std::to_string(last) + " calls");
        die_after(calls, seed, crash);
        if (HasFailure()) return;
      }
    }
  }
  void die_after(std::uint64_t calls, std::uint64_t seed, Crash crash) {
    runtime::Dice dice(seed * 100'000 + calls);
    Workload workload(seed, dice.below(1'000'000), true);
    workload.disk().lose_power_after(calls);
    workload.run();
    if (crash == Crash::power_loss && dice.one_in(3)) {
      workload.lose_power_in_recovery(dice.below(12));
    }
    workload.crash_and_check(crash);
    if (HasFailure()) return;
    workload.check_that_it_goes_on();
    workload.crash_and_check(Crash::power_loss);
  }

  void fail_everywhere(DiskCall call) {
    const bool has_restarts = call != DiskCall::sync;
    for (const auto seed : runtime::fault_seeds(seeds_count)) {
      SCOPED_TRACE(runtime::repeat_with(seed));
      Workload whole(seed, seed, has_restarts);
      whole.run();
      const auto last = whole.disk().calls(call);
      for (std::uint64_t calls = 0; calls < last; ++calls) {
        SCOPED_TRACE("call " + std::to_string(calls) + " of " + std::to_string(last));
        fail_at(call, calls, seed, has_restarts);
        if (HasFailure()) return;
      }
    }
  }
  void fail_at(DiskCall call, std::uint64_t calls, std::uint64_t seed, bool has_restarts) {
    runtime::Dice dice(seed * 100'000 + calls);
    Workload workload(seed, dice.below(1'000'000), has_restarts);
    runtime::fail_call_somehow(workload.disk(), call, calls, dice);
    workload.run();
    workload.crash_and_check(dice.one_in(2) ? Crash::process_killed : Crash::power_loss);
    if (HasFailure()) return;
    workload.check_that_it_goes_on();
    workload.crash_and_check(has_restarts ? Crash::power_loss : Crash::process_killed);
  }

 private:
  runtime::QuietLog quiet_;
};

TEST_F(RandomChanges, survive_a_loss_of_power_at_every_call) { die_everywhere(Crash::power_loss); }

TEST_F(RandomChanges, survive_the_end_of_the_process_at_every_call) {
  die_everywhere(Crash::process_killed);
}

TEST_F(RandomChanges, survive_the_failure_of_every_call) {
  for (const auto call :
       {DiskCall::open, DiskCall::read, DiskCall::write, DiskCall::truncate, DiskCall::sync,
        DiskCall::preallocate, DiskCall::make_directories, DiskCall::rename, DiskCall::unlink,
        DiskCall::sync_directory, DiskCall::list}) {
    SCOPED_TRACE("of kind " + std::to_string(static_cast<int>(call)));
    fail_everywhere(call);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace iggy::broker
