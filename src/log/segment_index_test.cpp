// The index is a hint: whatever its file says, reads give the right messages.
#include <gtest/gtest.h>

#include <string>

#include "log/index_cache.hpp"
#include "log/segment_index.hpp"
#include "log/testing.hpp"

namespace iggy::log {
namespace {

using From = ReadRequest::From;
using runtime::DiskCall;

TEST(SegmentIndex, finds_the_entry_to_start_from) {
  SegmentIndex index(100);
  index.add({.offset = 10, .position = 150, .timestamp = 1000});
  index.add({.offset = 20, .position = 300, .timestamp = 2000});
  index.add({.offset = 30, .position = 450, .timestamp = 2000});

  EXPECT_FALSE(index.at_or_before_offset(9));
  EXPECT_EQ(index.at_or_before_offset(10)->position, 150);
  EXPECT_EQ(index.at_or_before_offset(29)->position, 300);
  EXPECT_EQ(index.at_or_before_offset(1000)->position, 450);
  EXPECT_FALSE(index.before_timestamp(1000));
  EXPECT_EQ(index.before_timestamp(2000)->offset, 10);
  EXPECT_EQ(index.before_timestamp(2001)->offset, 30);
  EXPECT_FALSE(index.at_or_before_position(149));
  EXPECT_EQ(index.at_or_before_position(449)->offset, 20);
  EXPECT_EQ(index.next_position(), 550);
}

TEST(SegmentIndex, reads_what_it_has_written) {
  SegmentIndex index(100);
  index.add({.offset = 10, .position = 150, .timestamp = 1000});
  index.add({.offset = 20, .position = 300, .timestamp = 2000});
  auto file = SegmentIndex::encode_header(5);
  const auto entries = index.encode_entries(index.entries().size());
  file.insert(file.end(), entries.begin(), entries.end());
  ASSERT_EQ(file.size(), 16 + 2 * 24);

  const auto read =
      SegmentIndex::decode(file, {.base_offset = 5, .end_offset = 100, .end_position = 1000}, 100);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->entries().size(), 2);
  EXPECT_EQ(read->entries()[1], (IndexEntry{20, 300, 2000}));

  const auto bounded =
      SegmentIndex::decode(file, {.base_offset = 5, .end_offset = 20, .end_position = 1000}, 100);
  EXPECT_EQ(bounded->entries().size(), 1);
  EXPECT_FALSE(SegmentIndex::decode(file, {.base_offset = 6}, 100));
}

/// A log of 60 messages of 100 bytes, indexed every 256 bytes, in one segment or in several.
class IndexFile : public LogTest, public ::testing::WithParamInterface<std::uint64_t> {
 protected:
  static constexpr auto path = "data/7/00000000000000000000.index";

  void SetUp() override {
    settings_.index_interval = {256};
    settings_.segment_size = {GetParam()};
    ASSERT_TRUE(open());
    for (std::uint64_t i = 0; i < 60; ++i) {
      shard_.clock().set_now(Timestamp{1000 + 10 * i});
      ASSERT_TRUE(append({std::to_string(1000 + i) + std::string(32, 'x')}));
    }
    ASSERT_TRUE(shard_.run(log_->close()));
    log_.reset();
  }

  void expect_all_found() {
    ASSERT_TRUE(open());
    for (std::uint64_t i = 0; i < 60; ++i) {
      SCOPED_TRACE(i);
      const auto by_offset = poll({.from = From::offset, .value = i, .count = 1});
      ASSERT_EQ(by_offset.size(), 1);
      EXPECT_EQ(by_offset[0].payload, std::to_string(1000 + i) + std::string(32, 'x'));
      const auto by_time = poll({.from = From::timestamp, .value = 995 + 10 * i, .count = 1});
      ASSERT_EQ(by_time.size(), 1);
      EXPECT_EQ(by_time[0].offset, i);
    }
    EXPECT_EQ(append({"more"})->first_offset, 60);
    EXPECT_EQ(payloads_from(59, 1).back(), "more");
    ASSERT_TRUE(shard_.run(log_->close()));
    log_.reset();
  }

