// Appending: what is stamped, what is written, and how overlapping calls share it.
#include <gtest/gtest.h>

#include <string>

#include "log/record.hpp"
#include "log/testing.hpp"

namespace iggy::log {
namespace {

using runtime::DiskCall;
using runtime::MemoryDisk;

class Append : public LogTest {
 protected:
  /// Appends beside the test; the outcome appears when it is there.
  void start(SentBatch& batch, Result<Appended>& outcome) {
    shard_.group().spawn(note(log_->append(batch.batch()), outcome));
    shard_.run_ready();
  }
  /// Without letting anything run in between.
  void queue(SentBatch& batch, Result<Appended>& outcome) {
    shard_.group().spawn(note(log_->append(batch.batch()), outcome));
  }
  static Task<> note(Task<Result<Appended>> append, Result<Appended>& outcome) {
    outcome = co_await std::move(append);
  }

  static constexpr auto pending = std::unexpected(Error::error);
};

TEST_F(Append, numbers_messages_one_after_the_other) {
  ASSERT_TRUE(open());

  const auto first = append({"a", "b", "c"});
  const auto second = append({"d"});

  ASSERT_TRUE(first);
  EXPECT_EQ(first->first_offset, 0);
  EXPECT_EQ(first->last_offset, 2);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->first_offset, 3);
  EXPECT_EQ(second->last_offset, 3);
  EXPECT_EQ(log_->end_offset(), 4);
  EXPECT_EQ(log_->current_offset(), 3);
  EXPECT_EQ(log_->messages_count(), 4);
  EXPECT_EQ(log_->size_bytes(), 4 * 65);
  EXPECT_EQ(payloads(), texts("a", "b", "c", "d"));
}

TEST_F(Append, stamps_what_the_server_sets) {
  ASSERT_TRUE(open());
  shard_.clock().set_now(Timestamp{1'700'000'000'123'456});
  SentBatch batch({"hello"});
  batch.add("kept", 42);

  ASSERT_TRUE(shard_.run(log_->append(batch.batch())));

  const auto header = wire::load_message_header(batch.bytes().data());
  EXPECT_EQ(header.offset, 0);
  EXPECT_EQ(header.timestamp, 1'700'000'000'123'456);
  EXPECT_EQ(header.reserved, 0);
  EXPECT_EQ(header.checksum, wire::message_checksum(base::ByteView(batch.bytes()).first(69)));
  EXPECT_EQ(batch.bytes()[8 + 6] & std::byte{0xf0}, std::byte{0x40});  // UUID version 4
  EXPECT_EQ(batch.bytes()[8 + 8] & std::byte{0xc0}, std::byte{0x80});
  const auto kept = wire::load_message_header(batch.bytes().data() + 69);
  EXPECT_EQ(kept.offset, 1);
  EXPECT_EQ(kept.timestamp, 1'700'000'000'123'456);
  EXPECT_TRUE(kept.id == 42);
}

TEST_F(Append, gives_each_message_an_id_of_its_own) {
  ASSERT_TRUE(open());
  SentBatch batch({"a", "b"});

  ASSERT_TRUE(shard_.run(log_->append(batch.batch())));

  const auto first = wire::load_message_header(batch.bytes().data()).id;
  const auto second = wire::load_message_header(batch.bytes().data() + 65).id;
  EXPECT_FALSE(first == second);
}

TEST_F(Append, never_lets_timestamps_fall) {
  ASSERT_TRUE(open());
  shard_.clock().set_now(Timestamp{2000});
  ASSERT_TRUE(append({"a"}));
  shard_.clock().set_now(Timestamp{1000});
  ASSERT_TRUE(append({"b"}));
  ASSERT_TRUE(crash_and_open());
  ASSERT_TRUE(append({"c"}));
  shard_.clock().set_now(Timestamp{3000});
  ASSERT_TRUE(append({"d"}));

  const auto messages = poll({.count = 10});
  ASSERT_EQ(messages.size(), 4);
  EXPECT_EQ(messages[0].timestamp, 2000);
  EXPECT_EQ(messages[1].timestamp, 2000);
  EXPECT_EQ(messages[2].timestamp, 2000);
  EXPECT_EQ(messages[3].timestamp, 3000);
}

TEST_F(Append, stores_the_bytes_that_the_document_describes) {
  ASSERT_TRUE(open());
  SentBatch batch({"hello", "again"});
  ASSERT_TRUE(shard_.run(log_->append(batch.batch())));

  const auto file = disk_.contents(first_segment);
  ASSERT_EQ(file.size(), 80 + 88 + 2 * 69);
  const auto at = [&](std::size_t position) { return base::load<std::uint64_t>(&file[position]); };
  // segment
  EXPECT_EQ(at(0), wire::message_checksum(base::ByteView(file).first(80)));
  EXPECT_EQ(at(8), 7);                         // incarnation
  EXPECT_EQ(at(24), 0);                        // next offset
  EXPECT_EQ(at(40), 1);                        // epoch
  EXPECT_EQ(at(48), std::uint64_t{16} << 32);  // body size
  EXPECT_EQ(base::as_text(base::ByteView(file).subspan(56, 8)), "IGGYLR\x01\x01");
  EXPECT_EQ(at(64), 1);  // format version 1, key 0
  EXPECT_EQ(at(72), 0);  // base offset
  // group
  EXPECT_EQ(base::as_text(base::ByteView(file).subspan(80 + 56, 8)), "IGGYLR\x01\x02");
  EXPECT_EQ(at(80 + 64), 2);    // messages
  EXPECT_EQ(at(80 + 72), 138);  // bytes
  GroupDigest digest;
  digest.add(at(168));
  digest.add(at(168 + 69));
  EXPECT_EQ(at(80 + 80), digest.finish());
  // messages
  EXPECT_TRUE(std::equal(batch.bytes().begin(), batch.bytes().end(), file.begin() + 168));
}

TEST_F(Append, puts_no_group_in_front_of_single_messages) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append({"a"}));
  ASSERT_TRUE(append({"b"}));

  EXPECT_EQ(disk_.contents(first_segment).size(), 80 + 65 + 65);
}

TEST_F(Append, makes_the_directory_at_the_first_message_and_says_so_once) {
  ASSERT_TRUE(open());
  EXPECT_TRUE(disk_.paths().empty());
  EXPECT_EQ(log_->segments_count(), 1);
  EXPECT_FALSE(log_->has_messages());

  const auto first = append({"a"});
  const auto second = append({"b"});

  EXPECT_TRUE(first->created);
  EXPECT_FALSE(second->created);
  EXPECT_EQ(disk_.paths(), texts(first_segment));
}

TEST_F(Append, says_that_the_directory_is_new_although_a_crash_has_left_it) {
  ASSERT_TRUE(open());
  disk_.lose_power_after(2);
  EXPECT_FALSE(append({"a"}));
  ASSERT_TRUE(crash_and_open());
  EXPECT_FALSE(disk_.paths().empty());

  EXPECT_TRUE(append({"b"})->created);
  EXPECT_FALSE(append({"c"})->created);
}

TEST_F(Append, writes_batches_that_arrive_together_in_one_call) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append({"first"}));
  const auto writes = disk_.calls(DiskCall::write);
  SentBatch a({"a", "b"});
  SentBatch b({"c"});
  SentBatch c({"d", "e"});
  Result<Appended> of_a = pending;
  Result<Appended> of_b = pending;
  Result<Appended> of_c = pending;

  queue(a, of_a);
  queue(b, of_b);
  queue(c, of_c);
  shard_.run_ready();

  EXPECT_EQ(disk_.calls(DiskCall::write), writes + 1);
  EXPECT_EQ(of_a->first_offset, 1);
  EXPECT_EQ(of_b->first_offset, 3);
  EXPECT_EQ(of_c->last_offset, 5);
  EXPECT_EQ(payloads(), texts("first", "a", "b", "c", "d", "e"));
}

TEST_F(Append, collects_what_arrives_while_a_write_is_under_way) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append({"first"}));
  const auto writes = disk_.calls(DiskCall::write);
  SentBatch a({"a"});
  SentBatch b({"b"});
  SentBatch c({"c"});
  Result<Appended> of_a = pending;
  Result<Appended> of_b = pending;
  Result<Appended> of_c = pending;

  disk_.hold(DiskCall::write);
  start(a, of_a);
  start(b, of_b);
  start(c, of_c);
  EXPECT_EQ(disk_.calls(DiskCall::write), writes + 1);
  EXPECT_EQ(log_->end_offset(), 1);
  disk_.release();
  shard_.run_ready();

  EXPECT_EQ(disk_.calls(DiskCall::write), writes + 2);
  EXPECT_TRUE(of_a && of_b && of_c);
  EXPECT_EQ(payloads(), texts("first", "a", "b", "c"));
}

