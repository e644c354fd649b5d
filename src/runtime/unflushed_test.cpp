// Tests of the books about unflushed bytes, and of the writeback that follows from them.
#include "runtime/unflushed.hpp"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "runtime/disk.hpp"
#include "runtime/process.hpp"
#include "runtime/reactor.hpp"
#include "runtime/shard.hpp"
#include "runtime/task_group.hpp"
#include "runtime/temporary_directory_testing.hpp"
#include "runtime/testing.hpp"
#include "runtime/workers.hpp"

namespace iggy::runtime {
namespace {

constexpr std::uint64_t mib = 1024 * 1024;

// The range

TEST(UnflushedRange, counts_for_its_shard_while_it_lives) {
  const auto shard = std::make_shared<UnflushedBytes>(100);
  {
    UnflushedRange range;
    range.add(shard, 40, 90);
    EXPECT_EQ(shard->value(), 50);
    range.add(shard, 90, 141);
    EXPECT_EQ(shard->value(), 101);
    EXPECT_TRUE(shard->is_over_budget());
    range.add(shard, 30, 50);
    EXPECT_EQ(shard->value(), 111);

    const auto moved = std::move(range);
    EXPECT_EQ(shard->value(), 111);
  }
  EXPECT_EQ(shard->value(), 0);
  EXPECT_FALSE(shard->is_over_budget());
}

TEST(UnflushedRange, is_split_and_joined) {
  const auto shard = std::make_shared<UnflushedBytes>(100);
  UnflushedRange range;
  range.add(shard, 40, 90);

  auto first = range.take_first(20);
  EXPECT_EQ(first.begin(), 40);
  EXPECT_EQ(first.end(), 60);
  EXPECT_EQ(range.begin(), 60);
  EXPECT_EQ(shard->value(), 50);

  range.add(std::move(first));
  EXPECT_EQ(range.begin(), 40);
  EXPECT_EQ(range.end(), 90);
  EXPECT_EQ(shard->value(), 50);
}

TEST(UnflushedRange, ends_with_its_file) {
  const auto shard = std::make_shared<UnflushedBytes>(100);
  UnflushedRange range;
  range.add(shard, 40, 90);

  range.cut(100);
  EXPECT_EQ(shard->value(), 50);
  range.cut(70);
  EXPECT_EQ(shard->value(), 30);
  range.cut(10);
  EXPECT_EQ(shard->value(), 0);

  range.add(shard, 10, 20);
  EXPECT_EQ(range.begin(), 10);
  EXPECT_EQ(shard->value(), 10);
}

TEST(UnflushedBudget, is_half_of_what_wakes_the_kernel) {
  EXPECT_EQ(unflushed_budget(800 * mib, 1), 400 * mib);
  EXPECT_EQ(unflushed_budget(800 * mib, 4), 100 * mib);
  EXPECT_EQ(unflushed_budget(0, 1), 8 * mib);
  EXPECT_EQ(unflushed_budget(100'000 * mib, 2), 512 * mib);
}

TEST(UnflushedBudget, knows_what_wakes_the_kernel) { EXPECT_GT(dirty_background_bytes(), 0); }

// Files

class Writeback : public TemporaryDirectoryTest {
 protected:
  static Task<> store(Task<Result<>> task, std::optional<Result<>>& result) {
    result.emplace(co_await std::move(task));
  }
  Result<> finish(TaskGroup& group, Task<Result<>> task) {
    std::optional<Result<>> result;
    group.spawn(store(std::move(task), result));
    while (!result) shard.turn(Duration::seconds(1));
    return *result;
  }
  Result<> run(Task<Result<>> task) {
    const CurrentShard current(shard);
    TaskGroup group;
    return finish(group, std::move(task));
  }

  FileHandle open(const std::string& path) {
    const CurrentShard current(shard);
    return runtime::run(disk->open(path, OpenMode::create)).value();
  }
  FileHandle open_in_root(const std::string& name) { return open(join_path(root, name)); }

  /// So many MiB at a MiB, in one write.
  Result<> write(const FileHandle& file, std::uint64_t position, std::uint64_t size) {
    const base::Bytes bytes(size * mib, std::byte{'x'});
    const std::array<ByteView, 1> pieces{bytes};
    return run(file->write_at(position * mib, pieces));
  }
  void finish_writeback() {
    while (shard.unflushed()->writeback_runs) shard.turn(Duration::seconds(1));
  }
  [[nodiscard]] std::uint64_t unflushed() const { return shard.unflushed()->value() / mib; }

  std::unique_ptr<Disk> disk = make_real_disk();
  ManualClock clock;
  SeededRandom random{1};
  Workers workers{1};
  Shard shard{{.reactor = make_reactor(Backend::epoll).value(),
               .clock = &clock,
               .random = &random,
               .workers = &workers,
               .unflushed_budget = 16 * mib}};
};

TEST_F(Writeback, waits_until_the_files_of_the_shard_are_over_their_budget) {
  const auto one = open_in_root("one");
  const auto other = open_in_root("other");

  ASSERT_TRUE(write(one, 0, 12));
  ASSERT_TRUE(write(other, 0, 4));

  EXPECT_FALSE(shard.unflushed()->writeback_runs);
  EXPECT_EQ(unflushed(), 16);
}

TEST_F(Writeback, takes_the_oldest_of_the_file_at_hand_until_the_shard_is_within_its_budget) {
  const auto one = open_in_root("one");
  const auto other = open_in_root("other");
  ASSERT_TRUE(write(one, 0, 8));

  ASSERT_TRUE(write(other, 0, 28));
  EXPECT_TRUE(shard.unflushed()->writeback_runs);
  finish_writeback();

  EXPECT_EQ(unflushed(), 36 - 3 * 8);
}

TEST_F(Writeback, leaves_the_end_of_the_file_and_small_pieces_alone) {
  const auto one = open_in_root("one");
  const auto other = open_in_root("other");
  ASSERT_TRUE(write(one, 0, 16));

  ASSERT_TRUE(write(other, 0, 8));
  EXPECT_FALSE(shard.unflushed()->writeback_runs);
  ASSERT_TRUE(write(other, 8, 1));
  EXPECT_TRUE(shard.unflushed()->writeback_runs);
  finish_writeback();

  EXPECT_EQ(unflushed(), 16 + 1);
}

TEST_F(Writeback, goes_on_with_each_write_that_is_over_the_budget) {
  const auto one = open_in_root("one");
  ASSERT_TRUE(write(one, 0, 20));
  finish_writeback();
  ASSERT_EQ(unflushed(), 12);

  ASSERT_TRUE(write(one, 20, 4));
  EXPECT_EQ(unflushed(), 16);
  ASSERT_TRUE(write(one, 24, 1));
  finish_writeback();

  EXPECT_EQ(unflushed(), 9);
}

TEST_F(Writeback, has_nothing_to_do_for_what_was_synced) {
  const auto one = open_in_root("one");
  const auto other = open_in_root("other");
  ASSERT_TRUE(write(one, 0, 10));
  ASSERT_TRUE(write(other, 0, 2));

  ASSERT_TRUE(run(one->sync()));

  EXPECT_EQ(unflushed(), 2);
}

TEST_F(Writeback, still_has_what_was_written_during_a_sync) {
  const auto one = open_in_root("one");
  ASSERT_TRUE(write(one, 0, 10));
  {
    const CurrentShard current(shard);
    TaskGroup group;
    std::optional<Result<>> synced;
    group.spawn(store(one->sync(), synced));
    const base::Bytes bytes(3 * mib, std::byte{'x'});
    const std::array<ByteView, 1> pieces{bytes};
    ASSERT_TRUE(finish(group, one->write_at(10 * mib, pieces)));
    ASSERT_FALSE(synced);
    EXPECT_EQ(unflushed(), 13);

    while (!synced) shard.turn(Duration::seconds(1));
    EXPECT_TRUE(*synced);
  }

  EXPECT_EQ(unflushed(), 3);
}

TEST_F(Writeback, still_has_what_could_not_be_synced) {
  const auto device = open("/dev/null");
  ASSERT_TRUE(write(device, 0, 2));

  EXPECT_FALSE(run(device->sync()));

  EXPECT_EQ(unflushed(), 2);
}

TEST_F(Writeback, has_nothing_to_do_for_what_was_cut_off) {
  const auto one = open_in_root("one");
  ASSERT_TRUE(write(one, 0, 10));

  ASSERT_TRUE(run(one->truncate(4 * mib)));

  EXPECT_EQ(unflushed(), 4);
}

TEST_F(Writeback, has_nothing_to_do_for_a_file_that_was_closed) {
  auto one = open_in_root("one");
  ASSERT_TRUE(write(one, 0, 10));

  one.reset();

  EXPECT_EQ(unflushed(), 0);
}

}  // namespace
}  // namespace iggy::runtime