  std::uint64_t entries_count() {
    return (disk_.contents(path).size() - SegmentIndex::file_header_size) /
           SegmentIndex::file_entry_size;
  }
};

TEST_P(IndexFile, has_an_entry_for_each_interval) {
  const auto file = disk_.contents(path);
  ASSERT_GT(file.size(), 16 + 24);
  EXPECT_EQ(base::as_text(base::ByteView(file).first(8)), "IGGYIDX\x01");
  // 80 bytes of our own, then messages of 100: the third is the first behind byte 256.
  EXPECT_EQ(base::load<std::uint64_t>(&file[16]), 2);
  EXPECT_EQ(base::load<std::uint64_t>(&file[24]), 280);
  EXPECT_EQ(base::load<std::uint64_t>(&file[32]), 1020);
  EXPECT_EQ(base::load<std::uint64_t>(&file[40]), 5);
  EXPECT_EQ(base::load<std::uint64_t>(&file[48]), 580);
  expect_all_found();
}

TEST_P(IndexFile, is_made_anew_if_it_is_missing) {
  const auto count = entries_count();
  ASSERT_TRUE(shard_.run(disk_.unlink(path)));
  expect_all_found();
  EXPECT_GE(entries_count(), count);
}

TEST_P(IndexFile, is_completed_if_it_is_cut) {
  const auto whole = disk_.contents(path);
  for (std::size_t size = 0; size < whole.size(); size += 5) {
    auto file = whole;
    file.resize(size);
    disk_.set_contents(path, file);
    ASSERT_TRUE(open());
    EXPECT_EQ(poll({.from = From::offset, .value = 57, .count = 1}).at(0).offset, 57);
    EXPECT_EQ(poll({.from = From::offset, .value = 8, .count = 1}).at(0).offset, 8);
    log_.reset();
  }
}

TEST_P(IndexFile, is_not_believed_wherever_a_byte_is_wrong) {
  const auto whole = disk_.contents(path);
  for (std::size_t position = 0; position < whole.size(); ++position) {
    for (const auto bits : {std::byte{0x01}, std::byte{0x08}}) {
      SCOPED_TRACE(position);
      auto file = whole;
      file[position] ^= bits;
      disk_.set_contents(path, file);
      ASSERT_TRUE(open());
      for (const std::uint64_t i : {0, 2, 3, 5, 6, 7, 30, 59}) {
        EXPECT_EQ(poll({.from = From::offset, .value = i, .count = 1}).at(0).offset, i);
        EXPECT_EQ(poll({.from = From::timestamp, .value = 991 + 10 * i, .count = 1}).at(0).offset,
                  i);
      }
      log_.reset();
    }
  }
}

TEST_P(IndexFile, is_not_believed_if_it_is_of_another_segment) {
  auto file = disk_.contents(path);
  base::store(&file[8], std::uint64_t{1});
  disk_.set_contents(path, file);
  expect_all_found();
}

TEST_P(IndexFile, is_written_again_after_it_was_wrong) {
  auto file = disk_.contents(path);
  const auto right = file;
  base::store(&file[24], std::uint64_t{380});  // the second message instead of the third
  disk_.set_contents(path, file);
  ASSERT_TRUE(open());
  EXPECT_EQ(poll({.from = From::offset, .value = 3, .count = 1}).at(0).offset, 3);
  ASSERT_TRUE(append({"more"}));  // so that there is something to keep
  ASSERT_TRUE(shard_.run(log_->close()));

  const auto again = disk_.contents(path);
  ASSERT_GE(again.size(), right.size());
  EXPECT_TRUE(std::equal(right.begin(), right.end(), again.begin()));
}

TEST_P(IndexFile, is_not_needed_on_the_disk) {
  disk_.fail_always(DiskCall::open, Error::io_error, ".index");
  expect_all_found();
}

INSTANTIATE_TEST_SUITE_P(of_one_segment, IndexFile, ::testing::Values(1 << 20));
INSTANTIATE_TEST_SUITE_P(of_several_segments, IndexFile, ::testing::Values(1500));

TEST(SegmentMemory, is_bounded) {
  LogBench bench;
  bench.settings_.segment_size = {2000};
  bench.settings_.index_interval = {64};
  bench.settings_.index_memory = {4000};
  ASSERT_TRUE(bench.open());
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(bench.append({std::string(100, 'x')}));
  for (std::uint64_t i = 0; i < 200; i += 7) {
    EXPECT_EQ(bench.poll({.from = From::offset, .value = i, .count = 1}).at(0).offset, i);
  }

  EXPECT_LE(bench.store_->indexes().size_bytes(), 4000);
}

}  // namespace
}  // namespace iggy::log
