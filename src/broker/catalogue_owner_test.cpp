// Tests of the catalogue's owner: order, groups, refusal, restart, and the loss of power.
#include "broker/catalogue_owner.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/snapshot.hpp"
#include "broker/test_support.hpp"
#include "runtime/memory_disk.hpp"
#include "runtime/testing.hpp"

namespace iggy::broker {
namespace {

using runtime::DiskCall;
using runtime::MemoryDisk;
using test::name;

template <class Edit>
using Answer = std::optional<Result<typename Edit::Outcome>>;

template <class Edit>
Task<> commit_into(CatalogueOwner& owner, Edit edit, Answer<Edit>& answer) {
  answer.emplace(co_await owner.commit(std::move(edit), root_user_id));
}

/// An owner on a fake disk, which can be stopped and started.
class Owned {
 public:
  explicit Owned(MemoryDisk& owned_disk, ByteSize compact_at = 4_MiB)
      : disk(owned_disk), compact_at_(compact_at) {}
  ~Owned() { stop(); }

  Result<> start() {
    stop();
    auto opened = shard.run(CatalogueOwner::open(
        disk, {.directory = "data/state",
               .publish = [this](CataloguePtr catalogue) { return take(std::move(catalogue)); },
               .on_fatal = [this](Error error) { fatal.push_back(error); },
               .compact_at = compact_at_}));
    if (!opened) return fail(opened);
    owner = std::move(*opened);
    published = {owner->published()};
    return {};
  }
  void stop() {
    if (owner) shard.run(owner->close());
    owner.reset();
  }
  template <class Edit>
  Result<typename Edit::Outcome> commit(Edit edit) {
    return shard.run(owner->commit(std::move(edit), root_user_id));
  }
  template <class Edit>
  void begin(Edit edit, Answer<Edit>& answer) {
    shard.group().spawn(commit_into(*owner, std::move(edit), answer));
  }
  void finish() { shard.run(shard.group().join()); }
  [[nodiscard]] const Catalogue& now() const { return *owner->published(); }

  runtime::TestShard shard;
  MemoryDisk& disk;
  std::unique_ptr<CatalogueOwner> owner;
  std::vector<CataloguePtr> published;
  std::vector<Error> fatal;

 private:
  Task<> take(CataloguePtr catalogue) {
    co_await runtime::yield();  // as if other shards had to be reached
    published.push_back(std::move(catalogue));
  }

  ByteSize compact_at_;
};

class CatalogueOwnerTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(all.start()); }
  StreamPtr stream(const char* stream_name) { return *all.commit(AddStream{name(stream_name)}); }

  MemoryDisk disk;
  Owned all{disk};
};

TEST_F(CatalogueOwnerTest, gives_what_was_made_once_every_shard_has_it) {
  const auto made = all.commit(AddStream{name("a")});

  ASSERT_TRUE(made);
  EXPECT_EQ((*made)->name, name("a"));
  EXPECT_EQ((*made)->created_at, all.shard.clock().now());
  ASSERT_EQ(all.published.size(), 2);
  EXPECT_EQ(all.published.back()->find_stream(Identifier("a")), made->get());
}

TEST_F(CatalogueOwnerTest, keeps_everything_for_the_next_start) {
  const auto a = stream("a");
  ASSERT_TRUE(all.commit(AddTopic{.stream = key_of(*a), .name = name("t"), .partitions_count = 2}));
  ASSERT_TRUE(all.commit(AddUser{.name = name("iggy"), .password_hash = "h"}));
  const auto before = encode_snapshot(all.now());

  ASSERT_TRUE(all.start());

  EXPECT_EQ(encode_snapshot(all.now()), before);
}

TEST_F(CatalogueOwnerTest, never_gives_an_incarnation_twice_even_after_a_restart) {
  const auto a = stream("a");
  ASSERT_TRUE(all.commit(RemoveStream{key_of(*a)}));

  ASSERT_TRUE(all.start());

  const auto again = stream("a");
  EXPECT_EQ(again->id, a->id);
  EXPECT_GT(again->incarnation, a->incarnation);
}

