// Appending when the disk fails: refused is refused, and stays so.
#include <gtest/gtest.h>

#include <string>

#include "log/testing.hpp"

namespace iggy::log {
namespace {

using runtime::DiskCall;

using AppendFailure = LogTest;

constexpr std::uint64_t group_write_size = 88 + 3 * 65;  // of a batch of three one-byte payloads

TEST_F(AppendFailure, refuses_a_batch_wherever_its_write_ends) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append({"a"}));
  for (std::uint64_t written = 0; written <= group_write_size; ++written) {
    SCOPED_TRACE(written);
    disk_.fail_call(DiskCall::write, 0, Error::io_error, written);

    EXPECT_EQ(append({"x", "y", "z"}), fail(Error::cannot_append_message));

    EXPECT_EQ(log_->end_offset(), 1);
    EXPECT_EQ(payloads(), texts("a"));
    EXPECT_EQ(disk_.contents(first_segment).size(), 80 + 65);
    ASSERT_TRUE(crash_and_open());
    EXPECT_EQ(payloads(), texts("a"));
  }
  ASSERT_TRUE(append({"b", "c"}));
  EXPECT_EQ(payloads(), texts("a", "b", "c"));
}

TEST_F(AppendFailure, lets_nothing_refused_come_back_after_a_loss_of_power) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    LogBench bench(seed);
    ASSERT_TRUE(bench.open());
    ASSERT_TRUE(bench.append({"a"}));
    ASSERT_TRUE(bench.shard_.run(bench.log_->sync()));
    bench.disk_.fail_call(DiskCall::write, 0, Error::io_error, group_write_size);
    EXPECT_EQ(bench.append({"x", "y", "z"}), fail(Error::cannot_append_message));

    ASSERT_TRUE(bench.crash_and_open(LogBench::Crash::power_loss));

    EXPECT_EQ(bench.payloads(), texts("a"));
  }
}

TEST_F(AppendFailure, refuses_all_batches_of_the_write_and_no_other) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append({"a"}));
  const auto note = [](Task<Result<Appended>> append, Result<Appended>& outcome) -> Task<> {
    outcome = co_await std::move(append);
  };
  SentBatch b({"b"});
  SentBatch c({"c"});
  SentBatch d({"d"});
  Result<Appended> of_b;
  Result<Appended> of_c;
  Result<Appended> of_d;
  disk_.hold(DiskCall::write);
  disk_.fail_call(DiskCall::write, 0, Error::no_space, 30);
  shard_.group().spawn(note(log_->append(b.batch()), of_b));
  shard_.group().spawn(note(log_->append(c.batch()), of_c));
  shard_.run_ready();
  shard_.group().spawn(note(log_->append(d.batch()), of_d));
  disk_.release();
  shard_.run_ready();

  EXPECT_EQ(of_b, fail(Error::no_space));
  EXPECT_EQ(of_c, fail(Error::no_space));
  ASSERT_TRUE(of_d);
  EXPECT_EQ(of_d->first_offset, 1);
  EXPECT_EQ(payloads(), texts("a", "d"));
}

TEST_F(AppendFailure, refuses_while_the_disk_is_full_and_goes_on_when_it_is_not) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append({"a"}));
  disk_.set_free_bytes(100);

  EXPECT_EQ(append({"b", "c"}), fail(Error::no_space));
  EXPECT_EQ(payloads(), texts("a"));
  disk_.set_free_bytes(1'000'000);
  ASSERT_TRUE(append({"d"}));

  EXPECT_EQ(payloads(), texts("a", "d"));
}

TEST_F(AppendFailure, refuses_the_first_batch_if_there_is_no_room_for_a_directory) {
  for (const auto call : {DiskCall::make_directories, DiskCall::open, DiskCall::sync_directory}) {
    LogBench bench;
    ASSERT_TRUE(bench.open());
    bench.disk_.fail_call(call, 0, Error::no_space);

    EXPECT_EQ(bench.append({"a"}), fail(Error::no_space));
    const auto second = bench.append({"b"});

    ASSERT_TRUE(second);
    EXPECT_TRUE(second->created);
    EXPECT_EQ(second->first_offset, 0);
    EXPECT_EQ(bench.payloads(), texts("b"));
  }
}

TEST_F(AppendFailure, makes_the_log_read_only_if_the_tail_cannot_be_cut_off) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append({"a"}));
  disk_.fail_call(DiskCall::write, 0, Error::io_error, 20);
  disk_.fail_call(DiskCall::truncate, 0, Error::io_error);

  EXPECT_EQ(append({"x"}), fail(Error::cannot_sync_file));
  EXPECT_EQ(append({"y"}), fail(Error::partition_read_only));

  EXPECT_EQ(payloads(), texts("a"));
  ASSERT_TRUE(crash_and_open());  // the rest of the refused one is torn
  EXPECT_EQ(payloads(), texts("a"));
  ASSERT_TRUE(append({"b"}));
  EXPECT_EQ(payloads(), texts("a", "b"));
}

TEST_F(AppendFailure, makes_the_log_read_only_if_a_sync_fails_in_fsync_mode) {
  settings_.enforce_fsync = true;
  ASSERT_TRUE(open());
  ASSERT_TRUE(append({"a"}));
  const auto syncs = disk_.calls(DiskCall::sync);
  disk_.fail_call(DiskCall::sync, 0, Error::io_error);

  EXPECT_EQ(append({"x"}), fail(Error::cannot_sync_file));
  EXPECT_EQ(append({"y"}), fail(Error::partition_read_only));
  EXPECT_EQ(shard_.run(log_->sync()), fail(Error::cannot_sync_file));

  EXPECT_EQ(log_->end_offset(), 1);
  EXPECT_EQ(payloads(), texts("a"));
  EXPECT_EQ(disk_.calls(DiskCall::sync), syncs + 1);  // never repeated
}

TEST_F(AppendFailure, makes_the_log_read_only_if_a_background_sync_fails) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append({"a"}));
  disk_.fail_call(DiskCall::sync, 0, Error::io_error);

  EXPECT_EQ(shard_.run(log_->checkpoint()), fail(Error::cannot_sync_file));
  EXPECT_EQ(append({"y"}), fail(Error::partition_read_only));

  EXPECT_EQ(payloads(), texts("a"));
  EXPECT_TRUE(log_->is_dirty());
}

}  // namespace
}  // namespace iggy::log
