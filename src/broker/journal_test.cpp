// Tests of the journal on a disk that fails, fills up and loses power.
#include "broker/journal.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <vector>

#include "broker/test_support.hpp"
#include "runtime/memory_disk.hpp"
#include "runtime/testing.hpp"

namespace iggy::broker {
namespace {

using runtime::DiskCall;
using runtime::MemoryDisk;
using test::hex;

JournalRecord record(std::uint64_t index, std::size_t size = 20) {
  return {.meta = {.index = index, .epoch = 0, .time = Timestamp{10 * index}, .user = UserId{7}},
          .change = {.type = 3, .version = 1, .body = base::Bytes(size, std::byte(index))}};
}

/// A journal that can be opened again and again.
class JournalTest : public testing::Test {
 protected:
  Result<> open() {
    journal.reset();
    auto opened = shard.run(Journal::open(disk, "state"));
    if (!opened) return fail(opened);
    journal = std::move(opened->journal);
    contents = std::move(opened->contents);
    return {};
  }
  Result<> append(std::vector<JournalRecord> records) {
    return shard.run(journal->append(records));
  }
  /// The indexes of the records that opening gave.
  [[nodiscard]] std::vector<std::uint64_t> indexes() const {
    std::vector<std::uint64_t> result;
    for (const auto& found : contents.records) result.push_back(found.meta.index);
    return result;
  }

  runtime::TestShard shard;
  MemoryDisk disk;
  std::unique_ptr<Journal> journal;
  Journal::Contents contents;
};

using Indexes = std::vector<std::uint64_t>;

TEST_F(JournalTest, keeps_its_records) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append({record(1), record(2, 0)}));
  ASSERT_TRUE(append({record(3, 5'000)}));

  ASSERT_TRUE(open());

  EXPECT_EQ(indexes(), (Indexes{1, 2, 3}));
  EXPECT_EQ(contents.records[2].change.body, record(3, 5'000).change.body);
  EXPECT_EQ(contents.records[2].meta, record(3).meta);
  EXPECT_EQ(contents.snapshot, std::nullopt);
  EXPECT_EQ(journal->last_index(), 3);
  ASSERT_TRUE(append({record(4)}));
  ASSERT_TRUE(open());
  EXPECT_EQ(indexes(), (Indexes{1, 2, 3, 4}));
}

TEST_F(JournalTest, survives_a_loss_of_power_with_all_that_was_acknowledged) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append({record(1)}));

  disk.crash(MemoryDisk::Crash::power_loss);

  ASSERT_TRUE(open());
  EXPECT_EQ(indexes(), (Indexes{1}));
}

TEST_F(JournalTest, syncs_a_group_once) {
  ASSERT_TRUE(open());
  const auto syncs = disk.calls(DiskCall::sync);
  const auto writes = disk.calls(DiskCall::write);

  ASSERT_TRUE(append({record(1), record(2), record(3)}));

  EXPECT_EQ(disk.calls(DiskCall::sync), syncs + 1);
  EXPECT_EQ(disk.calls(DiskCall::write), writes + 1);
}

TEST_F(JournalTest, cuts_a_torn_last_record_for_good) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append({record(1)}));
  const auto size = disk.contents("state/journal").size();
  ASSERT_TRUE(append({record(2)}));
  auto torn = disk.contents("state/journal");
  torn.resize(torn.size() - 9);
  disk.set_contents("state/journal", torn);

  ASSERT_TRUE(open());

  EXPECT_EQ(indexes(), (Indexes{1}));
  EXPECT_EQ(disk.contents("state/journal").size(), size);
  ASSERT_TRUE(append({record(2)}));
  ASSERT_TRUE(open());
  EXPECT_EQ(indexes(), (Indexes{1, 2}));
}

TEST_F(JournalTest, refuses_damage_and_changes_nothing) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append({record(1)}));
  ASSERT_TRUE(append({record(2)}));
  auto damaged = disk.contents("state/journal");
  damaged[70] ^= std::byte{1};
  disk.set_contents("state/journal", damaged);

  EXPECT_EQ(open(), fail(Error::invalid_state_entry_checksum));
  EXPECT_EQ(disk.contents("state/journal"), damaged);
}

TEST_F(JournalTest, takes_back_a_write_that_failed) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append({record(1)}));
  const auto before = disk.contents("state/journal");

  disk.fail_call(DiskCall::write, 0, Error::io_error, /*written_bytes=*/60);
  EXPECT_EQ(append({record(2)}), fail(Error::io_error));

  EXPECT_EQ(disk.contents("state/journal"), before);
  EXPECT_FALSE(journal->has_failed());
  ASSERT_TRUE(append({record(2, 3)}));
  disk.crash(MemoryDisk::Crash::power_loss);
  ASSERT_TRUE(open());
  EXPECT_EQ(indexes(), (Indexes{1, 2}));
  EXPECT_EQ(contents.records[1].change.body.size(), 3);
}