TEST_F(Append, waits_for_the_disk_in_fsync_mode_and_shares_one_sync) {
  settings_.enforce_fsync = true;
  ASSERT_TRUE(open());
  ASSERT_TRUE(append({"first"}));
  const auto syncs = disk_.calls(DiskCall::sync);
  SentBatch a({"a"});
  SentBatch b({"b"});
  SentBatch c({"c", "d"});
  Result<Appended> of_a = pending;
  Result<Appended> of_b = pending;
  Result<Appended> of_c = pending;

  disk_.hold(DiskCall::sync);
  start(a, of_a);
  start(b, of_b);
  start(c, of_c);
  EXPECT_EQ(log_->end_offset(), 1);  // written, but not on the disk
  EXPECT_FALSE(of_a);
  EXPECT_EQ(payloads(), texts("first"));
  disk_.release();
  shard_.run_ready();

  EXPECT_EQ(disk_.calls(DiskCall::sync), syncs + 2);
  EXPECT_TRUE(of_a && of_b && of_c);
  EXPECT_EQ(payloads(), texts("first", "a", "b", "c", "d"));
}

TEST_F(Append, wakes_readers_that_wait_for_more) {
  ASSERT_TRUE(open());
  Result<> woken = fail(Error::error);
  const auto wait = [](PartitionLog& log, Result<>& outcome) -> Task<> {
    outcome = co_await log.advanced().wait();
  };
  shard_.group().spawn(wait(*log_, woken));
  shard_.run_ready();
  EXPECT_FALSE(woken);

  ASSERT_TRUE(append({"a"}));

  EXPECT_TRUE(woken);
}