TEST_F(CatalogueOwnerTest, refuses_an_edit_that_does_not_fit_without_writing) {
  stream("a");
  const auto writes = disk.calls(DiskCall::write);

  EXPECT_EQ(all.commit(AddStream{name("a")}), fail(Error::stream_name_already_exists));

  EXPECT_EQ(disk.calls(DiskCall::write), writes);
  EXPECT_EQ(all.published.size(), 2);
}

TEST_F(CatalogueOwnerTest, lets_commits_of_one_turn_share_a_sync) {
  const auto syncs = disk.calls(DiskCall::sync);
  std::vector<Answer<AddStream>> answers(10);
  for (std::size_t i = 0; i < 10; ++i)
    all.begin(AddStream{name("s" + std::to_string(i))}, answers[i]);
  all.finish();

  EXPECT_EQ(disk.calls(DiskCall::sync), syncs + 1);
  EXPECT_EQ(all.published.size(), 2);
  for (std::uint32_t i = 0; i < 10; ++i) {
    ASSERT_TRUE(answers[i] && *answers[i]);
    EXPECT_EQ((**answers[i])->id, StreamId{i});
  }
}

TEST_F(CatalogueOwnerTest, checks_an_edit_against_those_that_are_still_on_their_way) {
  disk.hold(DiskCall::sync);
  Answer<AddStream> first;
  Answer<AddStream> same;
  Answer<AddStream> other;
  all.begin(AddStream{name("a")}, first);
  all.shard.run_ready();
  all.begin(AddStream{name("a")}, same);
  all.begin(AddStream{name("b")}, other);
  all.shard.run_ready();

  EXPECT_FALSE(first);
  EXPECT_EQ(same, Result<StreamPtr>(fail(Error::stream_name_already_exists)));
  EXPECT_TRUE(all.now().streams.empty());
  disk.release();
  all.finish();
  EXPECT_EQ((**first)->id, StreamId{0});
  EXPECT_EQ((**other)->id, StreamId{1});
}

TEST_F(CatalogueOwnerTest, gives_each_edit_the_state_right_behind_it) {
  const auto a = stream("a");
  Answer<RenameStream> renamed;
  Answer<RemoveStream> removed;
  all.begin(RenameStream{key_of(*a), name("b")}, renamed);
  all.begin(RemoveStream{key_of(*a)}, removed);
  all.finish();

  EXPECT_EQ((**renamed)->name, name("b"));
  EXPECT_EQ((**removed)->name, name("b"));
  EXPECT_TRUE(all.now().streams.empty());
}

TEST_F(CatalogueOwnerTest, refuses_with_a_failed_write_all_that_was_built_on_it) {
  stream("kept");
  disk.hold(DiskCall::write);
  Answer<AddStream> first;
  Answer<AddStream> second;
  all.begin(AddStream{name("a")}, first);
  all.shard.run_ready();
  all.begin(AddStream{name("b")}, second);
  all.shard.run_ready();
  disk.fail_call(DiskCall::write, 0, Error::io_error, 70);
  disk.release();
  all.finish();

  EXPECT_EQ(first, Result<StreamPtr>(fail(Error::io_error)));
  EXPECT_EQ(second, Result<StreamPtr>(fail(Error::io_error)));
  EXPECT_EQ(all.now().streams.size(), 1);
  EXPECT_TRUE(all.fatal.empty());
  EXPECT_EQ(stream("c")->id, StreamId{1});
  ASSERT_TRUE(all.start());
  EXPECT_EQ(all.now().find_stream(Identifier("a")), nullptr);
  EXPECT_EQ(all.now().find_stream(Identifier("c"))->id, StreamId{1});
}

TEST_F(CatalogueOwnerTest, asks_for_the_end_of_the_process_when_a_sync_fails) {
  stream("a");
  disk.fail_call(DiskCall::sync, 0, Error::io_error);

  EXPECT_EQ(all.commit(AddStream{name("b")}), fail(Error::cannot_sync_file));
  EXPECT_EQ(all.commit(AddStream{name("c")}), fail(Error::cannot_sync_file));

  EXPECT_EQ(all.fatal, std::vector{Error::cannot_sync_file});
  EXPECT_EQ(all.published.size(), 2);
}

