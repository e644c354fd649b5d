// Tests of what a crash may leave on the fake disk, and what it never does.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "runtime/disk_testing.hpp"
#include "runtime/memory_disk.hpp"
#include "runtime/memory_file.hpp"
#include "runtime/testing.hpp"

namespace iggy::runtime {
namespace {

using Crash = MemoryDisk::Crash;

constexpr std::uint64_t seeds = 300;

using Outcomes = std::set<std::string>;

/// All that a loss of power can leave of what `prepare` did, as `look` sees it.
Outcomes outcomes(void (*prepare)(MemoryDisk&), std::string (*look)(MemoryDisk&)) {
  Outcomes seen;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    MemoryDisk disk(seed);
    prepare(disk);
    disk.crash(Crash::power_loss);
    seen.insert(look(disk));
  }
  return seen;
}

std::string letters_of_log(MemoryDisk& disk) { return letters(text_at(disk, "log")); }
std::string log_contents(MemoryDisk& disk) { return text_at(disk, "log"); }

// What a loss of power does to bytes

TEST(MemoryDiskCrash, never_touches_what_was_synced) {
  const auto seen = outcomes(
      [](MemoryDisk& disk) {
        const auto file = open_file(disk, "log");
        ASSERT_TRUE(write_text(file, 0, "first"));
        ASSERT_TRUE(write_text(file, 5, " second"));
        ASSERT_TRUE(run(file->truncate(9)));
        ASSERT_TRUE(run(file->sync()));
        ASSERT_TRUE(run(disk.sync_directory(".")));
      },
      log_contents);

  EXPECT_EQ(seen, Outcomes{"first sec"});
}

TEST(MemoryDiskCrash, keeps_any_selection_of_overwritten_sectors) {
  const auto seen = outcomes(
      [](MemoryDisk& disk) {
        disk.set_contents("log", bytes_of(sector('a') + sector('a')));
        const auto file = open_file(disk, "log");
        ASSERT_TRUE(write_text(file, 0, sector('b') + sector('b')));
      },
      letters_of_log);

  EXPECT_EQ(seen, (Outcomes{"aa", "ab", "ba", "bb"}));
}

TEST(MemoryDiskCrash, may_keep_a_later_write_and_lose_an_earlier_one) {
  const auto seen = outcomes(
      [](MemoryDisk& disk) {
        disk.set_contents("log", bytes_of(sector('a') + sector('a')));
        const auto file = open_file(disk, "log");
        ASSERT_TRUE(write_text(file, 0, sector('1')));
        ASSERT_TRUE(write_text(file, 512, sector('2')));
      },
      letters_of_log);

  EXPECT_EQ(seen, (Outcomes{"aa", "a2", "1a", "12"}));
}

TEST(MemoryDiskCrash, cuts_an_unsynced_append_or_leaves_holes_in_it) {
  const auto seen = outcomes(
      [](MemoryDisk& disk) {
        disk.set_contents("log", bytes_of(sector('a')));
        const auto file = open_file(disk, "log");
        ASSERT_TRUE(write_text(file, 512, sector('b') + sector('c')));
      },
      letters_of_log);

  EXPECT_EQ(seen, (Outcomes{"a", "abc", "a.c", "ab.", "a.."}));
}

TEST(MemoryDiskCrash, may_keep_the_size_after_any_of_several_appends) {
  const auto seen = outcomes(
      [](MemoryDisk& disk) {
        disk.set_contents("log", {});
        const auto file = open_file(disk, "log");
        ASSERT_TRUE(write_text(file, 0, "one"));
        ASSERT_TRUE(write_text(file, 3, "two"));
      },
      log_contents);

  // All of it lies in one sector, which has one of its three versions: empty, "one", "onetwo".
  const std::string zero(1, '\0');
  const std::string zeros = zero + zero + zero;
  EXPECT_EQ(seen, (Outcomes{"", "one", zeros, "onetwo", "one" + zeros, zeros + zeros}));
}

TEST(MemoryDiskCrash, undoes_or_does_an_unsynced_truncation) {
  const auto seen = outcomes(
      [](MemoryDisk& disk) {
        disk.set_contents("log", bytes_of("abcdef"));
        ASSERT_TRUE(run(open_file(disk, "log")->truncate(2)));
      },
      log_contents);

  EXPECT_EQ(seen, (Outcomes{"ab", "abcdef"}));
}

TEST(MemoryDiskCrash, may_bring_back_what_was_written_and_cut_off_without_a_sync) {
  const auto seen = outcomes(
      [](MemoryDisk& disk) {
        disk.set_contents("log", bytes_of(sector('a')));
        const auto file = open_file(disk, "log");
        ASSERT_TRUE(write_text(file, 512, sector('b')));
        ASSERT_TRUE(run(file->truncate(512)));
      },
      letters_of_log);

  EXPECT_EQ(seen, (Outcomes{"a", "ab", "a."}));
}

TEST(MemoryDiskCrash, leaves_zeros_where_a_file_was_cut_and_grown_again) {
  const auto seen = outcomes(
      [](MemoryDisk& disk) {
        disk.set_contents("log", bytes_of("abcd"));
        const auto file = open_file(disk, "log");
        ASSERT_TRUE(run(file->truncate(1)));
        ASSERT_TRUE(run(file->truncate(3)));
        ASSERT_TRUE(run(file->sync()));
      },
      log_contents);

  EXPECT_EQ(seen, Outcomes{std::string("a\0\0", 3)});
}

TEST(MemoryDiskCrash, does_not_keep_what_only_a_second_sync_reported) {
  const auto seen = outcomes(
      [](MemoryDisk& disk) {
        disk.set_contents("log", bytes_of(sector('a')));
        const auto file = open_file(disk, "log");
        ASSERT_TRUE(write_text(file, 0, sector('b')));
        disk.fail_call(DiskCall::sync, 0, Error::io_error);
        ASSERT_EQ(run(file->sync()), fail(Error::io_error));
        ASSERT_TRUE(run(file->sync()));
        ASSERT_EQ(letters(text_at(disk, "log")), "b");  // a reader still sees it
      },
      letters_of_log);

  EXPECT_EQ(seen, (Outcomes{"a", "b"}));
}

TEST(MemoryDiskCrash, keeps_what_is_written_and_synced_after_a_failed_sync) {
  const auto seen = outcomes(
      [](MemoryDisk& disk) {
        disk.set_contents("log", {});
        const auto file = open_file(disk, "log");
        ASSERT_TRUE(write_text(file, 0, sector('a')));
        disk.fail_call(DiskCall::sync, 0, Error::io_error);
        ASSERT_EQ(run(file->sync()), fail(Error::io_error));
        ASSERT_TRUE(write_text(file, 512, sector('b')));
        ASSERT_TRUE(run(file->sync()));
      },
      letters_of_log);

  EXPECT_EQ(seen, (Outcomes{".b", "ab"}));
}

// What a loss of power does to names

TEST(MemoryDiskCrash, may_lose_a_new_name_and_also_the_bytes_behind_a_kept_one) {
  const auto seen = outcomes(
      [](MemoryDisk& disk) { ASSERT_TRUE(write_text(open_file(disk, "log"), 0, "x")); },
      [](MemoryDisk& disk) { return disk.paths().empty() ? "gone" : text_at(disk, "log"); });

  EXPECT_EQ(seen, (Outcomes{"gone", "", std::string(1, '\0'), "x"}));
}

TEST(MemoryDiskCrash, loses_the_name_of_a_synced_file_whose_directory_was_not) {
  const auto seen = outcomes(
      [](MemoryDisk& disk) {
        const auto file = open_file(disk, "log");
        ASSERT_TRUE(write_text(file, 0, "x"));
        ASSERT_TRUE(run(file->sync()));
      },
      [](MemoryDisk& disk) { return disk.paths().empty() ? "gone" : text_at(disk, "log"); });

  EXPECT_EQ(seen, (Outcomes{"gone", "x"}));
}

TEST(MemoryDiskCrash, undoes_or_does_a_rename_as_a_whole) {
  const auto seen = outcomes(
      [](MemoryDisk& disk) {
        disk.set_contents("old", bytes_of("1"));
        disk.set_contents("new", bytes_of("2"));
        ASSERT_TRUE(run(disk.rename("new", "old")));
      },
      [](MemoryDisk& disk) { return names(disk) + ": " + text_at(disk, "old"); });

  EXPECT_EQ(seen, (Outcomes{"new old: 1", "old: 2"}));
}

TEST(MemoryDiskCrash, keeps_a_synced_rename_with_the_creation_that_it_needs) {
  const auto seen = outcomes(
      [](MemoryDisk& disk) {
        open_file(disk, "draft");
        ASSERT_TRUE(run(disk.rename("draft", "log")));
        ASSERT_TRUE(run(disk.sync_directory(".")));
      },
      names);

  EXPECT_EQ(seen, Outcomes{"log"});
}

TEST(MemoryDiskCrash, wants_both_directories_of_a_rename_synced) {
  const auto prepare_half = [](MemoryDisk& disk) {
    disk.set_contents("a/file", bytes_of("1"));
    disk.set_contents("b/other", bytes_of("2"));
    ASSERT_TRUE(run(disk.rename("a/file", "b/file")));
    ASSERT_TRUE(run(disk.sync_directory("b")));
  };
  const auto prepare_whole = [](MemoryDisk& disk) {
    disk.set_contents("a/file", bytes_of("1"));
    disk.set_contents("b/other", bytes_of("2"));
    ASSERT_TRUE(run(disk.rename("a/file", "b/file")));
    ASSERT_TRUE(run(disk.sync_directory("b")));
    ASSERT_TRUE(run(disk.sync_directory("a")));
  };

  EXPECT_EQ(outcomes(prepare_half, names), (Outcomes{"a/file b/other", "b/file b/other"}));
  EXPECT_EQ(outcomes(prepare_whole, names), Outcomes{"b/file b/other"});
}

TEST(MemoryDiskCrash, may_bring_back_any_unlinked_file) {
  const auto seen = outcomes(
      [](MemoryDisk& disk) {
        disk.set_contents("a", bytes_of("1"));
        disk.set_contents("b", bytes_of("2"));
        ASSERT_TRUE(run(disk.unlink("a")));
        ASSERT_TRUE(run(disk.unlink("b")));
      },
      names);

  EXPECT_EQ(seen, (Outcomes{"", "a", "b", "a b"}));
}

TEST(MemoryDiskCrash, may_interrupt_the_removal_of_a_directory) {
  const auto seen = outcomes(
      [](MemoryDisk& disk) {
        disk.set_contents("p/a", bytes_of("1"));
        disk.set_contents("p/b", bytes_of("2"));
        ASSERT_TRUE(run(disk.remove_all("p")));
      },
      names);

  EXPECT_EQ(seen, (Outcomes{"", "p/a", "p/b", "p/a p/b"}));
}

TEST(MemoryDiskCrash, does_not_bring_back_a_directory_whose_removal_was_synced) {
  const auto seen = outcomes(
      [](MemoryDisk& disk) {
        disk.set_contents("p/a", bytes_of("1"));
        ASSERT_TRUE(run(disk.remove_all("p")));
        ASSERT_TRUE(run(disk.sync_directory(".")));
      },
      names);

  EXPECT_EQ(seen, Outcomes{""});
}

TEST(MemoryDiskCrash, keeps_directories_that_were_made) {
  MemoryDisk disk;
  ASSERT_TRUE(run(disk.make_directories("/data/partitions/7")));

  disk.crash(Crash::power_loss);

  EXPECT_EQ(run(disk.exists("/data/partitions/7")), true);
}

TEST(MemoryDiskCrash, is_repeatable_from_the_seed) {
  const auto leave = [](std::uint64_t seed) {
    MemoryDisk disk(seed);
    const auto file = open_file(disk, "log");
    for (std::uint64_t i = 0; i < 100; ++i) (void)write_text(file, i * 512, sector('x'));
    disk.crash(Crash::power_loss);
    return disk.paths().empty() ? "gone" : letters(text_at(disk, "log"));
  };

  EXPECT_EQ(leave(11), leave(11));
  EXPECT_NE(leave(11), leave(14));
}

// Life after a crash

TEST(MemoryDiskCrash, of_the_process_alone_keeps_everything) {
  const auto seen = outcomes(
      [](MemoryDisk& disk) {
        disk.set_contents("gone", bytes_of("1"));
        ASSERT_TRUE(write_text(open_file(disk, "log"), 0, "written"));
        ASSERT_TRUE(run(disk.unlink("gone")));
        disk.crash(Crash::process_killed);
        ASSERT_EQ(names(disk), "log");
        ASSERT_EQ(text_at(disk, "log"), "written");
        ASSERT_TRUE(run(open_file(disk, "log")->sync()));
        ASSERT_TRUE(run(disk.sync_directory(".")));
      },
      [](MemoryDisk& disk) { return names(disk) + ": " + text_at(disk, "log"); });

  EXPECT_EQ(seen, Outcomes{"log: written"});
}

TEST(MemoryDiskCrash, of_the_process_does_not_make_anything_durable) {
  const auto seen = outcomes(
      [](MemoryDisk& disk) {
        disk.set_contents("log", bytes_of(sector('a')));
        ASSERT_TRUE(write_text(open_file(disk, "log"), 0, sector('b')));
        disk.crash(Crash::process_killed);
      },
      letters_of_log);

  EXPECT_EQ(seen, (Outcomes{"a", "b"}));
}

TEST(MemoryDiskCrash, kills_open_handles) {
  MemoryDisk disk;
  disk.set_contents("log", bytes_of("abc"));
  const auto file = open_file(disk, "log");

  disk.crash(Crash::process_killed);

  std::array<std::byte, 3> into{};
  EXPECT_EQ(run(file->read(0, into)), fail(Error::io_error));
  EXPECT_EQ(write_text(file, 0, "xyz"), fail(Error::io_error));
  EXPECT_EQ(run(file->truncate(0)), fail(Error::io_error));
  EXPECT_EQ(run(file->sync()), fail(Error::io_error));
  EXPECT_EQ(file->size(), fail(Error::io_error));
  EXPECT_EQ(text_at(disk, "log"), "abc");
}

TEST(MemoryDiskCrash, releases_locks) {
  MemoryDisk disk;
  auto first = run(disk.lock("lock")).value();
  EXPECT_EQ(run(disk.lock("lock")).error(), Error::file_locked);

  disk.crash(Crash::process_killed);
  auto second = run(disk.lock("lock")).value();
  first.reset();  // of an earlier life: it does not release the new one

  EXPECT_EQ(run(disk.lock("lock")).error(), Error::file_locked);
  second.reset();
  EXPECT_TRUE(run(disk.lock("lock")));
}

// Power loss at a chosen call

TEST(MemoryDiskCrash, may_have_done_the_call_at_which_power_was_lost) {
  const auto seen = outcomes(
      [](MemoryDisk& disk) {
        disk.set_contents("log", bytes_of(sector('a')));
        const auto file = open_file(disk, "log");
        disk.lose_power_after(0);
        ASSERT_EQ(write_text(file, 0, sector('b')), fail(Error::io_error));
        ASSERT_EQ(run(file->sync()), fail(Error::io_error));
      },
      [](MemoryDisk& disk) {
        const auto whole = text_at(disk, "log");
        if (whole == sector('a') || whole == sector('b')) return letters(whole);
        return std::string("torn");
      });

  EXPECT_EQ(seen, (Outcomes{"a", "b", "torn"}));
}

TEST(MemoryDiskCrash, leaves_the_old_or_the_new_name_when_power_is_lost_at_a_rename) {
  const auto seen = outcomes(
      [](MemoryDisk& disk) {
        disk.set_contents("a", bytes_of("1"));
        disk.lose_power_after(0);
        ASSERT_EQ(run(disk.rename("a", "b")), fail(Error::io_error));
      },
      names);

  EXPECT_EQ(seen, (Outcomes{"a", "b"}));
}

// Any calls at all

/// Writes and cuts at random, with a sync here and there in the first half.
void change_at_random(MemoryFile& file, Dice& dice) {
  for (int call = 0; call < 40; ++call) {
    if (dice.one_in(4)) {
      file.truncate(dice.below(4'000));
    } else {
      const auto letter = static_cast<std::byte>('a' + dice.below(26));
      file.write(dice.below(3'000), base::Bytes(dice.below(1'200), letter));
    }
    if (call < 20 && dice.one_in(8)) file.sync();
  }
}

TEST(MemoryFile, keeps_what_a_reader_saw_when_it_was_synced_after_any_calls) {
  for (std::uint64_t seed = 0; seed < 1'000; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Dice dice(seed);
    MemoryFile file;
    change_at_random(file, dice);
    const auto seen = file.contents();

    file.sync();
    file.lose_power(dice);

    ASSERT_EQ(file.contents(), seen);
  }
}

TEST(MemoryFile, is_the_same_after_a_second_loss_of_power) {
  for (std::uint64_t seed = 0; seed < 1'000; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Dice dice(seed);
    MemoryFile file;
    change_at_random(file, dice);

    file.lose_power(dice);
    const auto first = file.contents();
    file.lose_power(dice);

    ASSERT_EQ(file.contents(), first);
  }
}

}  // namespace
}  // namespace iggy::runtime
