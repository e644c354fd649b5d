// Opening a log whose files a crash, a bad disk, or nothing at all has changed.
#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "log/record.hpp"
#include "log/testing.hpp"

namespace iggy::log {
namespace {

using runtime::DiskCall;

class Recovery : public LogTest {
 protected:
  static constexpr auto torn_path = "data/7/00000000000000000000.torn";
  static constexpr std::size_t group_at = 80 + 65;  // behind the segment record and one message
  static constexpr std::size_t file_size = group_at + 88 + 3 * 65;

  /// One message, then a group of three.
  static void fill(LogBench& bench) {
    ASSERT_TRUE(bench.open());
    ASSERT_TRUE(bench.append({"a"}));
    ASSERT_TRUE(bench.append({"b", "c", "d"}));
    ASSERT_EQ(bench.disk_.contents(first_segment).size(), file_size);
    bench.log_.reset();
    bench.disk_.crash(Crash::process_killed);
  }
  /// An orderly end after a message and a group of two, of which half a group is left.
  void lose_what_the_checkpoint_covers() {
    ASSERT_TRUE(open());
    ASSERT_TRUE(append({"a"}));
    ASSERT_TRUE(append({"b", "c"}));
    ASSERT_TRUE(shard_.run(log_->close()));
    log_.reset();
    cut(first_segment, 80 + 65 + 100);
  }
};

TEST_F(Recovery, finds_an_empty_log_where_nothing_is) {
  ASSERT_TRUE(open());

  EXPECT_EQ(log_->end_offset(), 0);
  EXPECT_EQ(log_->current_offset(), 0);
  EXPECT_FALSE(log_->has_messages());
  EXPECT_FALSE(log_->is_dirty());
  EXPECT_EQ(read({.count = 1})->count, 0);
}

TEST_F(Recovery, refuses_an_empty_log_where_there_must_be_one) {
  const PartitionLog::Options options{
      .incarnation = Incarnation{7}, .directory = directory, .must_exist = true};
  EXPECT_EQ(open(options), fail(Error::file_not_found));

  ASSERT_TRUE(shard_.run(disk_.make_directories(directory)));
  EXPECT_EQ(open(options), fail(Error::file_not_found));

  ASSERT_TRUE(open());
  ASSERT_TRUE(append({"a"}));
  ASSERT_TRUE(open(options));
  EXPECT_EQ(payloads(), texts("a"));
}

TEST_F(Recovery, keeps_all_that_was_acknowledged_when_the_process_is_killed) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append({"a"}));
  ASSERT_TRUE(append({"b", "c"}));

  ASSERT_TRUE(crash_and_open());

  EXPECT_EQ(payloads(), texts("a", "b", "c"));
  EXPECT_EQ(log_->size_bytes(), 3 * 65);
  EXPECT_EQ(append({"d"})->first_offset, 3);
  ASSERT_TRUE(crash_and_open());
  EXPECT_EQ(payloads(), texts("a", "b", "c", "d"));
}

TEST_F(Recovery, drops_the_last_group_as_a_whole_wherever_it_is_cut) {
  for (auto size = group_at; size < file_size; ++size) {
    SCOPED_TRACE(size);
    LogBench bench;
    fill(bench);
    const auto whole = bench.disk_.contents(first_segment);
    bench.cut(first_segment, size);

    ASSERT_TRUE(bench.open());

    EXPECT_EQ(bench.payloads(), texts("a"));
    EXPECT_EQ(bench.disk_.contents(first_segment).size(), group_at);
    if (size > group_at) {
      const auto torn = bench.disk_.contents(torn_path);
      EXPECT_EQ(torn.size(), size - group_at);
      EXPECT_EQ(std::memcmp(torn.data(), whole.data() + group_at, torn.size()), 0);
    }
    EXPECT_EQ(bench.append({"e", "f"})->first_offset, 1);
    ASSERT_TRUE(bench.crash_and_open());
    EXPECT_EQ(bench.payloads(), texts("a", "e", "f"));
  }
}

TEST_F(Recovery, never_shows_a_part_of_the_last_group_whichever_bit_is_wrong) {
  for (auto position = group_at; position < file_size; ++position) {
    for (const auto bits : {std::byte{0x01}, std::byte{0x80}}) {
      SCOPED_TRACE(position);
      LogBench bench;
      fill(bench);
      bench.flip(first_segment, position, bits);

      ASSERT_TRUE(bench.open());

      // Where only the group's own record is wrong, the messages behind it prove to be whole.
      const bool is_in_message = position >= group_at + 88;
      EXPECT_EQ(bench.payloads(), is_in_message ? texts("a") : texts("a", "b", "c", "d"));
      EXPECT_EQ(bench.append({"e"})->first_offset, is_in_message ? 1 : 4);
      EXPECT_EQ(bench.payloads().back(), "e");
    }
  }
}