TEST(JournalCrash, never_brings_back_what_was_refused) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    runtime::TestShard shard;
    MemoryDisk disk(seed);
    auto opened = shard.run(Journal::open(disk, "state"));
    ASSERT_TRUE(opened);
    disk.fail_call(DiskCall::write, 0, Error::io_error, /*written_bytes=*/80);  // all of it
    const std::vector refused{record(1)};
    EXPECT_EQ(shard.run(opened->journal->append(refused)), fail(Error::io_error));

    disk.crash(MemoryDisk::Crash::power_loss);

    opened = shard.run(Journal::open(disk, "state"));
    ASSERT_TRUE(opened);
    EXPECT_TRUE(opened->contents.records.empty());
  }
}

TEST_F(JournalTest, is_done_when_a_failed_write_can_not_be_taken_back) {
  ASSERT_TRUE(open());
  disk.fail_call(DiskCall::write, 0, Error::io_error, /*written_bytes=*/60);
  disk.fail_call(DiskCall::truncate, 0, Error::io_error);

  EXPECT_EQ(append({record(1)}), fail(Error::cannot_sync_file));
  EXPECT_TRUE(journal->has_failed());
}

TEST_F(JournalTest, is_done_when_a_sync_fails) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append({record(1)}));
  disk.fail_call(DiskCall::sync, 0, Error::io_error);

  EXPECT_EQ(append({record(2)}), fail(Error::cannot_sync_file));
  EXPECT_EQ(append({record(2)}), fail(Error::cannot_sync_file));
  EXPECT_EQ(shard.run(journal->compact(1, hex("01"))), fail(Error::cannot_sync_file));
}

TEST_F(JournalTest, refuses_a_body_that_recovery_would_not_believe) {
  ASSERT_TRUE(open());

  EXPECT_EQ(append({record(1, record_body_bytes_max + 1)}), fail(Error::limit_reached));
  EXPECT_TRUE(append({record(1, 10)}));
}

