// Tests of the catalogue: what edits decide, and what their changes do.
#include "broker/catalogue.hpp"

#include <gtest/gtest.h>

#include <utility>

#include "broker/changes.hpp"
#include "broker/edits.hpp"
#include "broker/test_support.hpp"

namespace iggy::broker {
namespace {

using test::name;

/// A catalogue that edits are applied to at once, without a journal.
class Catalogues {
 public:
  template <class Edit>
  Result<typename Edit::Outcome> edit(const Edit& edit) {
    const auto change = edit.change(*now);
    if (!change) return fail(change);
    const ChangeMeta meta{.index = now->journal_index + 1, .time = time, .user = root_user_id};
    const auto after = apply(*now, *change, meta);
    if (!after) return fail(after);
    const Committed committed{now, std::make_shared<const Catalogue>(*after), *change, meta};
    now = committed.after;
    return Edit::outcome(committed);
  }

  StreamPtr stream(const char* stream_name) { return *edit(AddStream{name(stream_name)}); }
  TopicPtr topic(const StreamPtr& stream, const char* topic_name, std::uint32_t partitions = 0) {
    return *edit(AddTopic{
        .stream = key_of(*stream), .name = name(topic_name), .partitions_count = partitions});
  }

  CataloguePtr now = std::make_shared<const Catalogue>();
  Timestamp time{1'000};
};

TEST(Stream, is_created_with_the_lowest_free_id) {
  Catalogues all;
  const auto a = all.stream("a");
  const auto b = all.stream("b");
  all.stream("c");
  ASSERT_TRUE(all.edit(RemoveStream{key_of(*a)}));
  ASSERT_TRUE(all.edit(RemoveStream{key_of(*b)}));

  EXPECT_EQ(all.stream("d")->id, StreamId{0});
  EXPECT_EQ(all.stream("e")->id, StreamId{1});
  EXPECT_EQ(all.stream("f")->id, StreamId{3});
}

TEST(Stream, never_gets_an_incarnation_twice) {
  Catalogues all;
  const auto before = all.stream("a");
  ASSERT_TRUE(all.edit(RemoveStream{key_of(*before)}));

  const auto after = all.stream("a");

  EXPECT_EQ(after->id, before->id);
  EXPECT_GT(after->incarnation, before->incarnation);
}

TEST(Stream, is_found_by_number_and_by_name) {
  Catalogues all;
  all.time = Timestamp{77};
  all.stream("a");
  all.stream("0");

  EXPECT_EQ(all.now->find_stream(Identifier(0))->name, name("a"));
  EXPECT_EQ(all.now->find_stream(Identifier("0"))->id, StreamId{1});
  EXPECT_EQ(all.now->find_stream(StreamId{1})->created_at, Timestamp{77});
  EXPECT_EQ(all.now->find_stream(Identifier(2)), nullptr);
  EXPECT_EQ(all.now->find_stream(Identifier("A")), nullptr);
}

TEST(Stream, can_be_renamed_to_a_free_name_or_its_own) {
  Catalogues all;
  const auto a = all.stream("a");
  all.stream("b");

  EXPECT_EQ(all.edit(RenameStream{key_of(*a), name("b")}), fail(Error::stream_name_already_exists));
  EXPECT_TRUE(all.edit(RenameStream{key_of(*a), name("a")}));
  ASSERT_TRUE(all.edit(RenameStream{key_of(*a), name("c")}));

  EXPECT_EQ(all.now->find_stream(Identifier("a")), nullptr);
  EXPECT_EQ(all.now->find_stream(Identifier("c"))->id, a->id);
  EXPECT_TRUE(all.edit(AddStream{name("a")}));
}

TEST(Stream, is_refused_with_a_name_that_is_taken) {
  Catalogues all;
  all.stream("a");

  EXPECT_EQ(all.edit(AddStream{name("a")}), fail(Error::stream_name_already_exists));
  EXPECT_EQ(all.now->streams.size(), 1);
}

TEST(Stream, is_not_mistaken_for_its_successor_with_the_same_id) {
  Catalogues all;
  const auto old = all.stream("a");
  ASSERT_TRUE(all.edit(RemoveStream{key_of(*old)}));
  all.stream("a");

  EXPECT_EQ(all.edit(RemoveStream{key_of(*old)}), fail(Error::stream_id_not_found));
  EXPECT_EQ(all.edit(AddTopic{.stream = key_of(*old), .name = name("t")}),
            fail(Error::stream_id_not_found));
}

TEST(Stream, takes_its_topics_and_partitions_along_when_it_is_removed) {
  Catalogues all;
  const auto a = all.stream("a");
  const auto topic = all.topic(a, "t", 3);
  const auto b = all.stream("b");
  all.topic(b, "t", 2);

  const auto removed = all.edit(RemoveStream{key_of(*a)});

  ASSERT_TRUE(removed);
  EXPECT_EQ((*removed)->topics.size(), 1);
  EXPECT_EQ(all.now->topics_count, 1);
  EXPECT_EQ(all.now->partitions_count, 2);
  EXPECT_EQ(all.now->dropped_partitions.size(), 3);
  for (const auto& [id, partition] : topic->partitions) {
    EXPECT_TRUE(all.now->dropped_partitions.contains(partition.incarnation));
  }
}

TEST(Topic, is_created_with_partitions_of_ever_new_incarnations) {
  Catalogues all;
  const auto stream = all.stream("s");
  all.time = Timestamp{5'000};

  const auto topic = all.topic(stream, "t", 3);

  EXPECT_EQ(topic->id, TopicId{0});
  EXPECT_EQ(topic->created_at, Timestamp{5'000});
  EXPECT_EQ(topic->partitions_count(), 3);
  EXPECT_EQ(topic->find_partition(PartitionId{3}), nullptr);
  EXPECT_GT(topic->incarnation, stream->incarnation);
  EXPECT_GT(topic->find_partition(PartitionId{0})->incarnation, topic->incarnation);
  EXPECT_GT(topic->find_partition(PartitionId{1})->incarnation,
            topic->find_partition(PartitionId{0})->incarnation);
  EXPECT_GT(all.topic(stream, "u", 1)->incarnation,
            topic->find_partition(PartitionId{2})->incarnation);
  EXPECT_EQ(all.now->find_stream(stream->id)->partitions_count, 4);
}

TEST(Topic, has_ids_and_names_of_its_stream_alone) {
  Catalogues all;
  const auto a = all.stream("a");
  const auto b = all.stream("b");
  const auto first = all.topic(a, "t");
  all.topic(a, "u");

  EXPECT_EQ(all.topic(b, "t")->id, TopicId{0});
  EXPECT_EQ(all.edit(AddTopic{.stream = key_of(*a), .name = name("t")}),
            fail(Error::topic_name_already_exists));
  ASSERT_TRUE(all.edit(RemoveTopic{key_of(*a, *first)}));
  EXPECT_EQ(all.topic(a, "v")->id, TopicId{0});
}

TEST(Topic, has_at_most_1000_partitions_at_first) {
  Catalogues all;
  const auto stream = all.stream("s");

  EXPECT_EQ(
      all.edit(AddTopic{.stream = key_of(*stream), .name = name("t"), .partitions_count = 1001}),
      fail(Error::too_many_partitions));
  EXPECT_EQ(all.topic(stream, "t", 1000)->partitions_count(), 1000);
}

TEST(Topic, keeps_its_settings_as_they_are_given) {
  Catalogues all;
  const auto stream = all.stream("s");
  const auto topic = all.topic(stream, "t", 1);
  const TopicSettings settings{.compression_algorithm = wire::CompressionAlgorithm::gzip,
                               .message_expiry = Duration{0},
                               .max_topic_size = ByteSize{1},
                               .replication_factor = 3};

  const auto changed = all.edit(ChangeTopic{key_of(*stream, *topic), name("u"), settings});

  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->before->name, name("t"));
  EXPECT_EQ(changed->after->settings, settings);
  const auto* now = all.now->find_stream(stream->id);
  EXPECT_EQ(now->find_topic(Identifier("u"))->settings, settings);
  EXPECT_EQ(now->find_topic(Identifier("t")), nullptr);
  EXPECT_EQ(now->partitions_count, 1);
}

TEST(Topic, is_renamed_to_a_free_name_only) {
  Catalogues all;
  const auto stream = all.stream("s");
  const auto topic = all.topic(stream, "t");
  all.topic(stream, "u");

  EXPECT_EQ(all.edit(ChangeTopic{key_of(*stream, *topic), name("u"), {}}),
            fail(Error::topic_name_already_exists));
  EXPECT_TRUE(all.edit(ChangeTopic{key_of(*stream, *topic), name("t"), {}}));
}

TEST(Topic, that_is_gone_can_not_be_changed) {
  Catalogues all;
  const auto stream = all.stream("s");
  const auto topic = all.topic(stream, "t", 2);
  const auto key = key_of(*stream, *topic);
  ASSERT_TRUE(all.edit(RemoveTopic{key}));
  all.topic(stream, "t", 2);

  EXPECT_EQ(all.edit(RemoveTopic{key}), fail(Error::topic_id_not_found));
  EXPECT_FALSE(all.edit(ChangeTopic{key, name("x"), {}}));
  EXPECT_FALSE(all.edit(RenewTopicPartitions{key}));
  EXPECT_FALSE(all.edit(AddPartitions{key, 1}));
  EXPECT_FALSE(all.edit(RemovePartitions{key, 1}));
  EXPECT_EQ(all.edit(MarkPartitionWritten{key, PartitionId{0},
                                          topic->find_partition(PartitionId{0})->incarnation}),
            fail(Error::topic_id_not_found));
}

TEST(Partitions, are_added_and_removed_at_the_high_end) {
  Catalogues all;
  const auto stream = all.stream("s");
  const auto topic = all.topic(stream, "t", 2);
  const auto key = key_of(*stream, *topic);

  const auto more = all.edit(AddPartitions{key, 2});
  const auto fewer = all.edit(RemovePartitions{key, 3});

  ASSERT_TRUE(more && fewer);
  EXPECT_EQ(more->after->partitions_count(), 4);
  EXPECT_EQ(fewer->after->partitions_count(), 1);
  EXPECT_EQ(*fewer->after->find_partition(PartitionId{0}), *topic->find_partition(PartitionId{0}));
  EXPECT_EQ(all.now->dropped_partitions.size(), 3);
  EXPECT_EQ(all.now->partitions_count, 1);
}

TEST(Partitions, are_refused_in_counts_that_make_no_sense) {
  Catalogues all;
  const auto stream = all.stream("s");
  const auto key = key_of(*stream, *all.topic(stream, "t", 2));

  EXPECT_EQ(all.edit(AddPartitions{key, 0}).error(), Error::too_many_partitions);
  EXPECT_EQ(all.edit(AddPartitions{key, 1001}).error(), Error::too_many_partitions);
  EXPECT_EQ(all.edit(RemovePartitions{key, 0}).error(), Error::too_many_partitions);
  EXPECT_EQ(all.edit(RemovePartitions{key, 3}).error(), Error::invalid_partitions_count);
  EXPECT_TRUE(all.edit(RemovePartitions{key, 2}));
}

TEST(Partitions, get_new_incarnations_and_are_empty_after_a_purge) {
  Catalogues all;
  const auto stream = all.stream("s");
  const auto topic = all.topic(stream, "t", 2);
  const auto old = topic->find_partition(PartitionId{0})->incarnation;
  ASSERT_TRUE(all.edit(MarkPartitionWritten{key_of(*stream, *topic), PartitionId{0}, old}));

  const auto purged = all.edit(RenewTopicPartitions{key_of(*stream, *topic)});

  ASSERT_TRUE(purged);
  EXPECT_TRUE(purged->before->find_partition(PartitionId{0})->written);
  EXPECT_FALSE(purged->after->find_partition(PartitionId{0})->written);
  EXPECT_GT(purged->after->find_partition(PartitionId{0})->incarnation,
            topic->find_partition(PartitionId{1})->incarnation);
  EXPECT_NE(purged->after->find_partition(PartitionId{0})->incarnation,
            purged->after->find_partition(PartitionId{1})->incarnation);
  EXPECT_EQ(purged->after->incarnation, topic->incarnation);
  EXPECT_TRUE(all.now->dropped_partitions.contains(old));
  EXPECT_EQ(all.edit(MarkPartitionWritten{key_of(*stream, *topic), PartitionId{0}, old}),
            fail(Error::incarnation_gone));
}

TEST(Partitions, of_all_topics_are_renewed_when_the_stream_is_purged) {
  Catalogues all;
  const auto stream = all.stream("s");
  all.topic(stream, "t", 2);
  all.topic(stream, "none", 0);
  all.topic(stream, "u", 1);
  const auto next = number(all.now->next_incarnation);

  const auto purged = all.edit(RenewStreamPartitions{key_of(*stream)});

  ASSERT_TRUE(purged);
  const auto incarnation = [&purged](std::uint32_t topic, std::uint32_t partition) {
    return number(purged->after->find_topic(TopicId{topic})
                      ->find_partition(PartitionId{partition})
                      ->incarnation);
  };
  EXPECT_EQ(incarnation(0, 0), next);
  EXPECT_EQ(incarnation(0, 1), next + 1);
  EXPECT_EQ(incarnation(2, 0), next + 2);
  EXPECT_EQ(number(all.now->next_incarnation), next + 3);
  EXPECT_EQ(all.now->dropped_partitions.size(), 3);
  EXPECT_EQ(all.now->partitions_count, 3);
}

TEST(Partitions, remember_that_they_were_written) {
  Catalogues all;
  const auto stream = all.stream("s");
  const auto topic = all.topic(stream, "t", 2);
  const auto key = key_of(*stream, *topic);
  const auto incarnation = topic->find_partition(PartitionId{1})->incarnation;

  ASSERT_TRUE(all.edit(MarkPartitionWritten{key, PartitionId{1}, incarnation}));
  ASSERT_TRUE(all.edit(MarkPartitionWritten{key, PartitionId{1}, incarnation}));

  const auto* now = all.now->find_stream(stream->id)->find_topic(topic->id);
  EXPECT_FALSE(now->find_partition(PartitionId{0})->written);
  EXPECT_TRUE(now->find_partition(PartitionId{1})->written);
  EXPECT_EQ(all.edit(MarkPartitionWritten{key, PartitionId{2}, incarnation}),
            fail(Error::partition_not_found));
}

TEST(Partitions, that_are_dropped_are_remembered_until_their_directories_are_gone) {
  Catalogues all;
  const auto stream = all.stream("s");
  const auto topic = all.topic(stream, "t", 2);
  ASSERT_TRUE(all.edit(RemoveTopic{key_of(*stream, *topic)}));
  const auto first = topic->find_partition(PartitionId{0})->incarnation;
  const auto second = topic->find_partition(PartitionId{1})->incarnation;

  ASSERT_TRUE(all.edit(ForgetDroppedPartitions{{first, Incarnation{999}}}));

  EXPECT_FALSE(all.now->dropped_partitions.contains(first));
  EXPECT_TRUE(all.now->dropped_partitions.contains(second));
}

TEST(Incarnations, that_the_disk_knows_are_skipped) {
  Catalogues all;
  ASSERT_TRUE(all.edit(SkipIncarnations{Incarnation{500}}));
  ASSERT_TRUE(all.edit(SkipIncarnations{Incarnation{20}}));

  EXPECT_EQ(all.stream("s")->incarnation, Incarnation{501});
}

TEST(User, that_comes_first_is_root_and_may_do_everything) {
  Catalogues all;

  const auto root = all.edit(AddUser{.name = name("iggy"), .password_hash = "h"});
  const auto other = all.edit(AddUser{.name = name("000"), .password_hash = "h"});

  ASSERT_TRUE(root && other);
  EXPECT_EQ((*root)->id, root_user_id);
  EXPECT_EQ((*root)->permissions, Permissions::all());
  EXPECT_EQ((*other)->id, UserId{1});
  EXPECT_EQ((*other)->permissions_or_null(), nullptr);
}

TEST(User, is_found_by_name_alone_at_login) {
  Catalogues all;
  ASSERT_TRUE(all.edit(AddUser{.name = name("iggy"), .password_hash = "h"}));
  ASSERT_TRUE(all.edit(AddUser{.name = name("000"), .password_hash = "h"}));

  EXPECT_EQ(all.now->find_user_by_name("000")->id, UserId{1});
  EXPECT_EQ(all.now->find_user_by_name("0"), nullptr);
  EXPECT_EQ(all.now->find_user(Identifier(0))->name, name("iggy"));
  EXPECT_EQ(all.now->find_user(Identifier("iggy"))->id, root_user_id);
}

TEST(User, needs_a_free_name_of_3_to_50_bytes) {
  Catalogues all;
  ASSERT_TRUE(all.edit(AddUser{.name = name("iggy"), .password_hash = "h"}));

  EXPECT_EQ(all.edit(AddUser{.name = name("iggy")}), fail(Error::user_already_exists));
  EXPECT_EQ(all.edit(AddUser{.name = name("ig")}), fail(Error::invalid_username));
  EXPECT_EQ(all.edit(AddUser{.name = name(std::string(51, 'x'))}), fail(Error::invalid_username));
  EXPECT_TRUE(all.edit(AddUser{.name = name(std::string(50, 'x'))}));
}

TEST(User, gets_a_new_password_unless_it_was_changed_meanwhile) {
  Catalogues all;
  const auto user = *all.edit(AddUser{.name = name("iggy"), .password_hash = "one"});

  EXPECT_TRUE(all.edit(ChangePassword{key_of(*user), "two", "one"}));
  EXPECT_EQ(all.edit(ChangePassword{key_of(*user), "three", "one"}),
            fail(Error::invalid_credentials));
  EXPECT_TRUE(all.edit(ChangePassword{key_of(*user), "four", std::nullopt}));
  EXPECT_EQ(all.edit(ChangePassword{{UserId{0}, Incarnation{99}}, "five", std::nullopt}),
            fail(Error::resource_not_found));
  EXPECT_EQ(all.now->find_user(user->id)->password_hash, "four");
}

TEST(Catalogue, stays_as_it_was_when_it_is_changed) {
  Catalogues all;
  const auto stream = all.stream("s");
  all.topic(stream, "t", 2);
  const auto before = all.now;

  ASSERT_TRUE(all.edit(RemoveStream{key_of(*stream)}));

  EXPECT_EQ(before->find_stream(Identifier("s"))->find_topic(Identifier("t"))->partitions_count(),
            2);
  EXPECT_EQ(before->partitions_count, 2);
}

TEST(Catalogue, copies_little_for_the_10000th_topic) {
  Catalogues all;
  const auto stream = all.stream("s");
  CataloguePtr before;
  for (int i = 0; i < 10'000; ++i) {
    before = all.now;
    all.topic(stream, ("topic-" + std::to_string(i)).c_str(), 1);
  }

  const auto* old = before->find_stream(stream->id);
  const auto* now = all.now->find_stream(stream->id);
  EXPECT_EQ(now->topics_count(), 10'000);
  EXPECT_LE(now->topics.nodes_not_in(old->topics), 3);
  EXPECT_LE(now->topic_ids.nodes_not_in(old->topic_ids), 5);
  EXPECT_LE(all.now->streams.nodes_not_in(before->streams), 1);
}

TEST(Catalogue, copies_little_to_note_that_one_of_1000_partitions_was_written) {
  Catalogues all;
  const auto stream = all.stream("s");
  const auto topic = all.topic(stream, "t", 1'000);

  const auto after =
      all.edit(MarkPartitionWritten{key_of(*stream, *topic), PartitionId{500},
                                    topic->find_partition(PartitionId{500})->incarnation});

  ASSERT_TRUE(after);
  EXPECT_LE((*after)->partitions.nodes_not_in(topic->partitions), 2);
}

}  // namespace
}  // namespace iggy::broker
