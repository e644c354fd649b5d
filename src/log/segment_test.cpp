// Segments: when a log rolls, what a sealed one keeps, and reading across them.
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "log/record.hpp"
#include "log/testing.hpp"

namespace iggy::log {
namespace {

using runtime::DiskCall;

class Segments : public LogTest {
 protected:
  static constexpr auto second_segment = "data/7/00000000000000000002.log";

  /// Appends single messages of `size` bytes, header included.
  void append_messages(std::size_t count, std::size_t size) {
    for (std::size_t i = 0; i < count; ++i) ASSERT_TRUE(append({std::string(size - 64, 'x')}));
  }
  /// Two messages to a segment: the second meets a full one.
  void open_small() {
    settings_.segment_size = ByteSize{65};
    ASSERT_TRUE(open());
  }
  /// As if the first segment had not been on the disk when power was lost.
  void lose_end_of_first(std::size_t size) {
    ASSERT_TRUE(shard_.run(disk_.unlink("data/7/checkpoint")));
    cut(first_segment, size);
  }
  [[nodiscard]] std::vector<std::string> logs() const {
    std::vector<std::string> logs;
    for (const auto& path : disk_.paths()) {
      if (path.ends_with(".log")) logs.push_back(path);
    }
    return logs;
  }
};

// The counts are those that the reference shows.
TEST_F(Segments, take_one_batch_more_when_they_are_full) {
  settings_.segment_size = 5_KiB;
  ASSERT_TRUE(open());
  append_messages(6, 1000);
  EXPECT_EQ(log_->segments_count(), 1);
  append_messages(1, 1000);
  EXPECT_EQ(log_->segments_count(), 2);  // at once, although it is empty
  EXPECT_EQ(logs(), texts(first_segment, "data/7/00000000000000000007.log"));
}

TEST_F(Segments, count_message_bytes_only) {
  settings_.segment_size = 5_KiB;
  ASSERT_TRUE(open());
  append_messages(30, 1064);

  EXPECT_EQ(log_->segments_count(), 6);
  EXPECT_EQ(log_->size_bytes(), 30 * 1064);
  EXPECT_EQ(logs().back(), "data/7/00000000000000000030.log");
}

TEST_F(Segments, take_batches_whole) {
  settings_.segment_size = 8_KiB;
  ASSERT_TRUE(open());
  const auto five = [] { return SentBatch(std::vector<std::string>(5, std::string(1000, 'x'))); };

  std::vector<std::uint32_t> counts;
  for (int i = 0; i < 6; ++i) {
    ASSERT_TRUE(append(five()));
    counts.push_back(log_->segments_count());
  }

  EXPECT_EQ(counts, (std::vector<std::uint32_t>{1, 1, 2, 2, 2, 3}));
}

TEST_F(Segments, roll_at_the_same_place_when_batches_are_written_together) {
  settings_.segment_size = 5_KiB;
  ASSERT_TRUE(open());
  std::vector<SentBatch> batches(15, SentBatch({std::string(1000, 'x')}));
  const auto drop = [](Task<Result<Appended>> append) -> Task<> {
    EXPECT_TRUE(co_await std::move(append));
  };
  for (auto& batch : batches) shard_.group().spawn(drop(log_->append(batch.batch())));
  shard_.run_ready();

  EXPECT_EQ(log_->segments_count(), 3);
  EXPECT_EQ(logs(), texts(first_segment, "data/7/00000000000000000006.log",
                          "data/7/00000000000000000012.log"));
  EXPECT_EQ(payloads().size(), 15);
}

TEST_F(Segments, are_brought_to_the_disk_when_they_are_full) {
  open_small();
  ASSERT_TRUE(append({"a"}));
  ASSERT_TRUE(append({"b"}));
  ASSERT_TRUE(crash_and_open(Crash::power_loss));

  EXPECT_EQ(payloads(), texts("a", "b"));
  EXPECT_EQ(log_->segments_count(), 2);
}

TEST_F(Segments, let_appends_go_on_while_one_is_brought_to_the_disk) {
  open_small();
  ASSERT_TRUE(append({"a"}));
  disk_.hold(DiskCall::sync);
  ASSERT_TRUE(append({"b"}));
  EXPECT_EQ(append({"c"})->first_offset, 2);
  EXPECT_EQ(append({"d"})->first_offset, 3);

  // One on its way is enough.
  SentBatch waiting({"e"});
  std::optional<Result<Appended>> appended;
  const auto keep = [](Task<Result<Appended>> append,
                       std::optional<Result<Appended>>& result) -> Task<> {
    result = co_await std::move(append);
  };
  shard_.group().spawn(keep(log_->append(waiting.batch()), appended));
  shard_.run_ready();
  EXPECT_FALSE(appended);
  disk_.release();
  shard_.run_ready();

  ASSERT_TRUE(appended);
  EXPECT_EQ(**appended, (Appended{.first_offset = 4, .last_offset = 4}));
  EXPECT_EQ(payloads(), texts("a", "b", "c", "d", "e"));
}

TEST_F(Segments, are_synced_in_their_order) {
  open_small();
  ASSERT_TRUE(append({"a"}));
  disk_.hold(DiskCall::sync);
  ASSERT_TRUE(append({"b"}));
  ASSERT_TRUE(append({"c"}));
  disk_.release();
  ASSERT_TRUE(shard_.run(log_->sync()));
  ASSERT_TRUE(crash_and_open(Crash::power_loss));

  EXPECT_EQ(payloads(), texts("a", "b", "c"));
}

TEST_F(Segments, end_the_log_where_a_loss_of_power_has_left_a_gap) {
  open_small();
  for (const auto* payload : {"a", "b", "c"}) ASSERT_TRUE(append({payload}));
  log_.reset();
  const auto later = disk_.contents(second_segment);
  lose_end_of_first(80 + 65 + 30);  // the second message in part, no seal

  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(open());
    EXPECT_EQ(payloads(), texts("a"));
    EXPECT_EQ(logs(), texts(first_segment));
    log_.reset();
  }
  EXPECT_EQ(disk_.contents("data/7/00000000000000000002.torn"), later);