TEST_F(Append, is_finished_although_its_caller_was_cancelled) {
  ASSERT_TRUE(open());
  SentBatch a({"a"});
  Result<Appended> outcome = pending;
  disk_.hold(DiskCall::write);
  start(a, outcome);

  shard_.group().cancel();
  shard_.run_ready();
  EXPECT_FALSE(outcome);  // its bytes are still in use
  disk_.release();
  shard_.run_ready();

  EXPECT_TRUE(outcome);
  EXPECT_EQ(payloads(), texts("a"));
}

TEST_F(Append, is_waited_for_when_the_log_is_closed) {
  ASSERT_TRUE(open());
  SentBatch a({"a"});
  Result<Appended> outcome = pending;
  queue(a, outcome);

  ASSERT_TRUE(shard_.run(log_->close()));

  EXPECT_TRUE(outcome);
  EXPECT_EQ(append({"late"}), fail(Error::incarnation_gone));
  EXPECT_EQ(read({.count = 1}).error(), Error::incarnation_gone);
  ASSERT_TRUE(open());
  EXPECT_EQ(payloads(), texts("a"));
}

TEST_F(Append, is_not_synced_when_the_log_is_abandoned) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append({"a"}));
  const auto syncs = disk_.calls(DiskCall::sync);

  shard_.run(log_->abandon());

  EXPECT_EQ(disk_.calls(DiskCall::sync), syncs);
  EXPECT_EQ(append({"late"}), fail(Error::incarnation_gone));
  EXPECT_EQ(shard_.run(log_->close()), fail(Error::incarnation_gone));
}

}  // namespace

}  // namespace iggy::log
