// Tests of the catalogue as bytes.
#include "broker/snapshot.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "broker/changes.hpp"
#include "broker/test_support.hpp"

namespace iggy::broker {
namespace {

using test::name;

Catalogue applied(const std::vector<Change>& changes) {
  Catalogue catalogue;
  for (const auto& change : changes) {
    const auto index = catalogue.journal_index + 1;
    catalogue = *apply(catalogue, change, {.index = index, .time = Timestamp{100 * index}});
  }
  return catalogue;
}

Catalogue example() {
  Permissions permissions;
  permissions.streams[StreamId{1}].topics[TopicId{2}].send_messages = true;
  const TopicSettings settings{.message_expiry = Duration::max(), .replication_factor = 4};
  return applied({
      UserCreated{UserId{0}, Incarnation{1}, name("iggy"), "hash", UserStatus::active, {}},
      UserCreated{UserId{1}, Incarnation{2}, name("other"), "h2", UserStatus::inactive,
                  permissions},
      UserCreated{UserId{2}, Incarnation{3}, name("third"), "h3", UserStatus::active, {}},
      StreamCreated{StreamId{0}, Incarnation{4}, name("a")},
      StreamCreated{StreamId{5}, Incarnation{5}, name("b")},
      TopicCreated{StreamId{5}, TopicId{0}, Incarnation{6}, name("t"), settings, 3},
      TopicCreated{StreamId{5}, TopicId{1}, Incarnation{10}, name("u"), {}, 1},
      PartitionWritten{StreamId{5}, TopicId{0}, PartitionId{1}},
      TopicDeleted{StreamId{5}, TopicId{1}},
  });
}

TEST(Snapshot, brings_everything_back) {
  const auto before = example();

  const auto after = decode_snapshot(encode_snapshot(before));

  ASSERT_TRUE(after);
  EXPECT_EQ(after->journal_index, 9);
  EXPECT_EQ(after->next_incarnation, Incarnation{12});
  EXPECT_EQ(after->topics_count, 1);
  EXPECT_EQ(after->partitions_count, 3);
  EXPECT_EQ(after->dropped_partitions, before.dropped_partitions);
  EXPECT_EQ(*after->find_user_by_name("other"), *before.find_user_by_name("other"));
  EXPECT_EQ(*after->find_user(UserId{0}), *before.find_user(UserId{0}));
  EXPECT_EQ(after->find_user(UserId{2})->permissions, std::nullopt);
  EXPECT_EQ(after->find_stream(StreamId{0})->created_at, Timestamp{400});
  const auto* stream = after->find_stream(Identifier("b"));
  ASSERT_TRUE(stream);
  EXPECT_EQ(stream->partitions_count, 3);
  EXPECT_EQ(*stream->find_topic(Identifier("t")),
            *before.find_stream(StreamId{5})->find_topic(TopicId{0}));
  EXPECT_TRUE(stream->find_topic(TopicId{0})->find_partition(PartitionId{1})->written);
}

TEST(Snapshot, of_an_empty_catalogue_is_one_too) {
  const auto after = decode_snapshot(encode_snapshot(Catalogue{}));

  ASSERT_TRUE(after);
  EXPECT_TRUE(after->streams.empty());
  EXPECT_EQ(after->next_incarnation, Incarnation{1});
}

TEST(Snapshot, is_refused_when_it_is_cut_or_longer) {
  auto bytes = encode_snapshot(example());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(decode_snapshot(base::ByteView(bytes).first(size)).error(),
              Error::state_file_corrupted);
  }
  bytes.push_back(std::byte{0});
  EXPECT_EQ(decode_snapshot(bytes).error(), Error::state_file_corrupted);
}

TEST(Snapshot, of_a_newer_server_is_refused_as_such) {
  auto bytes = encode_snapshot(example());
  bytes[0] = std::byte{2};

  EXPECT_EQ(decode_snapshot(bytes).error(), Error::unsupported_format);
}

// The checksum of the file stands in front of this; what passes it must still be taken or refused
// without harm.
TEST(Snapshot, survives_every_changed_byte) {
  const auto good = encode_snapshot(example());
  std::size_t refused = 0;
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const unsigned flip : {0x01U, 0x80U, 0xffU}) {
      auto bytes = good;
      bytes[i] ^= std::byte(flip);
      const auto catalogue = decode_snapshot(bytes);
      refused += catalogue ? 0 : 1;
      if (catalogue) {
        EXPECT_EQ(encode_snapshot(*catalogue).size(), bytes.size());
      }
    }
  }
  EXPECT_GT(refused, good.size());
}

}  // namespace
}  // namespace iggy::broker