  ASSERT_TRUE(open());
  EXPECT_EQ(append({"x"})->first_offset, 1);
  EXPECT_EQ(append({"y"})->first_offset, 2);
  ASSERT_TRUE(crash_and_open());
  EXPECT_EQ(payloads(), texts("a", "x", "y"));
}

TEST_F(Segments, that_were_set_aside_are_all_kept) {
  open_small();
  for (const auto* payload : {"b", "c"}) {
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(append({payload}));
    log_.reset();
    lose_end_of_first(80 + 30);
    ASSERT_TRUE(open());
    EXPECT_EQ(payloads(), texts());
  }

  EXPECT_FALSE(disk_.contents("data/7/00000000000000000002.torn").empty());
  EXPECT_FALSE(disk_.contents("data/7/00000000000000000002.1.torn").empty());
}

TEST_F(Segments, go_on_if_only_a_seal_was_lost) {
  open_small();
  for (const auto* payload : {"a", "b", "c"}) ASSERT_TRUE(append({payload}));
  log_.reset();
  lose_end_of_first(80 + 130 + 10);

  ASSERT_TRUE(open());

  EXPECT_EQ(payloads(), texts("a", "b", "c"));
}

TEST_F(Segments, end_with_a_seal_that_holds_their_totals) {
  open_small();
  shard_.clock().set_now(Timestamp{1000});
  ASSERT_TRUE(append({"a"}));
  shard_.clock().set_now(Timestamp{2000});
  ASSERT_TRUE(append({"b"}));

  const auto file = disk_.contents(first_segment);
  ASSERT_EQ(file.size(), 80 + 2 * 65 + 96);
  const auto record = base::ByteView(file).last(96);
  EXPECT_TRUE(verifies(record));
  const auto seal = load_seal_body(record);
  ASSERT_TRUE(seal);
  EXPECT_EQ(seal->messages_count, 2);
  EXPECT_EQ(seal->size_bytes, 130);
  EXPECT_EQ(seal->first_timestamp, 1000);
  EXPECT_EQ(seal->last_timestamp, 2000);
  EXPECT_EQ(load_record_fields(record.data()).next_offset, 2);
}

TEST_F(Segments, are_read_one_after_the_other) {
  open_small();
  ASSERT_TRUE(append({"a", "b"}));
  ASSERT_TRUE(append({"c"}));
  ASSERT_TRUE(append({"d"}));
  ASSERT_TRUE(append({"e"}));
  ASSERT_TRUE(append({"f", "g"}));

  EXPECT_EQ(poll({.count = 100}).size(), 7);
  EXPECT_EQ(payloads(), texts("a", "b", "c", "d", "e", "f", "g"));
  ASSERT_TRUE(crash_and_open());
  EXPECT_EQ(payloads(), texts("a", "b", "c", "d", "e", "f", "g"));
  EXPECT_EQ(payloads_from(4), texts("e", "f", "g"));
  EXPECT_EQ(log_->size_bytes(), 7 * 65);
}

TEST_F(Segments, are_found_by_time) {
  open_small();
  for (const std::uint64_t now : {1000, 2000, 3000, 4000, 5000}) {
    shard_.clock().set_now(Timestamp{now});
    ASSERT_TRUE(append({std::to_string(now)}));
  }

  for (const std::uint64_t now : {1000, 2000, 3000, 4000, 5000}) {
    const auto messages =
        poll({.from = ReadRequest::From::timestamp, .value = now - 500, .count = 1});
    ASSERT_EQ(messages.size(), 1);
    EXPECT_EQ(messages[0].timestamp, now);
  }
}

TEST_F(Segments, keep_the_next_offset_while_they_are_empty) {
  open_small();
  ASSERT_TRUE(append({"a"}));
  ASSERT_TRUE(append({"b"}));
  ASSERT_TRUE(shard_.run(log_->close()));
  log_.reset();
  // As if retention had removed the sealed one.
  ASSERT_TRUE(shard_.run(disk_.unlink(first_segment)));

  ASSERT_TRUE(open());

  EXPECT_EQ(log_->start_offset(), 2);
  EXPECT_EQ(log_->end_offset(), 2);
  EXPECT_EQ(log_->current_offset(), 1);
  EXPECT_TRUE(log_->has_messages());
  EXPECT_EQ(read({.count = 9})->count, 0);
  EXPECT_EQ(append({"c"})->first_offset, 2);
}

TEST_F(Segments, go_on_after_a_crash_between_seal_and_next_file) {
  open_small();
  ASSERT_TRUE(append({"a"}));
  disk_.fail_always(DiskCall::open, Error::io_error, second_segment);
  ASSERT_TRUE(append({"b"}));
  EXPECT_EQ(log_->segments_count(), 2);
  EXPECT_EQ(append({"x"}), fail(Error::cannot_append_message));
  disk_.heal();

  ASSERT_TRUE(crash_and_open());

  EXPECT_EQ(log_->segments_count(), 2);
  EXPECT_EQ(payloads(), texts("a", "b"));
  EXPECT_EQ(append({"c"})->first_offset, 2);
  EXPECT_EQ(logs(), texts(first_segment, second_segment));
  ASSERT_TRUE(crash_and_open());
  EXPECT_EQ(payloads(), texts("a", "b", "c"));
}

TEST_F(Segments, are_sealed_with_the_next_batch_if_there_was_no_room) {
  open_small();
  ASSERT_TRUE(append({"a"}));
  disk_.set_free_bytes(65 + 50);  // b, but no seal
  ASSERT_TRUE(append({"b"}));
  EXPECT_EQ(log_->segments_count(), 2);
  EXPECT_EQ(append({"x"}), fail(Error::no_space));
  EXPECT_EQ(payloads(), texts("a", "b"));
  disk_.set_free_bytes(1'000'000);

  EXPECT_EQ(append({"c"})->first_offset, 2);

  EXPECT_EQ(log_->segments_count(), 2);
  EXPECT_EQ(logs(), texts(first_segment, second_segment));
  EXPECT_EQ(payloads(), texts("a", "b", "c"));
}

TEST_F(Segments, make_the_log_read_only_if_one_cannot_be_synced) {
  open_small();
  ASSERT_TRUE(append({"a"}));
  disk_.fail_call(DiskCall::sync, 0, Error::io_error);
  ASSERT_TRUE(append({"b"}));

  EXPECT_EQ(append({"c"}), fail(Error::partition_read_only));
  EXPECT_EQ(payloads(), texts("a", "b"));
}

TEST_F(Segments, give_slices_that_stay_true_when_they_are_sealed) {
  settings_.segment_size = 64_KiB;
  ASSERT_TRUE(open());
  ASSERT_TRUE(append(SentBatch(std::vector<std::string>(70, std::string(936, 'x')))));
  const auto reply = read({.count = 70});
  ASSERT_EQ(reply->slices.size(), 1);

  append_messages(10, 1000);
  shard_.run(log_->abandon());

  EXPECT_EQ(parse(bytes_of(*reply)).size(), 70);
}

TEST_F(Segments, can_be_read_if_one_in_the_middle_is_gone) {
  open_small();
  for (const auto* payload : {"a", "b", "c", "d", "e"}) ASSERT_TRUE(append({payload}));
  ASSERT_TRUE(shard_.run(log_->close()));
  log_.reset();
  ASSERT_TRUE(shard_.run(disk_.unlink(second_segment)));

  ASSERT_TRUE(open());

  EXPECT_EQ(log_->end_offset(), 5);
  EXPECT_EQ(poll({.count = 9}).size(), 2);
  EXPECT_EQ(read({.from = ReadRequest::From::offset, .value = 2, .count = 1}).error(),
            Error::damaged);
  EXPECT_EQ(payloads_from(4), texts("e"));
}

TEST_F(Segments, can_be_read_behind_one_that_is_damaged_and_holds_a_later_one) {
  open_small();
  for (const auto* payload : {"a", "b", "c", "d", "e"}) ASSERT_TRUE(append({payload}));
  log_.reset();
  auto mixed = disk_.contents(first_segment);
  mixed.resize(80 + 65 + 64);  // the first message, and a part of the second
  const auto later = disk_.contents("data/7/00000000000000000004.log");
  mixed.insert(mixed.end(), later.begin(), later.end());
  disk_.set_contents(first_segment, std::move(mixed));

  ASSERT_TRUE(open());

  EXPECT_EQ(read({.from = ReadRequest::From::offset, .value = 1, .count = 1}).error(),
            Error::damaged);
  EXPECT_EQ(payloads_from(2), texts("c", "d", "e"));
}

TEST_F(Segments, are_counted_anew_if_a_seal_is_damaged) {
  open_small();
  for (const auto* payload : {"a", "b", "c"}) ASSERT_TRUE(append({payload}));
  log_.reset();
  flip(first_segment, 80 + 130 + 64);

  ASSERT_TRUE(open());

  EXPECT_EQ(log_->size_bytes(), 3 * 65);
  EXPECT_EQ(payloads(), texts("a", "b", "c"));
}

}  // namespace
}  // namespace iggy::log
