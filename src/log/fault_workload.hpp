// For tests that let the disk fail: random work on several partitions, and a model of each.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "log/fault_model.hpp"
#include "runtime/memory_file.hpp"

namespace iggy::log {

/// What of the workload depends on the test, not on the seed.
struct WorkloadKind {
  bool enforce_fsync = false;
  // After a sync has failed the kernel may show what is not on the disk to the next process too:
  // nothing is promised then.
  bool has_restarts = true;
};

/// Three partitions on one fake disk. All choices follow from the seed; the results don't change
/// them.
class Workload {
 public:
  using Crash = runtime::MemoryDisk::Crash;
  using DiskCall = runtime::DiskCall;

  static constexpr int steps = 30;

  Workload(std::uint64_t seed, std::uint64_t disk_seed, WorkloadKind kind)
      : shard_(seed), disk_(disk_seed), kind_(kind), dice_(seed) {
    settings_ = {.segment_size = {std::uint64_t{1024} << dice_.below(4)},
                 .enforce_fsync = kind.enforce_fsync,
                 .validate_checksum = dice_.one_in(4),
                 .validate_on_read = dice_.one_in(4),
                 .index_interval = {std::uint64_t{256} << dice_.below(4)},
                 .checkpoint_interval = {dice_.below(3) * 1024},
                 .index_memory = {dice_.one_in(2) ? 0 : std::uint64_t{1} << 20},
                 .files_max = dice_.one_in(2) ? 1 + dice_.below(4) : 2048};
    for (std::uint64_t i = 0; i < partitions_.size(); ++i) renew(partitions_[i]);
  }
  ~Workload() { release(); }
  Workload(const Workload&) = delete;
  Workload& operator=(const Workload&) = delete;

  [[nodiscard]] runtime::MemoryDisk& disk() { return disk_; }

  /// Works until it is done or the disk is gone.
  void run() {
    if (!start()) return;
    for (int i = 0; i < steps && !disk_.has_lost_power() && !::testing::Test::HasFailure(); ++i) {
      step();
    }
    disk_.set_free_bytes(plenty);
  }

  /// What a restart finds after the process, or the machine, has died; it agrees with the models.
  void crash_and_check(Crash crash) {
    release();
    disk_.heal();
    disk_.crash(crash);
    ASSERT_TRUE(start());
    const bool keeps_all = kind_.enforce_fsync || crash == Crash::process_killed;
    const bool is_synced = kind_.enforce_fsync || crash == Crash::power_loss;
    const auto keeps = keeps_all ? Keeps::acknowledged : Keeps::synced;
    for (auto& partition : partitions_) {
      const auto stored = read(partition);
      ASSERT_TRUE(stored);
      ASSERT_EQ(partition.model.disagreement(*stored, keeps), "") << partition.directory();
      ASSERT_EQ(partition.log->end_offset(), stored->size());
      const auto offsets_keep =
          crash == Crash::process_killed ? Keeps::acknowledged : Keeps::synced;
      ASSERT_EQ(partition.consumers.disagreement(*partition.offsets, stored->size(), offsets_keep),
                "")
          << partition.directory();
      partition.model.adopt(*stored, is_synced);
      partition.consumers.adopt(*partition.offsets);
    }
  }

  /// The machine dies while it recovers from a loss of power.
  void lose_power_in_recovery(std::uint64_t calls) {
    release();
    disk_.heal();
    disk_.crash(Crash::power_loss);
    disk_.lose_power_after(calls);
    (void)start();
  }

  /// Every partition takes another batch.
  void check_that_it_goes_on() {
    for (auto& partition : partitions_) {
      const auto end = partition.log->end_offset();
      const auto appended = append(partition, some_batch());
      ASSERT_TRUE(appended) << partition.directory();
      ASSERT_EQ(appended->first_offset, end);
      const auto stored = read(partition);
      ASSERT_TRUE(stored);
      ASSERT_EQ(partition.model.disagreement(*stored, Keeps::acknowledged), "");
    }
  }

 private:
  static constexpr std::uint64_t plenty = std::uint64_t{1} << 40;

  struct Partition {
    std::uint64_t incarnation = 0;
    bool is_written = false;
    PartitionModel model;
    OffsetsModel consumers;
    std::unique_ptr<PartitionLog> log;
    std::unique_ptr<ConsumerOffsets> offsets;

    [[nodiscard]] std::string directory() const { return "data/" + std::to_string(incarnation); }
  };

  // Opening and closing