TEST_F(JournalTest, keeps_a_reserve_for_when_the_disk_is_full) {
  ASSERT_TRUE(open());
  disk.set_free_bytes(0);

  EXPECT_TRUE(shard.run(journal->has_room()));
  ASSERT_TRUE(append({record(1, 600'000)}));
  EXPECT_FALSE(shard.run(journal->has_room()));
  ASSERT_TRUE(append({record(2, 300'000)}));
  EXPECT_EQ(append({record(3, 300'000)}), fail(Error::no_space));

  disk.set_free_bytes(10'000'000);
  EXPECT_TRUE(shard.run(journal->has_room()));
  ASSERT_TRUE(append({record(3, 300'000)}));
  ASSERT_TRUE(open());
  EXPECT_EQ(indexes(), (Indexes{1, 2, 3}));
}

TEST_F(JournalTest, works_where_space_can_not_be_reserved) {
  disk.fail_always(DiskCall::preallocate, Error::operation_unsupported);
  ASSERT_TRUE(open());

  EXPECT_TRUE(shard.run(journal->has_room()));
  EXPECT_TRUE(append({record(1)}));
}

TEST_F(JournalTest, gives_the_snapshot_and_what_is_behind_it) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append({record(1, 5'000), record(2, 5'000)}));
  ASSERT_TRUE(append({record(3), record(4)}));
  const auto size = journal->size_bytes();

  ASSERT_TRUE(shard.run(journal->compact(2, hex("aabb"))));

  EXPECT_LT(journal->size_bytes(), size - 9'000);
  ASSERT_TRUE(append({record(5)}));
  ASSERT_TRUE(open());
  EXPECT_EQ(contents.snapshot, hex("aabb"));
  EXPECT_EQ(contents.snapshot_index, 2);
  EXPECT_EQ(indexes(), (Indexes{3, 4, 5}));
}

TEST_F(JournalTest, can_be_compacted_again_and_again) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append({record(1), record(2)}));
  ASSERT_TRUE(shard.run(journal->compact(2, hex("02"))));
  ASSERT_TRUE(append({record(3)}));
  ASSERT_TRUE(append({record(4)}));
  ASSERT_TRUE(shard.run(journal->compact(3, hex("03"))));
  ASSERT_TRUE(open());
  ASSERT_TRUE(append({record(5)}));
  ASSERT_TRUE(shard.run(journal->compact(5, hex("05"))));

  ASSERT_TRUE(open());

  EXPECT_EQ(contents.snapshot, hex("05"));
  EXPECT_EQ(indexes(), Indexes{});
  EXPECT_EQ(journal->last_index(), 5);
}

TEST_F(JournalTest, goes_on_as_it_was_when_a_compaction_fails) {
  for (const auto call : {DiskCall::open, DiskCall::write, DiskCall::truncate, DiskCall::sync}) {
    for (const auto* path : {"snapshot.new", "journal.new"}) {
      disk.crash(MemoryDisk::Crash::process_killed);
      ASSERT_TRUE(shard.run(disk.remove_all("state")));
      ASSERT_TRUE(open());
      ASSERT_TRUE(append({record(1), record(2)}));

      disk.fail_call(call, 0, Error::no_space, 0, path);
      EXPECT_FALSE(shard.run(journal->compact(2, hex("02"))));

      EXPECT_FALSE(journal->has_failed());
      ASSERT_TRUE(append({record(3)}));
      ASSERT_TRUE(open());
      EXPECT_EQ(journal->last_index(), 3);
    }
  }
}

TEST_F(JournalTest, is_done_when_it_is_unknown_which_file_would_be_found) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append({record(1)}));
  disk.fail_call(DiskCall::sync_directory, 1, Error::io_error);  // that of the journal's exchange

  EXPECT_EQ(shard.run(journal->compact(1, hex("01"))), fail(Error::cannot_sync_file));
  EXPECT_TRUE(journal->has_failed());
}

TEST_F(JournalTest, is_refused_when_its_snapshot_is_missing_or_damaged) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append({record(1)}));
  ASSERT_TRUE(shard.run(journal->compact(1, hex("01"))));
  const auto good = disk.contents("state/snapshot");
  auto damaged = good;
  damaged.back() ^= std::byte{1};

  disk.set_contents("state/snapshot", damaged);
  EXPECT_EQ(open(), fail(Error::invalid_state_entry_checksum));
  ASSERT_TRUE(shard.run(disk.unlink("state/snapshot")));
  EXPECT_EQ(open(), fail(Error::state_file_corrupted));
  disk.set_contents("state/snapshot", good);
  EXPECT_TRUE(open());
}

TEST_F(JournalTest, is_refused_when_only_the_snapshot_is_there) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append({record(1)}));
  ASSERT_TRUE(shard.run(journal->compact(1, hex("01"))));
  journal.reset();
  ASSERT_TRUE(shard.run(disk.unlink("state/journal")));

  EXPECT_EQ(open(), fail(Error::state_file_not_found));
}

TEST_F(JournalTest, goes_on_behind_a_snapshot_that_holds_what_was_torn) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append({record(1)}));
  ASSERT_TRUE(append({record(2)}));
  disk.fail_always(DiskCall::open, Error::io_error, "journal.new");
  EXPECT_FALSE(shard.run(journal->compact(2, hex("02"))));
  disk.heal();
  auto torn = disk.contents("state/journal");
  torn.resize(torn.size() - 1);
  disk.set_contents("state/journal", torn);

  ASSERT_TRUE(open());
  EXPECT_EQ(journal->last_index(), 2);
  ASSERT_TRUE(append({record(3)}));

  ASSERT_TRUE(open());
  EXPECT_EQ(contents.snapshot, hex("02"));
  EXPECT_EQ(indexes(), (Indexes{3}));
}

/// Appends and compacts; gives the last index that was acknowledged, until the power fails.
std::uint64_t scripted_work(runtime::TestShard& shard, Journal& journal) {
  std::uint64_t acknowledged = 0;
  for (std::uint64_t step = 0; step < 4; ++step) {
    const auto first = 3 * step + 1;
    // More than a sector, so that it can be torn.
    const std::vector records{record(first, 700), record(first + 1), record(first + 2, 300)};
    if (!shard.run(journal.append(records))) return acknowledged;
    acknowledged = first + 2;
    if (step % 2 == 0) continue;
    if (!shard.run(journal.compact(first + 2, base::Bytes(900, std::byte(first + 2))))) {
      return acknowledged;
    }
  }
  return acknowledged;
}

TEST(JournalCrash, never_loses_what_was_acknowledged) {
  for (const auto kind : {MemoryDisk::Crash::power_loss, MemoryDisk::Crash::process_killed}) {
    bool finished = false;
    for (std::uint64_t calls = 0; !finished; ++calls) {
      for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        SCOPED_TRACE(testing::Message() << "calls " << calls << ", seed " << seed);
        runtime::TestShard shard;
        MemoryDisk disk(seed);
        disk.lose_power_after(calls);
        std::uint64_t acknowledged = 0;
        if (const auto opened = shard.run(Journal::open(disk, "state"))) {
          acknowledged = scripted_work(shard, *opened->journal);
        }
        finished = !disk.has_lost_power();
        disk.crash(kind);

        const auto once = shard.run(Journal::open(disk, "state"));
        ASSERT_TRUE(once);
        const auto found = once->journal->last_index();
        EXPECT_GE(found, acknowledged);
        EXPECT_LE(found, acknowledged + 3);
        const auto held = once->contents.snapshot_index;
        EXPECT_EQ(once->contents.records.size(), found - held);
        if (held > 0) {
          EXPECT_EQ(once->contents.snapshot, base::Bytes(900, std::byte(held)));
        }

        // What a start has found, others have seen: it stays.
        disk.crash(MemoryDisk::Crash::power_loss);
        const auto again = shard.run(Journal::open(disk, "state"));
        ASSERT_TRUE(again);
        EXPECT_EQ(again->journal->last_index(), found);
        EXPECT_TRUE(shard.run(again->journal->append(std::vector{record(found + 1)})));
      }
    }
  }
}

}  // namespace
}  // namespace iggy::broker
