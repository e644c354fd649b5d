// Tests of the bounds on open files, and of index entries that are in memory alone.
#include "log/open_files.hpp"

#include "log/consumer_offsets.hpp"
#include "log/index_cache.hpp"
#include "log/testing.hpp"

namespace iggy::log {
namespace {

using runtime::DiskCall;
using From = ReadRequest::From;

/// Logs in "data/1", "data/2" ... of one shard, which keeps two files open.
class ManyLogs : public LogTest {
 protected:
  void SetUp() override {
    settings_.files_max = 2;
    store_ = std::make_unique<LogStore>(disk_, settings_);
    for (std::uint64_t number = 1; number <= 3; ++number) logs_.push_back(open_log(number));
  }
  void TearDown() override { logs_.clear(); }

  std::unique_ptr<PartitionLog> open_log(std::uint64_t number) {
    auto opened =
        shard_.run(PartitionLog::open(*store_, {.incarnation = Incarnation{number},
                                                .directory = "data/" + std::to_string(number)}));
    EXPECT_TRUE(opened);
    return *std::move(opened);
  }
  /// What a start finds after power was lost.
  void lose_power() {
    logs_.clear();
    disk_.crash(Crash::power_loss);
    SetUp();
  }
  Result<Appended> append_to(std::size_t log, SentBatch batch) {
    return shard_.run(logs_[log]->append(batch.batch()));
  }
  Result<ReadReply> read_from(std::size_t log) {
    return shard_.run(
        logs_[log]->read({.from = From::first, .count = 100, .bytes_max = 1'000'000}, scratch_));
  }
  std::vector<std::string> payloads_of(std::size_t log) {
    std::vector<std::string> payloads;
    const auto reply = read_from(log);
    if (!reply) return {"error"};
    for (const auto& message : parse(bytes_of(*reply))) payloads.push_back(message.payload);
    return payloads;
  }
  /// How many files are opened by what `work` does.
  template <class Work>
  std::uint64_t opens(Work work) {
    const auto before = disk_.calls(DiskCall::open);
    work();
    return disk_.calls(DiskCall::open) - before;
  }

