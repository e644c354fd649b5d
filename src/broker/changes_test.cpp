// Tests of changes as bytes, and of changes that do not fit, as a damaged journal may hold them.
#include "broker/changes.hpp"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "broker/test_support.hpp"

namespace iggy::broker {
namespace {

using test::hex;
using test::name;

Permissions some_permissions() {
  Permissions permissions;
  permissions.global.poll_messages = true;
  permissions.streams[StreamId{1}].topics[TopicId{2}].send_messages = true;
  return permissions;
}

const TopicSettings settings{.compression_algorithm = wire::CompressionAlgorithm::gzip,
                             .message_expiry = Duration{7},
                             .max_topic_size = ByteSize{9},
                             .replication_factor = 2};

std::vector<Change> one_of_each() {
  return {
      StreamCreated{StreamId{1}, Incarnation{2}, name("s")},
      StreamUpdated{StreamId{1}, name("r")},
      StreamDeleted{StreamId{1}},
      StreamPurged{StreamId{1}, Incarnation{5}},
      TopicCreated{StreamId{1}, TopicId{2}, Incarnation{3}, name("t"), settings, 4},
      TopicUpdated{StreamId{1}, TopicId{2}, name("u"), settings},
      TopicDeleted{StreamId{1}, TopicId{2}},
      TopicPurged{StreamId{1}, TopicId{2}, Incarnation{9}},
      PartitionsCreated{StreamId{1}, TopicId{2}, 3, Incarnation{9}},
      PartitionsDeleted{StreamId{1}, TopicId{2}, 3},
      PartitionWritten{StreamId{1}, TopicId{2}, PartitionId{3}},
      DroppedPartitionsRemoved{{Incarnation{1}, Incarnation{4}}},
      IncarnationsSkipped{Incarnation{77}},
      UserCreated{UserId{1}, Incarnation{2}, name("user"), "hash", UserStatus::inactive,
                  some_permissions()},
      UserPasswordChanged{UserId{1}, "hash"},
  };
}

TEST(Change, comes_back_from_its_bytes) {
  for (const auto& change : one_of_each()) {
    const auto encoded = encode(change);
    EXPECT_EQ(decode_change(encoded.type, encoded.version, encoded.body), change) << encoded.type;
  }
}

TEST(Change, keeps_its_type_number_for_ever) {
  std::vector<std::uint16_t> types;
  for (const auto& change : one_of_each()) types.push_back(encode(change).type);

  EXPECT_EQ(types, (std::vector<std::uint16_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}));
  EXPECT_EQ(types.size(), std::variant_size_v<Change>);
}

TEST(Change, has_the_documented_bytes) {
  EXPECT_EQ(encode(StreamCreated{StreamId{1}, Incarnation{2}, name("s")}).body,
            hex("01000000 0200000000000000 01 73"));
  EXPECT_EQ(
      encode(TopicCreated{StreamId{1}, TopicId{2}, Incarnation{3}, name("t"), settings, 4}).body,
      hex("01000000 02000000 0300000000000000 01 74"
          "02 0700000000000000 0900000000000000 02 04000000"));
  EXPECT_EQ(
      encode(UserCreated{UserId{1}, Incarnation{2}, name("usr"), "h", UserStatus::active, {}}).body,
      hex("01000000 0200000000000000 03 757372 01000000 68 01"));
}

TEST(Change, is_refused_when_bytes_are_missing_or_left_over) {
  for (const auto& change : one_of_each()) {
    const auto encoded = encode(change);
    // A list that goes to the end, and permissions that may be missing, have shorter forms.
    const std::set<std::uint16_t> open_ended{DroppedPartitionsRemoved::type, UserCreated::type};
    if (open_ended.contains(encoded.type)) continue;
    for (std::size_t size = 0; size < encoded.body.size(); ++size) {
      EXPECT_EQ(
          decode_change(encoded.type, encoded.version, base::ByteView(encoded.body).first(size)),
          fail(Error::state_file_corrupted));
    }
    auto longer = encoded.body;
    longer.push_back(std::byte{0});
    EXPECT_EQ(decode_change(encoded.type, encoded.version, longer),
              fail(Error::state_file_corrupted));
  }
}

TEST(Change, of_a_newer_server_is_told_apart_from_damage) {
  EXPECT_EQ(decode_change(16, 1, {}), fail(Error::unsupported_format));
  EXPECT_EQ(decode_change(0, 1, {}), fail(Error::unsupported_format));
  EXPECT_EQ(decode_change(StreamDeleted::type, 2, hex("01000000")),
            fail(Error::unsupported_format));
  EXPECT_EQ(decode_change(StreamDeleted::type, 0, hex("01000000")),
            fail(Error::state_file_corrupted));
}

TEST(Change, that_frees_space_is_known) {
  EXPECT_TRUE(frees_space(StreamDeleted{}));
  EXPECT_TRUE(frees_space(TopicPurged{}));
  EXPECT_TRUE(frees_space(DroppedPartitionsRemoved{}));
  EXPECT_FALSE(frees_space(StreamCreated{}));
  EXPECT_FALSE(frees_space(PartitionWritten{}));
}

/// Stream 1 (incarnation 1) with topic 2 (incarnation 2) of partitions 3 and 4; user 0.
Catalogue example() {
  Catalogue catalogue;
  const std::vector<Change> changes{
      StreamCreated{StreamId{1}, Incarnation{1}, name("s")},
      TopicCreated{StreamId{1}, TopicId{2}, Incarnation{2}, name("t"), settings, 2},
      StreamCreated{StreamId{2}, Incarnation{5}, name("other")},
      TopicCreated{StreamId{1}, TopicId{3}, Incarnation{6}, name("other"), settings, 0},
      UserCreated{UserId{0}, Incarnation{7}, name("iggy"), "h", UserStatus::active, {}},
  };
  for (const auto& change : changes) {
    catalogue = *apply(catalogue, change, {.index = catalogue.journal_index + 1});
  }
  return catalogue;
}

TEST(Apply, wants_indexes_that_follow_each_other) {
  const auto catalogue = example();
  const StreamDeleted change{StreamId{1}};

  EXPECT_FALSE(apply(catalogue, change, {.index = 5}));
  EXPECT_FALSE(apply(catalogue, change, {.index = 7}));
  ASSERT_TRUE(apply(catalogue, change, {.index = 6}));
  EXPECT_EQ(apply(catalogue, change, {.index = 6})->journal_index, 6);
}

TEST(Apply, refuses_what_does_not_fit) {
  const auto catalogue = example();
  const Incarnation fresh{8};
  const Incarnation last{~std::uint64_t{0}};
  auto bad_settings = settings;
  bad_settings.compression_algorithm = wire::CompressionAlgorithm{9};
  const std::vector<Change> misfits{
      StreamCreated{StreamId{1}, fresh, name("new")},           // its id is taken
      StreamCreated{StreamId{3}, fresh, name("s")},             // its name is taken
      StreamCreated{StreamId{3}, Incarnation{7}, name("new")},  // its incarnation was used
      StreamCreated{StreamId{3}, fresh, {}},                    // it has no name
      StreamCreated{StreamId{3}, last, name("new")},            // no incarnation would be left
      StreamUpdated{StreamId{9}, name("new")},
      StreamUpdated{StreamId{1}, name("other")},
      StreamDeleted{StreamId{9}},
      StreamPurged{StreamId{9}, fresh},
      StreamPurged{StreamId{1}, Incarnation{7}},
      StreamPurged{StreamId{1}, last},
      TopicCreated{StreamId{9}, TopicId{9}, fresh, name("new"), settings, 1},
      TopicCreated{StreamId{1}, TopicId{2}, fresh, name("new"), settings, 1},
      TopicCreated{StreamId{1}, TopicId{9}, fresh, name("t"), settings, 1},
      TopicCreated{StreamId{1}, TopicId{9}, fresh, name("new"), settings, 1001},
      TopicCreated{StreamId{1}, TopicId{9}, fresh, name("new"), bad_settings, 1},
      TopicCreated{StreamId{1}, TopicId{9}, Incarnation{7}, name("new"), settings, 1},
      TopicCreated{StreamId{1}, TopicId{9}, last, name("new"), settings, 1},
      TopicUpdated{StreamId{1}, TopicId{9}, name("new"), settings},
      TopicUpdated{StreamId{1}, TopicId{2}, name("other"), settings},
      TopicUpdated{StreamId{1}, TopicId{2}, name("t"), bad_settings},
      TopicDeleted{StreamId{1}, TopicId{9}},
      TopicPurged{StreamId{2}, TopicId{2}, fresh},
      TopicPurged{StreamId{1}, TopicId{2}, last},
      PartitionsCreated{StreamId{1}, TopicId{9}, 1, fresh},
      PartitionsCreated{StreamId{1}, TopicId{2}, 4'000'000'000, fresh},
      PartitionsCreated{StreamId{1}, TopicId{2}, 2, last},
      PartitionsDeleted{StreamId{1}, TopicId{2}, 3},
      PartitionWritten{StreamId{1}, TopicId{2}, PartitionId{2}},
      PartitionWritten{StreamId{1}, TopicId{9}, PartitionId{0}},
      IncarnationsSkipped{Incarnation{7}},
      UserCreated{UserId{0}, fresh, name("new"), "h", UserStatus::active, {}},
      UserCreated{UserId{1}, fresh, name("iggy"), "h", UserStatus::active, {}},
      UserCreated{UserId{1}, fresh, name("no"), "h", UserStatus::active, {}},
      UserCreated{nobody, fresh, name("new"), "h", UserStatus::active, {}},
      UserPasswordChanged{UserId{9}, "h"},
  };

  for (std::size_t i = 0; i < misfits.size(); ++i) {
    const auto applied = apply(catalogue, misfits[i], {.index = 6});
    ASSERT_FALSE(applied) << i;
    EXPECT_EQ(applied.error(), Error::state_file_corrupted) << i;
  }
}

}  // namespace
}  // namespace iggy::broker