TEST_F(CatalogueOwnerTest, finishes_what_was_begun_although_it_is_cancelled) {
  disk.hold(DiskCall::sync);
  Answer<AddStream> answer;
  all.begin(AddStream{name("a")}, answer);
  all.shard.run_ready();
  all.shard.group().cancel();
  all.shard.run_ready();
  EXPECT_FALSE(answer);

  disk.release();
  all.finish();

  EXPECT_TRUE(answer && *answer);
}

TEST_F(CatalogueOwnerTest, refuses_commits_once_it_closes) {
  all.shard.run(all.owner->close());

  EXPECT_EQ(all.commit(AddStream{name("a")}), fail(Error::cancelled));
}

TEST_F(CatalogueOwnerTest, lets_a_full_disk_refuse_new_things_and_delete_old_ones) {
  const auto a = stream("a");
  disk.set_free_bytes(0);
  std::optional<Error> refused;
  for (int i = 0; i < 10'000 && !refused; ++i) {
    const auto made = all.commit(AddStream{name("s" + std::to_string(i) + std::string(240, 'x'))});
    if (!made) refused = made.error();
  }

  EXPECT_EQ(refused, Error::no_space);
  EXPECT_TRUE(all.commit(RemoveStream{key_of(*a)}));
  EXPECT_EQ(all.commit(AddStream{name("a")}), fail(Error::no_space));
  disk.set_free_bytes(100'000'000);
  EXPECT_TRUE(all.commit(AddStream{name("a")}));
}

TEST_F(CatalogueOwnerTest, refuses_a_journal_of_a_newer_server) {
  all.stop();
  all.shard.run([](MemoryDisk& disk) -> Task<> {
    auto opened = co_await Journal::open(disk, "data/state");
    const JournalRecord unknown{.meta = {.index = 1},
                                .change = {.type = 999, .version = 1, .body = {}}};
    EXPECT_TRUE(co_await opened->journal->append(std::span(&unknown, 1)));
  }(disk));

  EXPECT_EQ(all.start(), fail(Error::unsupported_format));
}

TEST_F(CatalogueOwnerTest, refuses_a_journal_whose_changes_do_not_fit) {
  all.stop();
  all.shard.run([](MemoryDisk& disk) -> Task<> {
    auto opened = co_await Journal::open(disk, "data/state");
    const JournalRecord misfit{.meta = {.index = 1}, .change = encode(StreamDeleted{StreamId{5}})};
    EXPECT_TRUE(co_await opened->journal->append(std::span(&misfit, 1)));
  }(disk));

  EXPECT_EQ(all.start(), fail(Error::state_file_corrupted));
}