TEST_F(Recovery, cuts_a_torn_segment_record_too) {
  for (std::size_t size = 0; size < 80 + 65; ++size) {
    SCOPED_TRACE(size);
    LogBench bench;
    ASSERT_TRUE(bench.open());
    ASSERT_TRUE(bench.append({"a"}));
    bench.log_.reset();
    bench.cut(first_segment, size);

    ASSERT_TRUE(bench.open());

    EXPECT_EQ(bench.log_->end_offset(), 0);
    EXPECT_EQ(bench.append({"b"})->first_offset, 0);
    ASSERT_TRUE(bench.crash_and_open());
    EXPECT_EQ(bench.payloads(), texts("b"));
  }
}

TEST_F(Recovery, leaves_damage_before_valid_messages_alone) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append({"a", "b"}));
  ASSERT_TRUE(append({"c", "d"}));
  ASSERT_TRUE(append({"e", "f"}));
  const auto size = disk_.contents(first_segment).size();
  log_.reset();
  flip(first_segment, 80 + 88 + 130 + 88 + 64);  // the payload of c

  ASSERT_TRUE(open());

  EXPECT_EQ(log_->end_offset(), 6);
  EXPECT_EQ(disk_.contents(first_segment).size(), size);
  EXPECT_EQ(poll({.count = 10}).size(), 2);
  EXPECT_EQ(read({.from = ReadRequest::From::offset, .value = 2, .count = 1}).error(),
            Error::damaged);
  EXPECT_EQ(payloads_from(3), texts("d", "e", "f"));
  EXPECT_EQ(append({"g"})->first_offset, 6);
}

TEST_F(Recovery, leaves_damage_among_single_messages_alone) {
  ASSERT_TRUE(open());
  for (const auto* payload : {"a", "b", "c", "d"}) ASSERT_TRUE(append({payload}));
  log_.reset();
  for (std::size_t position = 80 + 65; position < 80 + 2 * 65; ++position) {
    SCOPED_TRACE(position);
    flip(first_segment, position);

    ASSERT_TRUE(open());

    EXPECT_EQ(log_->end_offset(), 4);
    EXPECT_EQ(poll({.count = 10}).size(), 1);
    EXPECT_EQ(read({.from = ReadRequest::From::offset, .value = 1, .count = 1}).error(),
              Error::damaged);
    EXPECT_EQ(payloads_from(2), texts("c", "d"));
    log_.reset();
    flip(first_segment, position);
  }
}

TEST_F(Recovery, cuts_at_a_hole_that_a_loss_of_power_has_left) {
  const std::string long_text(2000, 'x');
  ASSERT_TRUE(open());
  ASSERT_TRUE(append({"a"}));
  ASSERT_TRUE(append({long_text}));
  ASSERT_TRUE(append({"c", "d"}));
  log_.reset();
  auto bytes = disk_.contents(first_segment);
  std::fill(bytes.begin() + 1024, bytes.begin() + 1536, std::byte{0});
  disk_.set_contents(first_segment, bytes);

  ASSERT_TRUE(open());

  EXPECT_EQ(payloads(), texts("a"));
  EXPECT_EQ(append({"b"})->first_offset, 1);
}

TEST_F(Recovery, starts_at_the_checkpoint) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append({"a", "b"}));
  ASSERT_TRUE(shard_.run(log_->checkpoint()));
  ASSERT_TRUE(append({"c"}));
  log_.reset();
  flip(first_segment, 80 + 88 + 64);  // the payload of a

  ASSERT_TRUE(open());
  EXPECT_EQ(log_->end_offset(), 3);
  EXPECT_EQ(log_->size_bytes(), 3 * 65);
  EXPECT_EQ(poll({.count = 10}).size(), 3);  // nobody has looked at it

  settings_.validate_checksum = true;
  ASSERT_TRUE(open());
  EXPECT_EQ(read({.count = 10}).error(), Error::damaged);
  EXPECT_EQ(payloads_from(1), texts("b", "c"));
}

TEST_F(Recovery, does_without_a_checkpoint_that_is_wrong) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append({"a", "b"}));
  ASSERT_TRUE(shard_.run(log_->close()));
  log_.reset();
  for (std::size_t position = 0; position < 80; ++position) {
    flip("data/7/checkpoint", position);
    ASSERT_TRUE(open());
    EXPECT_EQ(payloads(), texts("a", "b"));
    log_.reset();
    flip("data/7/checkpoint", position);
  }
  cut("data/7/checkpoint", 79);
  ASSERT_TRUE(open());
  EXPECT_EQ(payloads(), texts("a", "b"));
  EXPECT_EQ(append({"c"})->first_offset, 2);
}

TEST_F(Recovery, keeps_what_there_is_of_a_log_that_ends_before_its_checkpoint) {
  ASSERT_NO_FATAL_FAILURE(lose_what_the_checkpoint_covers());

  ASSERT_TRUE(open());

  EXPECT_EQ(payloads(), texts("a"));
  EXPECT_EQ(append({"d"})->first_offset, 1);
}

