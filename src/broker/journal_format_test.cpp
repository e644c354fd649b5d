// Tests of the journal's bytes: what is cut off as torn, and what is refused as damaged.
#include "broker/journal_format.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "base/hash.hpp"
#include "broker/test_support.hpp"

namespace iggy::broker {
namespace {

using test::hex;

/// A record whose body is `size` bytes.
JournalRecord record(std::uint64_t index, std::size_t size) {
  return {.meta = {.index = index, .epoch = 1, .time = Timestamp{10 * index}, .user = UserId{7}},
          .change = {.type = 3, .version = 1, .body = base::Bytes(size, std::byte(index))}};
}

/// A journal file, written group by group.
class File {
 public:
  void add(const std::vector<JournalRecord>& group) {
    base::Bytes written;
    const auto placed = encode_group(written, last_, group);
    last_ = placed.back().link;
    group_starts.push_back(bytes.size());
    bytes.insert(bytes.end(), written.begin(), written.end());
  }

  base::Bytes bytes = encode_journal_header({});
  std::vector<std::size_t> group_starts;

 private:
  JournalLink last_;
};

File example() {
  File file;
  file.add({record(1, 4)});
  file.add({record(2, 0), record(3, 13), record(4, 700)});
  file.add({record(5, 8), record(6, 9)});
  return file;
}

std::vector<std::uint64_t> indexes(const JournalScan& scan) {
  std::vector<std::uint64_t> result;
  for (const auto& placed : scan.records) result.push_back(placed.record.meta.index);
  return result;
}

TEST(JournalFormat, has_the_documented_bytes) {
  File file;
  file.add({{.meta = {.index = 1, .epoch = 2, .time = Timestamp{3}, .user = UserId{4}},
             .change = {.type = 5, .version = 6, .body = hex("aabbcc")}}});

  const auto header = base::ByteView(file.bytes).first(40);
  EXPECT_EQ(base::Bytes(header.begin(), header.begin() + 32),
            hex("494747594a524e4c 01000000 00000000 0000000000000000 0000000000000000"));
  EXPECT_EQ(base::load<std::uint64_t>(header.data() + 32), base::hash64(header.first(32)));
  const auto bytes = base::ByteView(file.bytes).subspan(40);
  EXPECT_EQ(base::load<std::uint64_t>(bytes.data()), base::hash64(bytes.subspan(8)));
  EXPECT_EQ(base::Bytes(bytes.begin() + 8, bytes.end()),
            hex("0000000000000000 03000000 0500 0600 0100000000000000 0200000000000000"
                "0300000000000000 04000000 00000000 aabbcc 0000000000"));
}

TEST(JournalFormat, gives_every_record_back) {
  const auto file = example();

  const auto scan = scan_journal(file.bytes);

  ASSERT_TRUE(scan);
  EXPECT_EQ(indexes(*scan), (std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(scan->end, file.bytes.size());
  EXPECT_FALSE(scan->is_torn);
  const auto& third = scan->records[2].record;
  EXPECT_EQ(third.meta, record(3, 13).meta);
  EXPECT_EQ(third.change.body, record(3, 13).change.body);
  EXPECT_EQ(third.change.type, 3);
}

TEST(JournalFormat, takes_zeros_at_the_end_for_space_that_was_never_written) {
  auto file = example();
  const auto end = file.bytes.size();
  file.bytes.resize(end + 5'000);

  const auto scan = scan_journal(file.bytes);

  ASSERT_TRUE(scan);
  EXPECT_EQ(scan->end, end);
  EXPECT_FALSE(scan->is_torn);
}

TEST(JournalFormat, cuts_a_last_record_that_ends_at_any_byte) {
  const auto file = example();
  const auto start = scan_journal(file.bytes)->records[4].end;  // of record 6
  for (auto size = start; size < file.bytes.size(); ++size) {
    const auto scan = scan_journal(base::ByteView(file.bytes).first(size));
    ASSERT_TRUE(scan) << size;
    EXPECT_EQ(indexes(*scan), (std::vector<std::uint64_t>{1, 2, 3, 4, 5}));
    EXPECT_EQ(scan->end, start);
    EXPECT_EQ(scan->is_torn, size > start);
  }
}

// A loss of power may leave any sectors of the last group.
TEST(JournalFormat, cuts_the_last_group_at_its_first_hole) {
  const auto file = example();
  const auto group = file.group_starts[2];
  auto first_lost = file.bytes;
  std::fill_n(first_lost.begin() + static_cast<std::ptrdiff_t>(group), 16, std::byte{0});

  const auto scan = scan_journal(first_lost);

  ASSERT_TRUE(scan);
  EXPECT_EQ(indexes(*scan), (std::vector<std::uint64_t>{1, 2, 3, 4}));
  EXPECT_EQ(scan->end, group);
  EXPECT_TRUE(scan->is_torn);
}

TEST(JournalFormat, refuses_every_changed_byte_before_the_last_group) {
  const auto file = example();
  for (std::size_t i = 0; i < file.group_starts[2]; ++i) {
    auto bytes = file.bytes;
    bytes[i] ^= std::byte{0x10};
    const auto scan = scan_journal(bytes);
    ASSERT_FALSE(scan) << i;
    if (i >= journal_header_size) {
      EXPECT_EQ(scan.error().error, Error::invalid_state_entry_checksum);
      EXPECT_LE(scan.error().position, i);
      EXPECT_GE(scan.error().position + 56 + 704, i);
    }
  }
}

TEST(JournalFormat, cuts_at_every_changed_byte_of_the_last_group) {
  const auto file = example();
  for (auto i = file.group_starts[2]; i < file.bytes.size(); ++i) {
    auto bytes = file.bytes;
    bytes[i] ^= std::byte{0x10};
    const auto scan = scan_journal(bytes);
    ASSERT_TRUE(scan) << i;
    EXPECT_TRUE(scan->is_torn);
    EXPECT_LE(scan->end, i);
    EXPECT_GE(scan->end, file.group_starts[2]);
  }
}

TEST(JournalFormat, refuses_a_record_that_does_not_follow) {
  auto file = example();
  base::Bytes foreign;
  encode_group(foreign, {6, 12345}, std::vector{record(7, 3)});  // chained to another record 6
  file.bytes.insert(file.bytes.end(), foreign.begin(), foreign.end());

  const auto scan = scan_journal(file.bytes);

  ASSERT_FALSE(scan);
  EXPECT_EQ(scan.error().error, Error::state_file_corrupted);
}

TEST(JournalFormat, refuses_a_file_with_a_record_missing_in_the_middle) {
  auto file = example();
  const auto scan = *scan_journal(file.bytes);
  file.bytes.erase(file.bytes.begin() + static_cast<std::ptrdiff_t>(scan.records[0].end),
                   file.bytes.begin() + static_cast<std::ptrdiff_t>(scan.records[1].end));

  EXPECT_EQ(scan_journal(file.bytes).error().error, Error::state_file_corrupted);
}

TEST(JournalFormat, refuses_a_newer_version_as_such) {
  auto journal = encode_journal_header({});
  journal[8] = std::byte{2};
  auto snapshot = encode_snapshot_file(1, hex("00"));
  snapshot[8] = std::byte{2};

  EXPECT_EQ(scan_journal(journal).error().error, Error::unsupported_format);
  EXPECT_EQ(decode_snapshot_file(snapshot).error().error, Error::unsupported_format);
}

TEST(JournalFormat, refuses_a_file_that_is_no_journal) {
  EXPECT_EQ(scan_journal({}).error().error, Error::state_file_corrupted);
  EXPECT_EQ(scan_journal(base::Bytes(4'096)).error().error, Error::state_file_corrupted);
  EXPECT_EQ(scan_journal(encode_snapshot_file(1, {})).error().error, Error::state_file_corrupted);
}

TEST(SnapshotFile, comes_back_whole_or_is_refused) {
  const auto good = encode_snapshot_file(17, hex("0102030405"));

  const auto read = decode_snapshot_file(good);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->index, 17);
  EXPECT_EQ(read->body, hex("0102030405"));
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto bytes = good;
    bytes[i] ^= std::byte{0x04};
    EXPECT_FALSE(decode_snapshot_file(bytes)) << i;
    EXPECT_FALSE(decode_snapshot_file(base::ByteView(good).first(i))) << i;
  }
}

}  // namespace
}  // namespace iggy::broker
