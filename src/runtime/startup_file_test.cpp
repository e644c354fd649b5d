// Tests of what is read at start.
#include "runtime/startup_file.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace iggy::runtime {
namespace {

class SmallFile : public testing::Test {
 protected:
  SmallFile() {
    char pattern[] = "/tmp/iggy-startup-test-XXXXXX";
    directory_ = mkdtemp(pattern);
    path_ = directory_ + "/file";
  }
  ~SmallFile() override {
    ::unlink(path_.c_str());
    ::rmdir(directory_.c_str());
  }
  void write(const std::string& text) const { std::ofstream(path_) << text; }

  std::string directory_;
  std::string path_;
};

TEST_F(SmallFile, is_read_whole) {
  const std::string text(10'000, 'x');
  write(text);

  EXPECT_EQ(read_small_file(path_, 10'000), text);
}

TEST_F(SmallFile, larger_than_allowed_is_refused) {
  write(std::string(10'001, 'x'));

  EXPECT_EQ(read_small_file(path_, 10'000), fail(Error::limit_reached));
}

TEST_F(SmallFile, that_is_missing_is_told_from_one_that_is_no_file) {
  EXPECT_EQ(read_small_file(path_, 10), fail(Error::file_not_found));
  EXPECT_EQ(read_small_file(path_ + "/below", 10), fail(Error::file_not_found));
  EXPECT_EQ(read_small_file(directory_, 10), fail(Error::operation_unsupported));
  EXPECT_EQ(read_small_file("/dev/zero", 10), fail(Error::operation_unsupported));
}

TEST_F(SmallFile, that_is_a_pipe_without_a_writer_does_not_block) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);

  EXPECT_EQ(read_small_file(path_, 10), fail(Error::operation_unsupported));
}

TEST_F(SmallFile, has_a_size_and_an_age) {
  write("12345");
  const timeval long_ago[2] = {{1'000'000, 0}, {1'000'000, 0}};

  EXPECT_EQ(file_facts(path_)->size, ByteSize{5});
  EXPECT_LT(file_facts(path_)->age, Duration::seconds(60));
  ASSERT_EQ(::utimes(path_.c_str(), long_ago), 0);
  EXPECT_GT(file_facts(path_)->age, Duration::seconds(1'000'000'000));
}

TEST_F(SmallFile, dated_in_the_future_has_no_age) {
  write("12345");
  const timeval far_away[2] = {{100'000'000'000, 0}, {100'000'000'000, 0}};
  ASSERT_EQ(::utimes(path_.c_str(), far_away), 0);

  EXPECT_EQ(file_facts(path_)->age, Duration{});
}

TEST_F(SmallFile, is_gone_once_removed) {
  write("12345");

  EXPECT_TRUE(remove_file(path_));
  EXPECT_EQ(remove_file(path_), fail(Error::file_not_found));
  EXPECT_EQ(file_facts(path_).error(), Error::file_not_found);
}

TEST(Environment, holds_the_variables_of_the_process) {
  ASSERT_EQ(::setenv("IGGY_STARTUP_TEST", "a=b", 1), 0);
  EXPECT_EQ(environment().at("IGGY_STARTUP_TEST"), "a=b");
  ASSERT_EQ(::unsetenv("IGGY_STARTUP_TEST"), 0);
  EXPECT_FALSE(environment().contains("IGGY_STARTUP_TEST"));
}

TEST(WorkingDirectory, is_absolute) { EXPECT_EQ(working_directory().front(), '/'); }

TEST(UpwardPaths, begin_in_the_working_directory_and_end_at_the_root) {
  const auto paths = upward_paths("a/b");

  EXPECT_EQ(paths.front(), working_directory() + "/a/b");
  EXPECT_EQ(paths.back(), "/a/b");
  EXPECT_EQ(static_cast<std::ptrdiff_t>(paths.size()),
            std::ranges::count(working_directory(), '/') + 1);
}

TEST(UpwardPaths, of_an_absolute_path_are_that_path) {
  EXPECT_EQ(upward_paths("/a/b"), std::vector<std::string>{"/a/b"});
}

}  // namespace
}  // namespace iggy::runtime
