// Tests of the fake disk: faults, space and holding on request.
#include "runtime/memory_disk.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "runtime/disk_testing.hpp"
#include "runtime/task_group.hpp"
#include "runtime/testing.hpp"

namespace iggy::runtime {
namespace {

using Crash = MemoryDisk::Crash;

// Power loss at a chosen call

TEST(MemoryDisk, fails_everything_from_the_call_at_which_power_is_lost) {
  MemoryDisk disk;
  disk.set_contents("log", bytes_of("abc"));
  const auto file = open_file(disk, "log");
  disk.lose_power_after(1);

  EXPECT_TRUE(write_text(file, 3, "d"));
  EXPECT_FALSE(disk.has_lost_power());
  EXPECT_EQ(run(file->sync()), fail(Error::io_error));
  EXPECT_TRUE(disk.has_lost_power());

  std::array<std::byte, 3> into{};
  EXPECT_EQ(run(file->read(0, into)), fail(Error::io_error));
  EXPECT_EQ(run(disk.unlink("log")), fail(Error::io_error));
  EXPECT_EQ(run(disk.exists("log")), fail(Error::io_error));
  EXPECT_EQ(run(disk.lock("lock")).error(), Error::io_error);

  disk.crash(Crash::power_loss);
  EXPECT_EQ(run(disk.exists("log")), true);
}

TEST(MemoryDisk, counts_the_calls_that_change_something) {
  MemoryDisk disk;
  ASSERT_TRUE(run(disk.make_directories("d")));
  const auto file = open_file(disk, "d/log");
  open_file(disk, "d/log");  // finds it
  ASSERT_TRUE(write_text(file, 0, "x"));
  ASSERT_TRUE(run(file->sync()));
  ASSERT_TRUE(run(disk.list("d")));

  EXPECT_EQ(disk.changing_calls(), 4);
  EXPECT_EQ(disk.calls(DiskCall::open), 2);
  EXPECT_EQ(disk.calls(DiskCall::list), 1);
  EXPECT_EQ(disk.calls(DiskCall::read), 0);
}

// Faults

TEST(MemoryDisk, fails_the_call_that_was_chosen_once) {
  MemoryDisk disk;
  const auto file = open_file(disk, "log");
  disk.fail_call(DiskCall::write, 1, Error::io_error, 2);

  EXPECT_TRUE(write_text(file, 0, "ab"));
  EXPECT_EQ(write_text(file, 2, "cdef"), fail(Error::io_error));
  EXPECT_EQ(text_at(disk, "log"), "abcd");
  EXPECT_TRUE(write_text(file, 2, "CDEF"));
  EXPECT_EQ(text_at(disk, "log"), "abCDEF");
}

TEST(MemoryDisk, counts_only_calls_on_paths_that_match) {
  MemoryDisk disk;
  const auto log = open_file(disk, "1.log");
  const auto index = open_file(disk, "1.index");
  disk.fail_call(DiskCall::sync, 1, Error::io_error, 0, ".index");

  EXPECT_TRUE(run(log->sync()));
  EXPECT_TRUE(run(index->sync()));
  EXPECT_TRUE(run(log->sync()));
  EXPECT_EQ(run(index->sync()), fail(Error::io_error));
}

TEST(MemoryDisk, fails_always_until_it_is_healed) {
  MemoryDisk disk;
  disk.set_contents("a", bytes_of("1"));
  disk.fail_always(DiskCall::rename, Error::permission_denied, "b");

  EXPECT_EQ(run(disk.rename("a", "b")), fail(Error::permission_denied));
  EXPECT_EQ(run(disk.rename("a", "b")), fail(Error::permission_denied));
  EXPECT_TRUE(run(disk.rename("a", "c")));
  disk.heal();
  EXPECT_TRUE(run(disk.rename("c", "b")));
}

TEST(MemoryDisk, does_nothing_in_a_call_that_fails) {
  MemoryDisk disk;
  disk.set_contents("a", bytes_of("123"));
  const auto file = open_file(disk, "a");
  disk.fail_always(DiskCall::truncate, Error::io_error);
  disk.fail_always(DiskCall::unlink, Error::io_error);
  disk.fail_always(DiskCall::open, Error::too_many_open_files);

  EXPECT_EQ(run(file->truncate(1)), fail(Error::io_error));
  EXPECT_EQ(run(disk.unlink("a")), fail(Error::io_error));
  EXPECT_EQ(run(disk.open("b", OpenMode::create)).error(), Error::too_many_open_files);

  EXPECT_EQ(names(disk), "a");
  EXPECT_EQ(text_at(disk, "a"), "123");
}

// Space

TEST(MemoryDisk, writes_what_fits_on_a_full_disk) {
  MemoryDisk disk;
  const auto file = open_file(disk, "log");
  disk.set_free_bytes(3);

  EXPECT_EQ(write_text(file, 0, "abcde"), fail(Error::no_space));

  EXPECT_EQ(text_at(disk, "log"), "abc");
  EXPECT_TRUE(write_text(file, 0, "xyz"));  // in place
  EXPECT_EQ(run(disk.space(".")).value().free_bytes, 0);
}

TEST(MemoryDisk, gets_space_back_from_truncation_and_from_the_last_user_of_an_unlinked_file) {
  MemoryDisk disk;
  auto file = open_file(disk, "log");
  ASSERT_TRUE(write_text(file, 0, "abcdef"));
  disk.set_free_bytes(0);

  ASSERT_TRUE(run(file->truncate(4)));
  EXPECT_EQ(run(disk.space(".")).value().free_bytes, 2);
  ASSERT_TRUE(run(disk.unlink("log")));
  EXPECT_EQ(run(disk.space(".")).value().free_bytes, 2);
  file.reset();
  EXPECT_EQ(run(disk.space(".")).value().free_bytes, 6);
}

TEST(MemoryDisk, counts_preallocated_space_once) {
  MemoryDisk disk;
  const auto file = open_file(disk, "log");
  disk.set_free_bytes(10);

  EXPECT_EQ(run(file->preallocate(11)), fail(Error::no_space));
  EXPECT_TRUE(run(file->preallocate(8)));
  EXPECT_EQ(file->size(), 0);
  EXPECT_EQ(run(disk.space(".")).value().free_bytes, 2);

  EXPECT_TRUE(write_text(file, 0, "12345678"));
  EXPECT_EQ(run(disk.space(".")).value().free_bytes, 2);
}

TEST(MemoryDisk, counts_space_anew_after_a_crash) {
  MemoryDisk disk;
  disk.set_contents("log", bytes_of("abcd"));
  const auto file = open_file(disk, "log");
  disk.set_free_bytes(10);
  ASSERT_TRUE(run(disk.unlink("log")));
  ASSERT_TRUE(run(disk.sync_directory(".")));

  disk.crash(Crash::power_loss);

  EXPECT_EQ(run(disk.space(".")).value().free_bytes, 14);
}

// Holding

Task<> note(Task<Result<>> call, std::string name, std::vector<std::string>& done) {
  const auto result = co_await std::move(call);
  done.push_back(name + (result ? "" : " failed"));
}

TEST(MemoryDisk, holds_calls_and_releases_them_in_order) {
  TestShard shard;
  MemoryDisk disk;
  const auto file = open_file(disk, "log");
  std::vector<std::string> done;
  disk.hold(DiskCall::sync);

  shard.group().spawn(note(file->sync(), "one", done));
  shard.group().spawn(note(file->sync(), "two", done));
  shard.group().spawn(note(file->truncate(1), "truncate", done));
  shard.run_ready();
  EXPECT_EQ(done, (std::vector<std::string>{"truncate"}));
  EXPECT_EQ(disk.calls(DiskCall::sync), 2);

  disk.release();
  shard.group().spawn(note(file->sync(), "three", done));
  shard.run_ready();
  EXPECT_EQ(done, (std::vector<std::string>{"truncate", "one", "two", "three"}));

  shard.group().spawn(note(file->sync(), "four", done));
  EXPECT_EQ(done.back(), "four");
}

TEST(MemoryDisk, fails_held_calls_when_it_crashes) {
  TestShard shard;
  MemoryDisk disk;
  disk.set_contents("log", bytes_of("abc"));
  const auto file = open_file(disk, "log");
  std::vector<std::string> done;
  disk.hold(DiskCall::truncate);
  disk.hold(DiskCall::unlink);
  shard.group().spawn(note(file->truncate(0), "truncate", done));
  shard.group().spawn(note(disk.unlink("log"), "unlink", done));
  shard.run_ready();

  disk.crash(Crash::power_loss);
  shard.run_ready();

  EXPECT_EQ(done, (std::vector<std::string>{"truncate failed", "unlink failed"}));
  EXPECT_EQ(text_at(disk, "log"), "abc");
}

}  // namespace
}  // namespace iggy::runtime
