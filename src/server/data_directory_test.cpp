// Tests of taking the data directory: what a start finds, refuses and empties.
#include "server/data_directory.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "runtime/memory_disk.hpp"
#include "runtime/testing.hpp"

namespace iggy::server {
namespace {

using runtime::DiskCall;
using Lock = std::unique_ptr<runtime::DirectoryLock>;

base::Bytes bytes(std::string_view text) {
  const auto view = base::as_bytes(text);
  return {view.begin(), view.end()};
}

class DataDirectoryTest : public ::testing::Test {
 protected:
  Result<Lock> take(bool fresh = false) {
    return shard.run(
        take_data_directory(disk, {.path = "data", .runtime_path = "runtime", .fresh = fresh}));
  }
  [[nodiscard]] bool has(std::string_view path) const {
    const auto paths = disk.paths();
    return std::ranges::find(paths, path) != paths.end();
  }

  runtime::TestShard shard;
  runtime::MemoryDisk disk;
};

TEST_F(DataDirectoryTest, is_made_and_marked_with_its_format) {
  const auto lock = take();

  ASSERT_TRUE(lock);
  EXPECT_NE(*lock, nullptr);
  EXPECT_EQ(disk.contents("data/format"), bytes("iggy data directory, format 1\n"));
  EXPECT_EQ(shard.run(disk.exists("data/runtime")), Result<bool>(true));
}

TEST_F(DataDirectoryTest, is_marked_for_good) {
  ASSERT_TRUE(take());

  disk.crash(runtime::MemoryDisk::Crash::power_loss);

  EXPECT_EQ(disk.contents("data/format"), bytes("iggy data directory, format 1\n"));
}

TEST_F(DataDirectoryTest, can_be_taken_again_and_keeps_what_is_in_it) {
  ASSERT_TRUE(take());
  disk.set_contents("data/state/journal", bytes("j"));

  ASSERT_TRUE(take());

  EXPECT_EQ(disk.contents("data/state/journal"), bytes("j"));
}

TEST_F(DataDirectoryTest, refuses_a_newer_format_and_changes_nothing) {
  disk.set_contents("data/format", bytes("iggy data directory, format 2\n"));
  disk.set_contents("data/runtime/current_config.toml", bytes("old"));

  const auto lock = take();

  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error(), Error::unsupported_format);
  EXPECT_EQ(disk.contents("data/format"), bytes("iggy data directory, format 2\n"));
  EXPECT_TRUE(has("data/runtime/current_config.toml"));
}

TEST_F(DataDirectoryTest, refuses_a_format_file_that_is_not_ours) {
  for (const auto* text :
       {"", "1", "iggy data directory, format 1", "iggy data directory, format \n",
        "iggy data directory, format 1x\n", "iggy data directory, format -1\n",
        "iggy data directory, format 99999999999\n", "something else\n"}) {
    disk.set_contents("data/format", bytes(text));

    const auto lock = take();

    ASSERT_FALSE(lock) << text;
    EXPECT_EQ(lock.error(), Error::unsupported_format) << text;
  }
}

TEST_F(DataDirectoryTest, refuses_a_format_file_that_is_far_too_long) {
  disk.set_contents("data/format", base::Bytes(1'000'000, std::byte{'x'}));

  EXPECT_FALSE(take());
  EXPECT_TRUE(has("data/format"));
}

TEST_F(DataDirectoryTest, can_be_used_by_one_server_alone) {
  auto lock = take();
  ASSERT_TRUE(lock);

  const auto second = take();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), Error::file_locked);

  lock->reset();
  EXPECT_TRUE(take());
}

TEST_F(DataDirectoryTest, is_left_alone_by_a_fresh_start_while_another_uses_it) {
  const auto lock = take();
  disk.set_contents("data/state/journal", bytes("j"));

  EXPECT_FALSE(take(/*fresh=*/true));

  EXPECT_TRUE(has("data/state/journal"));
}

TEST_F(DataDirectoryTest, loses_everything_in_a_fresh_start) {
  disk.set_contents("data/format", bytes("iggy data directory, format 2\n"));
  disk.set_contents("data/state/journal", bytes("j"));
  disk.set_contents("data/partitions/1/0.log", bytes("l"));
  disk.set_contents("other/file", bytes("o"));

  const auto lock = take(/*fresh=*/true);

  ASSERT_TRUE(lock);
  EXPECT_FALSE(has("data/state/journal"));
  EXPECT_FALSE(has("data/partitions/1/0.log"));
  EXPECT_EQ(disk.contents("data/format"), bytes("iggy data directory, format 1\n"));
  EXPECT_TRUE(has("other/file"));
}

TEST_F(DataDirectoryTest, has_an_empty_runtime_directory_after_each_start) {
  disk.set_contents("data/runtime/current_config.toml", bytes("old"));
  disk.set_contents("data/runtime/below/more", bytes("old"));

  ASSERT_TRUE(take());

  EXPECT_EQ(shard.run(disk.list("data/runtime")), (std::vector<runtime::DirectoryEntry>{}));
}

TEST_F(DataDirectoryTest, gives_the_error_of_the_disk) {
  disk.fail_call(DiskCall::make_directories, 0, Error::permission_denied);
  auto lock = take();
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error(), Error::permission_denied);

  disk.fail_call(DiskCall::write, 0, Error::no_space);
  lock = take();
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error(), Error::no_space);

  disk.fail_call(DiskCall::make_directories, 0, Error::io_error, 0, "runtime");
  lock = take();
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error(), Error::io_error);

  EXPECT_TRUE(take());
}

}  // namespace
}  // namespace iggy::server