  void renew(Partition& partition) {
    partition = {};
    partition.incarnation = ++incarnations_;
  }
  Result<> open(Partition& partition) {
    if (partition.log && partition.offsets) return {};
    if (!partition.log) {
      auto log =
          shard_.run(PartitionLog::open(*store_, {.incarnation = Incarnation{partition.incarnation},
                                                  .directory = partition.directory(),
                                                  .must_exist = partition.is_written}));
      if (!log) return fail(log);
      partition.log = *std::move(log);
    }
    auto offsets = shard_.run(
        ConsumerOffsets::open(*store_, partition.directory(), partition.log->end_offset()));
    if (!offsets) return fail(offsets);
    partition.offsets = *std::move(offsets);
    return {};
  }
  /// A call that fails once is repeated, as users do.
  Result<> open_all() {
    for (auto& partition : partitions_) {
      auto opened = open(partition);
      if (!opened) opened = open(partition);
      if (!opened) return opened;
    }
    return {};
  }
  Result<> start() {
    store_ = std::make_unique<LogStore>(disk_, settings_);
    auto opened = open_all();
    EXPECT_TRUE(opened || disk_.has_lost_power()) << static_cast<std::uint32_t>(opened.error());
    return opened;
  }
  void release() {
    disk_.release();
    shard_.run(shard_.group().join());
    shard_.run_ready();  // a segment may still be sealed
    for (auto& partition : partitions_) {
      partition.log.reset();
      partition.offsets.reset();
    }
    store_.reset();
  }

  // The steps

  void step() {
    const auto choice = dice_.below(100);
    auto& partition = partitions_[dice_.below(partitions_.size())];
    if (choice < 45) return burst();
    if (choice < 53) return check_reads(partition);
    if (choice < 60) return sync(partition);
    if (choice < 70) return save(partition);
    if (choice < 84) return move_consumer(partition);
    if (choice < 88) return purge(partition);
    if (choice < 91) return restart(partition);
    if (choice < 94) return kill();
    if (choice < 97) return fill_disk();
    move_clock();
  }

  /// Appends that overlap, some of them while a write or a sync is under way.
  void burst() {
    const auto held = dice_.below(4);
    if (held == 0) disk_.hold(DiskCall::write);
    if (held == 1) disk_.hold(DiskCall::sync);
    begin_some();
    if (held < 2) {
      shard_.run_ready();
      if (dice_.one_in(3)) begin_save(partitions_[dice_.below(partitions_.size())]);
      begin_some();
      disk_.release();
    }
    shard_.run(shard_.group().join());
    if (free_again_ > 0 && --free_again_ == 0) disk_.set_free_bytes(plenty);
  }
  void begin_some() {
    const auto count = 1 + dice_.below(4);
    for (std::uint64_t i = 0; i < count; ++i) {
      auto& partition = partitions_[dice_.below(partitions_.size())];
      shard_.group().spawn(append_one(*this, partition, some_batch()));
    }
  }
  void begin_save(Partition& partition) { shard_.group().spawn(save_one(*this, partition)); }

  void check_reads(Partition& partition) {
    const auto stored = read(partition);
    if (!stored) {
      EXPECT_TRUE(disk_.has_lost_power());
      return;
    }
    EXPECT_EQ(partition.model.disagreement(*stored, Keeps::acknowledged), "");
  }
  void sync(Partition& partition) {
    const auto end = partition.log->end_offset();
    if (shard_.run(partition.log->sync())) partition.model.note_synced(end);
  }
  void save(Partition& partition) { shard_.run(save_one(*this, partition)); }

  void move_consumer(Partition& partition) {
    const ConsumerKey key{.kind = dice_.one_in(3) ? ConsumerKind::group : ConsumerKind::consumer,
                          .id = static_cast<std::uint32_t>(dice_.below(3))};
    const bool removes = dice_.one_in(4);
    const auto offset = dice_.below(partition.log->end_offset() + 1);
    if (partition.log->end_offset() == 0 || offset == partition.log->end_offset()) return;
    if (removes && !partition.consumers.known(key)) return;
    partition.consumers.begin(key, removes ? OffsetsModel::Offset{} : offset);
    const auto moved = shard_.run(removes ? partition.offsets->remove(key)
                                          : partition.offsets->store(key, offset));
    if (moved) {
      partition.consumers.acknowledge(key);
    } else if (!disk_.has_lost_power()) {
      partition.consumers.refuse(key);
    }
  }

  /// Its files go, as many as can; a new one takes its place, maybe while appends are under way.
  void purge(Partition& partition) {
    const bool is_busy = dice_.one_in(2);
    if (is_busy) shard_.group().spawn(append_one(*this, partition, some_batch()));
    shard_.run(partition.log->abandon());
    shard_.run(partition.offsets->close());
    shard_.run(shard_.group().join());
    (void)shard_.run(disk_.remove_all(partition.directory()));
    renew(partition);
    EXPECT_TRUE(open(partition) || open(partition) || disk_.has_lost_power());
  }
  void restart(Partition& partition) {
    if (!kind_.has_restarts) return;
    const auto end = partition.log->end_offset();
    (void)shard_.run(partition.offsets->sync());
    shard_.run(partition.offsets->close());
    const auto closed = shard_.run(partition.log->close());
    if (closed) partition.model.note_synced(end);
    partition.log.reset();
    partition.offsets.reset();
    check_restarted(partition);
  }
  /// The process dies, and all that it has written is there.
  void kill() {
    if (!kind_.has_restarts) return;
    release();
    store_ = std::make_unique<LogStore>(disk_, settings_);
    for (auto& partition : partitions_) check_restarted(partition);
  }
  void check_restarted(Partition& partition) {
    if (!open(partition) && !open(partition)) {
      EXPECT_TRUE(disk_.has_lost_power());
      return;
    }
    const auto stored = read(partition);
    if (!stored) return;
    EXPECT_EQ(partition.model.disagreement(*stored, Keeps::acknowledged), "");
    EXPECT_EQ(
        partition.consumers.disagreement(*partition.offsets, stored->size(), Keeps::acknowledged),
        "");
    if (disk_.has_lost_power() || ::testing::Test::HasFailure()) return;
    partition.model.adopt(*stored, kind_.enforce_fsync);
    partition.consumers.adopt(*partition.offsets);
  }
  /// For the next appends there is little room, or none.
  void fill_disk() {
    disk_.set_free_bytes(dice_.below(3000));
    free_again_ = 1 + dice_.below(4);
  }
  void move_clock() {
    const Duration by{dice_.below(10'000'000)};
    auto& clock = shard_.clock();
    if (dice_.one_in(2)) {
      clock.advance(by);
    } else {
      clock.set_now({clock.now().microseconds - by.microseconds});
    }
  }