TEST(CatalogueOwnerCompaction, keeps_the_journal_small_and_the_state_whole) {
  MemoryDisk disk;
  Owned all(disk, 8_KiB);
  ASSERT_TRUE(all.start());
  const auto stream = *all.commit(AddStream{name("s")});
  const auto topic =
      *all.commit(AddTopic{.stream = key_of(*stream), .name = name("t"), .partitions_count = 1});
  for (std::uint8_t i = 0; i < 250; ++i) {
    ASSERT_TRUE(
        all.commit(ChangeTopic{key_of(*stream, *topic), name("t"), {.replication_factor = i}}));
  }
  const auto before = encode_snapshot(all.now());
  all.stop();

  EXPECT_LT(disk.contents("data/state/journal").size(), 10'000);
  ASSERT_TRUE(all.start());
  EXPECT_EQ(encode_snapshot(all.now()), before);
  EXPECT_EQ(all.now().journal_index, 252);
}

TEST(CatalogueOwnerCompaction, goes_on_when_it_fails_and_is_tried_later) {
  MemoryDisk disk;
  Owned all(disk, 1_KiB);
  ASSERT_TRUE(all.start());
  disk.fail_always(DiskCall::rename, Error::no_space, "snapshot");
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(all.commit(AddStream{name("s" + std::to_string(i))}));
  EXPECT_GT(all.owner->published()->journal_index, 50);
  disk.heal();
  for (int i = 60; i < 200; ++i) ASSERT_TRUE(all.commit(AddStream{name("s" + std::to_string(i))}));

  EXPECT_TRUE(all.shard.run(disk.exists("data/state/snapshot")).value());
  ASSERT_TRUE(all.start());
  EXPECT_EQ(all.now().streams.size(), 200);
  EXPECT_TRUE(all.fatal.empty());
}

/// Commits in groups, with a write that fails on the way, until something else fails.
/// Deterministic, so that the state behind each index is the same in every run.
class Workload {
 public:
  explicit Workload(MemoryDisk& disk) : all_(disk, 2_KiB) {}

  void run() {
    if (!all_.start()) return;
    note(all_.now());
    for (int round = 0; round < 6 && is_alive_; ++round) {
      const auto text = std::to_string(round);
      std::vector<Answer<AddStream>> made(3);
      for (int i = 0; i < 3; ++i) {
        all_.begin(AddStream{name("stream-" + text + "-" + std::to_string(i))}, made[i]);
      }
      all_.finish();
      for (const auto& answer : made) settle(*answer);
      if (!is_alive_) return;
      const auto stream = key_of(***made[1]);
      settle(all_.commit(AddTopic{.stream = stream, .name = name("t"), .partitions_count = 20}));
      settle(all_.commit(RenewStreamPartitions{stream}));
      settle(all_.commit(RemoveStream{key_of(***made[0])}));
      if (is_alive_ && round == 3) refuse_one();
    }
  }

  [[nodiscard]] bool was_refused() const { return was_refused_; }
  [[nodiscard]] std::uint64_t acknowledged() const { return acknowledged_; }
  [[nodiscard]] const std::map<std::uint64_t, base::Bytes>& states() const { return states_; }

 private:
  template <class T>
  void settle(const Result<T>& answer) {
    is_alive_ = is_alive_ && answer.has_value();
    for (const auto& catalogue : all_.published) note(*catalogue);
    if (answer && is_alive_) acknowledged_ = all_.now().journal_index;
  }
  void note(const Catalogue& catalogue) {
    states_[catalogue.journal_index] = encode_snapshot(catalogue);
  }
  void refuse_one() {
    all_.disk.fail_call(DiskCall::write, 0, Error::no_space, 50, "journal");
    const auto answer = all_.commit(AddStream{name("refused")});
    was_refused_ = answer == fail(Error::no_space);
    is_alive_ = was_refused_;
    all_.disk.heal();
  }

  Owned all_;
  std::map<std::uint64_t, base::Bytes> states_;  // of every published index
  std::uint64_t acknowledged_ = 0;
  bool is_alive_ = true;
  bool was_refused_ = false;
};

TEST(CatalogueOwnerCrash, keeps_what_was_acknowledged_and_nothing_that_was_refused) {
  MemoryDisk good;
  Workload reference(good);
  reference.run();
  ASSERT_TRUE(reference.was_refused());
  ASSERT_EQ(reference.acknowledged(), 36);

  std::uint64_t seed = 0;
  for (std::uint64_t calls = 0; calls <= good.changing_calls(); ++calls) {
    SCOPED_TRACE(testing::Message() << "power lost after " << calls << " calls, seed " << seed + 1);
    MemoryDisk disk(++seed);
    disk.lose_power_after(calls);
    Workload work(disk);
    work.run();
    disk.crash(MemoryDisk::Crash::power_loss);

    Owned again(disk);
    ASSERT_TRUE(again.start());

    const auto& now = again.now();
    EXPECT_GE(now.journal_index, work.acknowledged());
    EXPECT_LE(now.journal_index, work.acknowledged() + 3);
    const auto is_there = now.find_stream(Identifier("refused")) != nullptr;
    EXPECT_FALSE(is_there && work.was_refused());
    const auto expected = reference.states().find(now.journal_index);
    if (!is_there && expected != reference.states().end()) {
      EXPECT_EQ(encode_snapshot(now), expected->second);
    }
    EXPECT_TRUE(again.commit(AddStream{name("afterwards")}));
  }
}

}  // namespace
}  // namespace iggy::broker
