// Tests of what every disk does: the fake one, and the real one with and without workers.
#include "runtime/disk.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/memory_disk.hpp"
#include "runtime/testing.hpp"

namespace iggy::runtime {
namespace {

enum class Kind : std::uint8_t { memory, real_in_place, real_on_workers };

/// A disk with an empty directory `root`, and a way to run tasks that fits it.
class DiskTest : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    if (GetParam() == Kind::memory) {
      disk = std::make_unique<MemoryDisk>();
      root = "/root";
      ASSERT_TRUE(run(disk->make_directories(root)));
    } else {
      disk = make_real_disk();
      std::string pattern = std::filesystem::temp_directory_path() / "iggy-disk-XXXXXX";
      ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
      root = pattern;
    }
  }
  void TearDown() override { EXPECT_TRUE(run(disk->remove_all(root))); }

  template <class T>
  T run(Task<T> task) {
    if (GetParam() != Kind::real_on_workers) return runtime::run(std::move(task));
    std::optional<T> result;
    run_real(1, [&] { return store(std::move(task), result); });
    return std::move(*result);
  }

  [[nodiscard]] std::string in_root(std::string_view name) const { return join_path(root, name); }

  FileHandle open(std::string_view name, OpenMode mode = OpenMode::create) {
    return run(disk->open(in_root(name), mode)).value();
  }
  Result<> write(const FileHandle& file, std::uint64_t position,
                 std::initializer_list<std::string_view> texts) {
    std::vector<ByteView> pieces;
    for (const auto text : texts) pieces.push_back(base::as_bytes(text));
    return run(file->write_at(position, pieces));
  }
  std::string read(const FileHandle& file, std::uint64_t position, std::size_t size) {
    base::Bytes into(size);
    into.resize(run(file->read(position, into)).value());
    return std::string(base::as_text(into));
  }
  std::string contents(std::string_view name) {
    return std::string(base::as_text(run(read_file(*disk, in_root(name), 1000)).value()));
  }
  void make_file(std::string_view name, std::string_view text) {
    ASSERT_TRUE(run(write_file(*disk, in_root(name), base::as_bytes(text))));
  }
  std::vector<DirectoryEntry> list() { return run(disk->list(root)).value(); }

  std::unique_ptr<Disk> disk;
  std::string root;

 private:
  template <class T>
  static Task<int> store(Task<T> task, std::optional<T>& result) {
    result.emplace(co_await std::move(task));
    co_return 0;
  }
};

INSTANTIATE_TEST_SUITE_P(Each, DiskTest,
                         testing::Values(Kind::memory, Kind::real_in_place, Kind::real_on_workers),
                         [](const auto& info) {
                           switch (info.param) {
                             case Kind::memory:
                               return "memory";
                             case Kind::real_in_place:
                               return "real_in_place";
                             default:
                               return "real_on_workers";
                           }
                         });

using Entries = std::vector<DirectoryEntry>;

TEST_P(DiskTest, reads_what_was_written) {
  const auto file = open("file");

  EXPECT_TRUE(write(file, 0, {"one", "", "two"}));
  EXPECT_TRUE(write(file, 4, {"WO", "three"}));

  EXPECT_EQ(read(file, 0, 11), "onetWOthree");
  EXPECT_EQ(read(file, 3, 3), "tWO");
  EXPECT_EQ(file->size(), 11);
  EXPECT_EQ(file->path(), in_root("file"));
}

TEST_P(DiskTest, reads_less_only_at_the_end) {
  const auto file = open("file");
  ASSERT_TRUE(write(file, 0, {"abcdef"}));

  EXPECT_EQ(read(file, 4, 10), "ef");
  EXPECT_EQ(read(file, 6, 10), "");
  EXPECT_EQ(read(file, 1'000'000, 10), "");
  EXPECT_EQ(read(file, 0, 0), "");
}

TEST_P(DiskTest, reads_zeros_where_nothing_was_written) {
  const auto file = open("file");

  EXPECT_TRUE(write(file, 3, {"x"}));

  EXPECT_EQ(read(file, 0, 4), std::string("\0\0\0x", 4));
}

TEST_P(DiskTest, writes_nothing) {
  const auto file = open("file");

  EXPECT_TRUE(write(file, 5, {}));
  EXPECT_TRUE(write(file, 5, {"", ""}));

  EXPECT_EQ(file->size(), 0);
}

