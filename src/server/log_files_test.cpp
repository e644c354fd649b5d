// Tests of how the log is set up and how long its files are kept.
#include "server/log_files.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdio>
#include <string>

namespace iggy::server {
namespace {

TEST(ChosenLogLevel, is_that_of_the_environment_before_that_of_the_settings) {
  const LoggingSettings settings{.level = "warn,server=trace"};

  EXPECT_EQ(chosen_log_level(settings, {}), base::LogLevel::warning);
  EXPECT_EQ(chosen_log_level(settings, {{"RUST_LOG", "error"}}), base::LogLevel::error);
  EXPECT_EQ(chosen_log_level(settings, {{"RUST_LOG", ""}}), base::LogLevel::warning);
  EXPECT_EQ(chosen_log_level(settings, {{"RUST_LOG", "x=debug"}}), base::LogLevel::warning);
}

TEST(ChosenLogLevel, is_info_when_nothing_is_understood) {
  EXPECT_EQ(chosen_log_level({.level = "loud"}, {}), base::LogLevel::info);
}

TEST(LogFileOptions, lie_below_the_data_directory) {
  SystemSettings settings;
  settings.path = "/data";

  EXPECT_EQ(log_file_options(settings).path, "/data/logs/iggy-server.log");
  EXPECT_EQ(log_file_options(settings).max_file_size, ByteSize{500'000'000});
  EXPECT_EQ(log_file_options(settings).max_total_size, ByteSize{4'000'000'000});
}

class OldLogFiles : public testing::Test {
 protected:
  OldLogFiles() {
    char pattern[] = "/tmp/iggy-log-files-test-XXXXXX";
    directory_ = mkdtemp(pattern);
    options_.path = directory_ + "/iggy-server.log";
  }
  ~OldLogFiles() override {
    for (const auto* end : {"", ".1", ".2", ".3", ".5"}) std::remove((options_.path + end).c_str());
    std::remove(directory_.c_str());
  }

  void write(const std::string& end, std::size_t size, int age_seconds) const {
    const auto path = options_.path + end;
    auto* file = std::fopen(path.c_str(), "w");
    ASSERT_NE(file, nullptr);
    std::fputs(std::string(size, 'x').c_str(), file);
    std::fclose(file);
    timeval now{};
    gettimeofday(&now, nullptr);
    const timeval times[2] = {{now.tv_sec - age_seconds, 0}, {now.tv_sec - age_seconds, 0}};
    ASSERT_EQ(::utimes(path.c_str(), times), 0);
  }
  [[nodiscard]] bool exists(const std::string& end) const {
    return ::access((options_.path + end).c_str(), F_OK) == 0;
  }

  std::string directory_;
  base::LogFileOptions options_;
};

TEST_F(OldLogFiles, go_when_they_are_older_than_the_retention) {
  write("", 10, 5'000);
  write(".1", 10, 100);
  write(".2", 10, 1'000);
  write(".3", 10, 2'000);

  EXPECT_EQ(remove_old_log_files(options_, Duration::seconds(500)), 2);
  EXPECT_TRUE(exists(""));
  EXPECT_TRUE(exists(".1"));
  EXPECT_FALSE(exists(".2"));
  EXPECT_FALSE(exists(".3"));
}

TEST_F(OldLogFiles, go_from_the_oldest_on_while_all_are_too_large) {
  write("", 10, 0);
  write(".1", 10, 1);
  write(".2", 10, 2);
  write(".3", 10, 3);
  options_.max_total_size = ByteSize{25};

  EXPECT_EQ(remove_old_log_files(options_, Duration::seconds(500)), 2);
  EXPECT_TRUE(exists(".1"));
  EXPECT_FALSE(exists(".2"));
}

TEST_F(OldLogFiles, stay_while_they_are_within_bounds) {
  write("", 10, 0);
  write(".1", 10, 1);
  options_.max_total_size = ByteSize{20};

  EXPECT_EQ(remove_old_log_files(options_, Duration::seconds(500)), 0);
  EXPECT_TRUE(exists(".1"));
}

TEST_F(OldLogFiles, are_those_numbered_without_a_gap) {
  write(".1", 10, 1'000);
  write(".5", 10, 1'000);

  EXPECT_EQ(remove_old_log_files(options_, Duration::seconds(500)), 1);
  EXPECT_TRUE(exists(".5"));
}

}  // namespace
}  // namespace iggy::server