TEST_F(Recovery, keeps_what_was_appended_to_a_log_that_had_ended_before_its_checkpoint) {
  ASSERT_NO_FATAL_FAILURE(lose_what_the_checkpoint_covers());
  ASSERT_TRUE(open());
  const std::string reaches_beyond(1000, 'd');
  ASSERT_TRUE(append({reaches_beyond}));

  ASSERT_TRUE(crash_and_open());

  EXPECT_EQ(payloads(), texts("a", reaches_beyond));
}

TEST_F(Recovery, keeps_what_was_appended_to_a_log_that_had_lost_the_segment_of_its_checkpoint) {
  settings_.segment_size = ByteSize{65};
  ASSERT_TRUE(open());
  for (const auto* payload : {"a", "b", "c"}) ASSERT_TRUE(append({payload}));
  ASSERT_TRUE(shard_.run(log_->close()));
  log_.reset();
  ASSERT_TRUE(shard_.run(disk_.unlink("data/7/00000000000000000002.log")));
  ASSERT_TRUE(open());
  const std::string reaches_beyond(1000, 'd');
  ASSERT_TRUE(append({reaches_beyond}));

  ASSERT_TRUE(crash_and_open());

  EXPECT_EQ(payloads(), texts("a", "b", reaches_beyond));
}

TEST_F(Recovery, keeps_what_was_appended_to_a_log_that_had_lost_everything_but_its_checkpoint) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append({"a"}));
  ASSERT_TRUE(shard_.run(log_->close()));
  log_.reset();
  ASSERT_TRUE(shard_.run(disk_.unlink(first_segment)));
  ASSERT_TRUE(open());
  const std::string reaches_beyond(1000, 'd');
  ASSERT_TRUE(append({reaches_beyond}));

  ASSERT_TRUE(crash_and_open());

  EXPECT_EQ(payloads(), texts(reaches_beyond));
}

TEST_F(Recovery, writes_nothing_if_nothing_is_appended) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append({"a", "b"}));
  ASSERT_TRUE(shard_.run(log_->close()));
  const auto changes = disk_.changing_calls();

  ASSERT_TRUE(open());
  EXPECT_FALSE(log_->is_dirty());
  ASSERT_TRUE(shard_.run(log_->checkpoint()));
  ASSERT_TRUE(shard_.run(log_->close()));

  EXPECT_EQ(disk_.changing_calls(), changes);
}

TEST_F(Recovery, starts_a_new_epoch_with_the_next_message) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append({"a"}));
  ASSERT_TRUE(crash_and_open());
  ASSERT_TRUE(append({"b"}));
  ASSERT_TRUE(append({"c"}));

  const auto file = disk_.contents(first_segment);
  ASSERT_EQ(file.size(), 80 + 65 + 64 + 65 + 65);
  const auto header = load_record_header(&file[80 + 65]);
  EXPECT_EQ(header.type, RecordType::epoch);
  EXPECT_EQ(header.offset, 1);
  EXPECT_EQ(load_record_fields(&file[80 + 65]).epoch, 2);
  EXPECT_EQ(payloads(), texts("a", "b", "c"));
}

TEST_F(Recovery, is_read_only_if_a_torn_tail_cannot_be_kept) {
  fill(*this);
  cut(first_segment, file_size - 1);
  disk_.set_free_bytes(0);

  ASSERT_TRUE(open());
  EXPECT_EQ(payloads(), texts("a"));
  EXPECT_EQ(append({"e"}), fail(Error::partition_read_only));
  EXPECT_EQ(disk_.contents(first_segment).size(), file_size - 1);

  disk_.set_free_bytes(1'000'000);
  ASSERT_TRUE(open());
  EXPECT_EQ(append({"e"})->first_offset, 1);
}

TEST_F(Recovery, refuses_a_newer_format) {
  fill(*this);
  auto bytes = disk_.contents(first_segment);
  bytes[56 + 6] = std::byte{2};  // version
  base::store(bytes.data(), wire::message_checksum(base::ByteView(bytes).first(80)));
  disk_.set_contents(first_segment, bytes);

  EXPECT_EQ(open(), fail(Error::unsupported_format));
}

TEST_F(Recovery, refuses_the_files_of_another_partition) {
  fill(*this);

  EXPECT_EQ(open({.incarnation = Incarnation{8}, .directory = directory}), fail(Error::damaged));
}

TEST_F(Recovery, overlooks_files_that_are_no_segments) {
  fill(*this);
  disk_.set_contents("data/7/notes.txt", base::Bytes(10));
  disk_.set_contents("data/7/0000000000000000000x.log", base::Bytes(10));

  ASSERT_TRUE(open());

  EXPECT_EQ(payloads(), texts("a", "b", "c", "d"));
}

}  // namespace
}  // namespace iggy::log