TEST_P(DiskTest, writes_more_pieces_than_one_call_takes) {
  const auto file = open("file");
  const std::string text = "0123456789";
  std::vector<ByteView> pieces(10'000, base::as_bytes(text));
  pieces[5'000] = base::as_bytes(std::string_view("middle"));

  ASSERT_TRUE(run(file->write_at(2, pieces)));

  EXPECT_EQ(file->size(), 99'998);
  EXPECT_EQ(read(file, 49'995, 20),
            "3456789"
            "middle"
            "0123456");
  EXPECT_EQ(read(file, 99'990, 20), "23456789");
}

TEST_P(DiskTest, syncs_and_truncates) {
  const auto file = open("file");
  ASSERT_TRUE(write(file, 0, {"abcdef"}));

  EXPECT_TRUE(run(file->sync()));
  EXPECT_TRUE(run(file->truncate(2)));
  EXPECT_TRUE(run(file->truncate(4)));

  EXPECT_EQ(read(file, 0, 10), std::string("ab\0\0", 4));
}

TEST_P(DiskTest, preallocates_without_changing_the_size) {
  const auto file = open("file");
  ASSERT_TRUE(write(file, 0, {"abc"}));

  const auto done = run(file->preallocate(1 << 20));
  if (done == fail(Error::operation_unsupported)) GTEST_SKIP() << "not on this file system";

  EXPECT_TRUE(done);
  EXPECT_TRUE(run(file->preallocate(0)));
  EXPECT_EQ(file->size(), 3);
}

TEST_P(DiskTest, opens_by_mode) {
  const auto path = in_root("file");
  EXPECT_EQ(run(disk->open(path, OpenMode::read)).error(), Error::file_not_found);
  EXPECT_EQ(run(disk->open(path, OpenMode::read_write)).error(), Error::file_not_found);
  EXPECT_EQ(run(disk->open(in_root("no/file"), OpenMode::create)).error(), Error::file_not_found);
  EXPECT_EQ(run(disk->open(root, OpenMode::read)).error(), Error::io_error);

  EXPECT_TRUE(write(open("file", OpenMode::create_new), 0, {"abc"}));

  EXPECT_EQ(run(disk->open(path, OpenMode::create_new)).error(), Error::file_exists);
  EXPECT_EQ(read(open("file", OpenMode::create), 0, 9), "abc");
  EXPECT_TRUE(write(open("file", OpenMode::read_write), 3, {"d"}));
  EXPECT_EQ(read(open("file", OpenMode::read), 0, 9), "abcd");
  EXPECT_EQ(write(open("file", OpenMode::read), 0, {"x"}), fail(Error::io_error));
}

TEST_P(DiskTest, renames_over_what_is_there) {
  make_file("from", "new");
  make_file("to", "old");

  EXPECT_TRUE(run(disk->rename(in_root("from"), in_root("to"))));

  EXPECT_EQ(contents("to"), "new");
  EXPECT_EQ(list(), (Entries{{"to", false}}));
  EXPECT_EQ(run(disk->rename(in_root("from"), in_root("to"))), fail(Error::file_not_found));
}

TEST_P(DiskTest, renames_directories) {
  ASSERT_TRUE(run(disk->make_directories(in_root("a"))));
  make_file("a/file", "1");
  ASSERT_TRUE(run(disk->make_directories(in_root("full/x"))));

  EXPECT_EQ(run(disk->rename(in_root("a"), in_root("full"))), fail(Error::file_exists));
  EXPECT_EQ(run(disk->rename(in_root("a"), in_root("a/b"))), fail(Error::io_error));
  EXPECT_TRUE(run(disk->rename(in_root("a"), in_root("full/x"))));

  EXPECT_EQ(contents("full/x/file"), "1");
}

TEST_P(DiskTest, unlinks_a_name_and_leaves_the_open_file) {
  make_file("file", "abc");
  const auto file = open("file", OpenMode::read);

  EXPECT_TRUE(run(disk->unlink(in_root("file"))));

  EXPECT_EQ(run(disk->exists(in_root("file"))), false);
  EXPECT_EQ(read(file, 0, 3), "abc");
  EXPECT_EQ(run(disk->unlink(in_root("file"))), fail(Error::file_not_found));
}

TEST_P(DiskTest, lists_sorted_by_name) {
  make_file("b", "1");
  make_file("a10", "2");
  ASSERT_TRUE(run(disk->make_directories(in_root("a9"))));

  EXPECT_EQ(list(), (Entries{{"a10", false}, {"a9", true}, {"b", false}}));
  EXPECT_EQ(run(disk->list(in_root("a9"))), Entries{});
  EXPECT_EQ(run(disk->list(in_root("none"))).error(), Error::file_not_found);
  EXPECT_EQ(run(disk->list(in_root("b"))).error(), Error::file_not_found);
}

TEST_P(DiskTest, makes_directories_at_any_depth_and_twice) {
  EXPECT_TRUE(run(disk->make_directories(in_root("a/b/c"))));
  EXPECT_TRUE(run(disk->make_directories(in_root("a/b/c/"))));
  EXPECT_TRUE(run(disk->sync_directory(in_root("a/b"))));

  EXPECT_EQ(run(disk->list(in_root("a/b"))), (Entries{{"c", true}}));
  EXPECT_EQ(run(disk->sync_directory(in_root("a/x"))), fail(Error::file_not_found));
}

TEST_P(DiskTest, does_not_make_a_directory_of_a_file) {
  make_file("file", "abc");

  EXPECT_EQ(run(disk->make_directories(in_root("file"))), fail(Error::file_exists));
  EXPECT_EQ(run(disk->make_directories(in_root("file/a"))), fail(Error::file_exists));
}

TEST_P(DiskTest, removes_a_whole_tree) {
  ASSERT_TRUE(run(disk->make_directories(in_root("a/b"))));
  make_file("a/b/file", "1");
  make_file("a/other", "2");

  EXPECT_TRUE(run(disk->remove_all(in_root("a"))));
  EXPECT_TRUE(run(disk->remove_all(in_root("a"))));

  EXPECT_EQ(list(), Entries{});
}

TEST_P(DiskTest, knows_what_is_there_and_how_much_room_is_left) {
  make_file("file", "1");

  EXPECT_EQ(run(disk->exists(in_root("file"))), true);
  EXPECT_EQ(run(disk->exists(root)), true);
  EXPECT_EQ(run(disk->exists(in_root("file/x"))), false);
  const auto space = run(disk->space(root)).value();
  EXPECT_GT(space.free_bytes, 0);
  EXPECT_GE(space.total_bytes, space.free_bytes);
}

TEST_P(DiskTest, locks_against_a_second_user) {
  auto lock = run(disk->lock(in_root("lock")));
  ASSERT_TRUE(lock);
  EXPECT_EQ(run(disk->lock(in_root("lock"))).error(), Error::file_locked);

  lock->reset();

  EXPECT_TRUE(run(disk->lock(in_root("lock"))));
}

// Whole files

TEST_P(DiskTest, puts_a_whole_file_in_place_of_another) {
  make_file("file", "a long one");
  make_file("file", "short");

  EXPECT_EQ(contents("file"), "short");
  EXPECT_EQ(list(), (Entries{{"file", false}}));
}

TEST_P(DiskTest, overwrites_the_draft_that_a_crash_left) {
  ASSERT_TRUE(write(open("file.new"), 0, {"half of something longer"}));

  make_file("file", "whole");

  EXPECT_EQ(contents("file"), "whole");
  EXPECT_EQ(list(), (Entries{{"file", false}}));
}

TEST_P(DiskTest, reads_whole_files_up_to_a_bound) {
  make_file("file", "12345");
  make_file("empty", "");

  EXPECT_EQ(base::as_text(run(read_file(*disk, in_root("file"), 5)).value()), "12345");
  EXPECT_EQ(run(read_file(*disk, in_root("file"), 4)).error(), Error::limit_reached);
  EXPECT_EQ(run(read_file(*disk, in_root("empty"), 0)), base::Bytes{});
  EXPECT_EQ(run(read_file(*disk, in_root("none"), 5)).error(), Error::file_not_found);
}

TEST(WriteFile, leaves_the_old_or_the_new_bytes_whenever_power_is_lost) {
  const auto old_bytes = base::Bytes(2'000, std::byte{'o'});
  const auto new_bytes = base::Bytes(3'000, std::byte{'n'});
  for (std::uint64_t call = 0; call <= 6; ++call) {  // six calls change something
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      SCOPED_TRACE(testing::Message() << "call " << call << ", seed " << seed);
      MemoryDisk disk(seed);
      disk.set_contents("file", old_bytes);
      disk.lose_power_after(call);

      const auto written = run(write_file(disk, "file", new_bytes));
      ASSERT_EQ(written, call < 6 ? Result<>(fail(Error::io_error)) : Result<>());
      disk.crash(MemoryDisk::Crash::power_loss);

      const auto found = disk.contents("file");
      EXPECT_TRUE(found == new_bytes || (!written && found == old_bytes));
    }
  }
}

TEST(WriteFile, leaves_the_old_bytes_and_no_draft_when_a_call_fails) {
  for (const auto call :
       {DiskCall::open, DiskCall::truncate, DiskCall::write, DiskCall::sync, DiskCall::rename}) {
    MemoryDisk disk;
    disk.set_contents("file", base::Bytes(10, std::byte{1}));
    disk.fail_call(call, 0, Error::no_space);

    EXPECT_EQ(run(write_file(disk, "file", base::Bytes(20, std::byte{2}))), fail(Error::no_space));

    EXPECT_EQ(disk.paths(), (std::vector<std::string>{"file"}));
    EXPECT_EQ(disk.contents("file"), base::Bytes(10, std::byte{1}));
  }
}

// Paths

TEST(Paths, are_joined_with_one_slash) {
  EXPECT_EQ(join_path("a/b", "c"), "a/b/c");
  EXPECT_EQ(join_path("a/b/", "c"), "a/b/c");
  EXPECT_EQ(join_path("/", "c"), "/c");
  EXPECT_EQ(join_path("", "c"), "c");
}

TEST(Paths, have_a_parent) {
  EXPECT_EQ(parent_path("/a/b"), "/a");
  EXPECT_EQ(parent_path("/a/b//"), "/a");
  EXPECT_EQ(parent_path("a//b"), "a");
  EXPECT_EQ(parent_path("/a"), "/");
  EXPECT_EQ(parent_path("/"), "/");
  EXPECT_EQ(parent_path("a"), ".");
  EXPECT_EQ(parent_path("a/"), ".");
  EXPECT_EQ(parent_path(""), ".");
}

}  // namespace
}  // namespace iggy::runtime
