// Consumer offsets: what is stored stays, what is refused does not.
#include <gtest/gtest.h>

#include <string>

#include "log/consumer_offsets.hpp"
#include "log/offset_records.hpp"
#include "runtime/memory_disk.hpp"
#include "runtime/testing.hpp"

namespace iggy::log {
namespace {

using runtime::DiskCall;
using runtime::MemoryDisk;

constexpr ConsumerKey consumer{.kind = ConsumerKind::consumer, .id = 5};
constexpr ConsumerKey group{.kind = ConsumerKind::group, .id = 5};

class Offsets : public ::testing::Test {
 protected:
  static constexpr auto path = "data/7/offsets";

  Result<> open(std::uint64_t end_offset = 1000) {
    offsets_.reset();
    auto opened = shard_.run(ConsumerOffsets::open(store_, "data/7", end_offset));
    if (!opened) return fail(opened);
    offsets_ = *std::move(opened);
    return {};
  }
  Result<> crash_and_open(MemoryDisk::Crash crash = MemoryDisk::Crash::process_killed) {
    offsets_.reset();
    disk_.crash(crash);
    return open();
  }
  Result<> store(ConsumerKey key, std::uint64_t offset) {
    return shard_.run(offsets_->store(key, offset));
  }
  Result<> remove(ConsumerKey key) { return shard_.run(offsets_->remove(key)); }

  runtime::TestShard shard_;
  MemoryDisk disk_;
  LogStore store_{disk_, {}};
  std::unique_ptr<ConsumerOffsets> offsets_;
};

TEST_F(Offsets, are_kept_for_each_kind_and_id) {
  ASSERT_TRUE(open());
  EXPECT_FALSE(offsets_->get(consumer));
  EXPECT_FALSE(offsets_->lowest());
  EXPECT_TRUE(disk_.paths().empty());

  ASSERT_TRUE(store(consumer, 10));
  ASSERT_TRUE(store(group, 20));
  ASSERT_TRUE(store(consumer, 7));  // also backwards

  EXPECT_EQ(offsets_->get(consumer), 7);
  EXPECT_EQ(offsets_->get(group), 20);
  EXPECT_EQ(offsets_->lowest(), 7);
  EXPECT_EQ(offsets_->size(), 2);
}

TEST_F(Offsets, have_the_bytes_that_the_document_describes) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(store({.kind = ConsumerKind::group, .id = 0x01020304}, 0x0a0b));

  const auto file = disk_.contents(path);
  ASSERT_EQ(file.size(), 24);
  EXPECT_EQ(
      base::as_text(base::ByteView(file).subspan(8)),
      std::string_view("\x04\x03\x02\x01\x02\x01\x00\x00\x0b\x0a\x00\x00\x00\x00\x00\x00", 16));
}

TEST_F(Offsets, survive_the_end_of_the_process) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(store(consumer, 10));
  ASSERT_TRUE(store(group, 20));
  ASSERT_TRUE(store(consumer, 11));
  ASSERT_TRUE(remove(group));

  ASSERT_TRUE(crash_and_open());

  EXPECT_EQ(offsets_->get(consumer), 11);
  EXPECT_FALSE(offsets_->get(group));
  EXPECT_EQ(offsets_->size(), 1);
}

TEST_F(Offsets, survive_a_loss_of_power_once_they_are_synced) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(store(consumer, 10));
  ASSERT_TRUE(shard_.run(offsets_->sync()));

  ASSERT_TRUE(crash_and_open(MemoryDisk::Crash::power_loss));

  EXPECT_EQ(offsets_->get(consumer), 10);
}

TEST_F(Offsets, are_not_written_if_they_do_not_change) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(store(consumer, 10));
  const auto writes = disk_.calls(DiskCall::write);

  ASSERT_TRUE(store(consumer, 10));

  EXPECT_EQ(disk_.calls(DiskCall::write), writes);
}

TEST_F(Offsets, that_are_not_there_cannot_be_removed) {
  ASSERT_TRUE(open());

  EXPECT_EQ(remove(consumer), fail(Error::consumer_offset_not_found));
}

TEST_F(Offsets, lose_a_torn_record_and_nothing_else) {
  for (std::size_t size = 24; size < 48; ++size) {
    SCOPED_TRACE(size);
    disk_.set_contents(path, {});
    ASSERT_TRUE(open());
    ASSERT_TRUE(store(consumer, 10));
    ASSERT_TRUE(store(consumer, 20));
    offsets_.reset();
    auto file = disk_.contents(path);
    file.resize(size);
    disk_.set_contents(path, file);

    ASSERT_TRUE(open());
    EXPECT_EQ(offsets_->get(consumer), 10);
    EXPECT_EQ(disk_.contents(path).size(), 24);
    ASSERT_TRUE(store(group, 30));
    ASSERT_TRUE(crash_and_open());
    EXPECT_EQ(offsets_->get(consumer), 10);
    EXPECT_EQ(offsets_->get(group), 30);
  }
}