  // Batches

  std::vector<std::string> some_batch() {
    const auto shape = dice_.below(20);
    const auto count = shape < 11   ? 1
                       : shape < 16 ? 2 + dice_.below(5)
                       : shape < 18 ? 20 + dice_.below(40)
                                    : 1 + dice_.below(3);
    std::vector<std::string> payloads;
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto size = shape < 18 ? dice_.below(60) : 500 + dice_.below(2500);
      const auto letter = static_cast<char>('a' + dice_.below(26));
      payloads.push_back(std::to_string(++payloads_) + ':' + std::string(size, letter));
    }
    return payloads;
  }

  Result<Appended> append(Partition& partition, const std::vector<std::string>& payloads) {
    SentBatch sent(payloads);
    const auto number = partition.model.send(payloads);
    const auto appended = shard_.run(partition.log->append(sent.batch()));
    note(partition, number, appended);
    return appended;
  }
  static runtime::Task<> append_one(Workload& workload, Partition& partition,
                                    std::vector<std::string> payloads) {
    SentBatch sent(payloads);
    const auto number = partition.model.send(std::move(payloads));
    const auto appended = co_await partition.log->append(sent.batch());
    workload.note(partition, number, appended);
  }
  void note(Partition& partition, std::size_t number, const Result<Appended>& appended) {
    if (appended) {
      partition.model.acknowledge(number, appended->first_offset);
      partition.is_written = true;
    } else if (appended.error() != Error::cannot_sync_file && !disk_.has_lost_power()) {
      partition.model.refuse(number);
    }
    if (partition.log) partition.model.see(partition.log->end_offset());
  }
  static runtime::Task<> save_one(Workload& workload, Partition& partition) {
    const auto end = partition.log->end_offset();
    const auto saved = co_await partition.log->checkpoint();
    if (saved) partition.model.note_synced(end);
    const auto synced = co_await partition.offsets->sync();
    if (synced) partition.consumers.note_synced();
    (void)workload;
  }

  // Reading

  /// All messages, by polls of many kinds. A call that fails once is repeated.
  Result<std::vector<Polled>> read(Partition& partition) {
    std::vector<Polled> all;
    while (all.size() < partition.log->end_offset()) {
      const ReadRequest request{.from = ReadRequest::From::offset,
                                .value = all.size(),
                                .count = static_cast<std::uint32_t>(1 + dice_of_reads_.below(80)),
                                .bytes_max = 1'000'000};
      auto messages = poll(partition, request);
      if (!messages) messages = poll(partition, request);
      if (!messages) return messages;
      EXPECT_FALSE(messages->empty());
      if (messages->empty()) break;
      all.insert(all.end(), messages->begin(), messages->end());
    }
    return all;
  }
  Result<std::vector<Polled>> poll(Partition& partition, ReadRequest request) {
    const auto reply = shard_.run(partition.log->read(request, scratch_));
    if (!reply) return fail(reply);
    base::Bytes bytes(reply->bytes.begin(), reply->bytes.end());
    for (const auto& slice : reply->slices) {
      const auto start = bytes.size();
      bytes.resize(start + slice.size);
      const auto into = base::MutableByteView(bytes).subspan(start);
      const auto size = shard_.run(slice.file->read(slice.position, into));
      if (!size) return fail(size);
      EXPECT_EQ(*size, slice.size);
    }
    return parse(bytes);
  }

  runtime::TestShard shard_;
  runtime::MemoryDisk disk_;
  WorkloadKind kind_;
  runtime::Dice dice_;
  runtime::Dice dice_of_reads_{1};
  LogSettings settings_;
  std::unique_ptr<LogStore> store_;
  std::array<Partition, 3> partitions_;
  std::uint64_t incarnations_ = 0;
  std::uint64_t payloads_ = 0;
  std::uint64_t free_again_ = 0;  // after so many bursts
  std::vector<std::byte> scratch_ = std::vector<std::byte>(4096);
};

}  // namespace iggy::log