  std::vector<std::unique_ptr<PartitionLog>> logs_;
};

TEST_F(ManyLogs, keep_those_files_open_that_were_used_last) {
  ASSERT_TRUE(append_to(0, {"a"}));
  ASSERT_TRUE(append_to(1, {"b"}));
  ASSERT_TRUE(append_to(0, {"c"}));
  ASSERT_TRUE(append_to(2, {"d"}));  // closes the file of the second one

  EXPECT_EQ(store_->files().count(), 2);
  EXPECT_EQ(opens([&] { ASSERT_TRUE(append_to(0, {"e"})); }), 0);
  EXPECT_EQ(opens([&] { ASSERT_TRUE(append_to(2, {"f"})); }), 0);
  EXPECT_EQ(opens([&] { ASSERT_TRUE(append_to(1, {"g"})); }), 1);
  EXPECT_EQ(store_->files().count(), 2);
}

TEST_F(ManyLogs, go_on_where_they_were_when_their_files_are_opened_again) {
  for (std::uint64_t i = 0; i < 4; ++i) {
    for (std::size_t log = 0; log < 3; ++log) {
      EXPECT_EQ(append_to(log, {std::to_string(i)})->first_offset, i);
    }
  }

  for (std::size_t log = 0; log < 3; ++log) EXPECT_EQ(payloads_of(log), texts("0", "1", "2", "3"));
  for (const auto& log : logs_) ASSERT_TRUE(shard_.run(log->sync()));
  lose_power();
  for (std::size_t log = 0; log < 3; ++log) EXPECT_EQ(payloads_of(log), texts("0", "1", "2", "3"));
}

TEST_F(ManyLogs, open_no_file_before_it_is_used) {
  for (std::size_t log = 0; log < 3; ++log) ASSERT_TRUE(append_to(log, {"a"}));
  for (const auto& log : logs_) ASSERT_TRUE(shard_.run(log->close()));
  logs_.clear();

  SetUp();

  EXPECT_EQ(store_->files().count(), 0);
  EXPECT_EQ(payloads_of(1), texts("a"));
  EXPECT_EQ(store_->files().count(), 1);
}

TEST_F(ManyLogs, give_slices_that_outlive_the_closing) {
  ASSERT_TRUE(append_to(0, {std::string(40'000, 'x')}));
  const auto reply = read_from(0);
  ASSERT_TRUE(reply);
  ASSERT_EQ(reply->slices.size(), 1);

  ASSERT_TRUE(append_to(1, {"b"}));
  ASSERT_TRUE(append_to(2, {"c"}));

  EXPECT_EQ(parse(bytes_of(*reply)).at(0).payload, std::string(40'000, 'x'));
}

TEST_F(ManyLogs, refuse_only_what_needs_a_file_that_can_not_be_opened) {
  for (std::size_t log = 0; log < 3; ++log) ASSERT_TRUE(append_to(log, {"a"}));

  disk_.fail_call(DiskCall::open, 0, Error::too_many_open_files, 0, "data/1");
  EXPECT_EQ(append_to(0, {"b"}), fail(Error::cannot_append_message));
  disk_.fail_call(DiskCall::open, 0, Error::too_many_open_files, 0, "data/1");
  EXPECT_EQ(read_from(0).error(), Error::too_many_open_files);

  EXPECT_EQ(append_to(1, {"b"})->first_offset, 1);
  EXPECT_EQ(append_to(0, {"c"})->first_offset, 1);
  EXPECT_EQ(payloads_of(0), texts("a", "c"));
}

TEST_F(ManyLogs, sync_what_was_written_before_the_closing) {
  for (std::size_t log = 0; log < 3; ++log) ASSERT_TRUE(append_to(log, {"a"}));
  EXPECT_TRUE(logs_[0]->is_dirty());

  ASSERT_TRUE(shard_.run(logs_[0]->checkpoint()));

  EXPECT_FALSE(logs_[0]->is_dirty());
  lose_power();
  EXPECT_EQ(payloads_of(0), texts("a"));
}

TEST_F(ManyLogs, share_the_bound_with_consumer_offsets) {
  const ConsumerKey key{ConsumerKind::consumer, 1};
  ASSERT_TRUE(append_to(0, {"a", "b"}));
  auto offsets = shard_.run(ConsumerOffsets::open(*store_, "data/1", 2)).value();
  ASSERT_TRUE(shard_.run(offsets->store(key, 0)));
  ASSERT_TRUE(append_to(1, {"b"}));
  ASSERT_TRUE(append_to(2, {"c"}));
  EXPECT_EQ(store_->files().count(), 2);

  EXPECT_EQ(opens([&] { ASSERT_TRUE(shard_.run(offsets->store(key, 1))); }), 1);
  ASSERT_TRUE(append_to(1, {"b"}));
  ASSERT_TRUE(append_to(2, {"c"}));
  EXPECT_EQ(opens([&] { ASSERT_TRUE(shard_.run(offsets->sync())); }), 1);

  offsets.reset();
  lose_power();
  offsets = shard_.run(ConsumerOffsets::open(*store_, "data/1", 2)).value();
  EXPECT_EQ(offsets->get(key), 1);
}

TEST_F(ManyLogs, read_sealed_segments_under_the_same_bound) {
  logs_.clear();
  settings_.segment_size = {300};
  SetUp();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(append_to(0, {std::string(100, 'x')}));

  EXPECT_EQ(payloads_of(0).size(), 20);

  EXPECT_GT(logs_[0]->segments_count(), 5);
  EXPECT_EQ(store_->files().count(), 2);
}

/// A log that has an index entry for each message.
class ActiveIndex : public LogTest {
 protected:
  void SetUp() override {
    settings_.index_interval = {64};
    ASSERT_TRUE(open());
  }
  void expect_found(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; i += 97) {
      EXPECT_EQ(poll({.from = From::offset, .value = i, .count = 1}).at(0).offset, i);
    }
  }
};

TEST_F(ActiveIndex, does_not_grow_in_memory) {
  for (int i = 0; i < 5000; ++i) ASSERT_TRUE(append({"message"}));

  EXPECT_LE(store_->unwritten_entries(), 1024);
  EXPECT_GE(disk_.contents("data/7/00000000000000000000.index").size(), 3900 * 24);
  expect_found(5000);
}

TEST_F(ActiveIndex, is_in_memory_as_long_as_it_can_not_be_written) {
  disk_.fail_always(DiskCall::open, Error::io_error, ".index");
  for (int i = 0; i < 3000; ++i) ASSERT_TRUE(append({"message"}));
  expect_found(3000);
  disk_.heal();

  ASSERT_TRUE(shard_.run(log_->checkpoint()));

  EXPECT_EQ(store_->unwritten_entries(), 0);
  expect_found(3000);
}

TEST_F(ActiveIndex, is_read_when_it_is_needed_after_a_restart) {
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(append({"message"}));
  ASSERT_TRUE(shard_.run(log_->checkpoint()));
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(append({"message"}));

  const auto before = disk_.calls(DiskCall::read);
  ASSERT_TRUE(crash_and_open());
  EXPECT_LE(disk_.calls(DiskCall::read) - before, 3);  // checkpoint, tail, offsets

  EXPECT_EQ(store_->unwritten_entries(), 500);
  EXPECT_EQ(store_->indexes().size_bytes(), 0);
  expect_found(1000);
  EXPECT_GT(store_->indexes().size_bytes(), 500 * 24);
  ASSERT_TRUE(shard_.run(log_->checkpoint()));
  EXPECT_EQ(store_->unwritten_entries(), 0);
  expect_found(1000);
}

}  // namespace
}  // namespace iggy::log