TEST_F(Offsets, lose_a_damaged_record_and_nothing_else) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(store(consumer, 10));
  ASSERT_TRUE(store(consumer, 20));
  ASSERT_TRUE(store(group, 30));
  offsets_.reset();
  const auto whole = disk_.contents(path);
  for (std::size_t position = 24; position < 48; ++position) {
    auto file = whole;
    file[position] ^= std::byte{4};
    disk_.set_contents(path, file);

    ASSERT_TRUE(open());

    EXPECT_EQ(offsets_->get(consumer), 10);
    EXPECT_EQ(offsets_->get(group), 30);
  }
}

TEST_F(Offsets, are_reduced_to_the_end_of_the_log_for_good) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(store(consumer, 10));
  ASSERT_TRUE(store(group, 3));

  ASSERT_TRUE(open(5));
  EXPECT_EQ(offsets_->get(consumer), 4);
  EXPECT_EQ(offsets_->get(group), 3);

  ASSERT_TRUE(open(1000));  // the log has grown again
  EXPECT_EQ(offsets_->get(consumer), 4);

  ASSERT_TRUE(open(0));
  EXPECT_EQ(offsets_->size(), 0);
  ASSERT_TRUE(open(1000));
  EXPECT_EQ(offsets_->size(), 0);
}

TEST_F(Offsets, stay_as_they_were_if_a_change_is_refused) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(store(consumer, 10));
  for (std::uint64_t written = 0; written <= 24; ++written) {
    SCOPED_TRACE(written);
    disk_.fail_call(DiskCall::write, 0, Error::io_error, written);
    EXPECT_EQ(store(consumer, 99), fail(Error::cannot_write_to_file));
    EXPECT_EQ(offsets_->get(consumer), 10);
    ASSERT_TRUE(crash_and_open());
    EXPECT_EQ(offsets_->get(consumer), 10);
  }
  disk_.set_free_bytes(10);
  EXPECT_EQ(store(consumer, 99), fail(Error::no_space));
  EXPECT_EQ(remove(consumer), fail(Error::no_space));
  EXPECT_EQ(offsets_->get(consumer), 10);
}

TEST_F(Offsets, are_rewritten_if_a_refused_change_cannot_be_cut_off) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(store(consumer, 10));
  disk_.fail_call(DiskCall::write, 0, Error::io_error, 24);
  disk_.fail_call(DiskCall::truncate, 0, Error::io_error);
  EXPECT_EQ(store(consumer, 99), fail(Error::cannot_write_to_file));

  ASSERT_TRUE(store(group, 20));

  ASSERT_TRUE(crash_and_open());
  EXPECT_EQ(offsets_->get(consumer), 10);
  EXPECT_EQ(offsets_->get(group), 20);
}

TEST_F(Offsets, are_rewritten_at_a_sync_when_most_records_are_dead) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(store(group, 1));
  for (std::uint64_t i = 1; i <= 2000; ++i) ASSERT_TRUE(store(consumer, i));
  EXPECT_EQ(disk_.contents(path).size(), 2001 * 24);

  ASSERT_TRUE(shard_.run(offsets_->sync()));

  EXPECT_EQ(disk_.contents(path).size(), 2 * 24);
  ASSERT_TRUE(store(consumer, 5000 - 4001));
  ASSERT_TRUE(crash_and_open(MemoryDisk::Crash::process_killed));
  EXPECT_EQ(offsets_->get(consumer), 999);
  EXPECT_EQ(offsets_->get(group), 1);
}

TEST_F(Offsets, survive_a_failed_rewrite_at_every_call) {
  for (std::uint64_t calls = 0; calls < 8; ++calls) {
    SCOPED_TRACE(calls);
    disk_.set_contents(path, {});
    ASSERT_TRUE(open(5000));
    for (std::uint64_t i = 1; i <= 1100; ++i) ASSERT_TRUE(store(consumer, i));
    disk_.lose_power_after(calls);
    (void)shard_.run(offsets_->sync());
    offsets_.reset();
    disk_.crash(MemoryDisk::Crash::process_killed);

    ASSERT_TRUE(open(5000));

    EXPECT_EQ(offsets_->get(consumer), 1100);
  }
}

TEST_F(Offsets, report_a_failed_sync_and_write_everything_anew) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(store(consumer, 10));
  disk_.fail_call(DiskCall::sync, 0, Error::io_error);
  EXPECT_EQ(shard_.run(offsets_->sync()), fail(Error::cannot_sync_file));

  ASSERT_TRUE(shard_.run(offsets_->sync()));
  ASSERT_TRUE(crash_and_open(MemoryDisk::Crash::power_loss));

  EXPECT_EQ(offsets_->get(consumer), 10);
}

TEST_F(Offsets, are_bounded_in_number) {
  ASSERT_TRUE(open());
  for (std::uint32_t id = 0; id < ConsumerOffsets::keys_max; ++id) {
    ASSERT_TRUE(store({.kind = ConsumerKind::consumer, .id = id}, 1));
  }

  EXPECT_EQ(store(group, 1), fail(Error::limit_reached));
  EXPECT_TRUE(store(consumer, 2));
}

}  // namespace
}  // namespace iggy::log
