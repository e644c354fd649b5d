// Tests of the log: levels, and the file with its rotation.
#include "base/logging.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <cstdio>
#include <string>

namespace iggy::base {
namespace {

/// The contents of a file; "-" if it is not there.
std::string contents(const std::string& path) {
  auto* file = std::fopen(path.c_str(), "r");
  if (file == nullptr) return "-";
  std::string text(1 << 20, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  return text;
}

std::size_t lines_count(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

class LogFile : public testing::Test {
 protected:
  LogFile() {
    char pattern[] = "/tmp/iggy-logging-test-XXXXXX";
    directory_ = mkdtemp(pattern);
    path_ = directory_ + "/logs/iggy-server.log";
  }
  ~LogFile() override {
    close_log_file();
    set_log_level(LogLevel::info);
    for (const auto* end : {"", ".1", ".2", ".3", ".old"}) std::remove((path_ + end).c_str());
    std::remove((directory_ + "/logs").c_str());
    std::remove(directory_.c_str());
  }

  std::string directory_;
  std::string path_;
};

TEST_F(LogFile, holds_the_lines_written_while_it_is_open) {
  log_info("before");
  ASSERT_TRUE(open_log_file({.path = path_}));
  log_info("the number {}", 7);
  log_warning("second");
  close_log_file();
  log_info("after");

  const auto text = contents(path_);
  EXPECT_EQ(lines_count(text), 2);
  EXPECT_TRUE(text.find("Z info    the number 7\n") != text.npos) << text;
  EXPECT_TRUE(text.find("Z warning second\n") != text.npos) << text;
  EXPECT_EQ(text.find('\x1b'), text.npos);
}

TEST_F(LogFile, holds_only_lines_of_the_level) {
  ASSERT_TRUE(open_log_file({.path = path_}));
  set_log_level(LogLevel::error);
  log_warning("too low");
  log_error("high enough");

  EXPECT_EQ(lines_count(contents(path_)), 1);
  EXPECT_FALSE(logs(LogLevel::warning));
  EXPECT_TRUE(logs(LogLevel::error));
  EXPECT_EQ(log_level(), LogLevel::error);
}

TEST_F(LogFile, takes_nothing_when_the_level_is_off) {
  ASSERT_TRUE(open_log_file({.path = path_}));
  set_log_level(LogLevel::off);
  log_error("unheard");

  EXPECT_EQ(contents(path_), "");
  EXPECT_EQ(log_level(), LogLevel::off);
}

TEST_F(LogFile, is_not_fooled_by_line_breaks_inside_of_a_line) {
  ASSERT_TRUE(open_log_file({.path = path_}));
  log_info("stream {}", "a\n2026-01-01 info forged\x1b[31m");

  const auto text = contents(path_);
  EXPECT_EQ(lines_count(text), 1);
  EXPECT_TRUE(text.find("stream a\\x0a2026-01-01 info forged\\x1b[31m\n") != text.npos) << text;
}

TEST_F(LogFile, takes_a_line_with_braces_as_it_is) {
  ASSERT_TRUE(open_log_file({.path = path_}));
  write_log(LogLevel::info, "{} {0} {{x}}");

  EXPECT_TRUE(contents(path_).ends_with(" {} {0} {{x}}\n"));
}

TEST_F(LogFile, goes_on_where_an_earlier_process_ended) {
  ASSERT_TRUE(open_log_file({.path = path_}));
  log_info("first");
  close_log_file();
  ASSERT_TRUE(open_log_file({.path = path_}));
  log_info("second");

  EXPECT_EQ(lines_count(contents(path_)), 2);
}

TEST_F(LogFile, is_rotated_when_a_line_does_not_fit_and_drops_the_oldest) {
  // A line takes 29 bytes of time, 8 of level and the text: about 60, so that two fit into one.
  ASSERT_TRUE(open_log_file(
      {.path = path_, .max_file_size = ByteSize{150}, .max_total_size = ByteSize{450}}));
  for (int i = 0; i < 9; ++i) log_info("line {} of some length", i);

  EXPECT_TRUE(contents(path_).ends_with("line 8 of some length\n"));
  EXPECT_EQ(lines_count(contents(path_)), 1);
  EXPECT_TRUE(contents(path_ + ".1").ends_with("line 7 of some length\n"));
  EXPECT_TRUE(contents(path_ + ".2").ends_with("line 5 of some length\n"));
  EXPECT_EQ(lines_count(contents(path_ + ".2")), 2);
  EXPECT_EQ(contents(path_ + ".3"), "-");
}

TEST_F(LogFile, is_never_rotated_without_a_size) {
  ASSERT_TRUE(open_log_file({.path = path_, .max_total_size = ByteSize{100}}));
  for (int i = 0; i < 9; ++i) log_info("line {} of some length", i);

  EXPECT_EQ(lines_count(contents(path_)), 9);
  EXPECT_EQ(contents(path_ + ".1"), "-");
}

TEST_F(LogFile, is_made_anew_when_it_was_moved_away_and_is_reopened) {
  ASSERT_TRUE(open_log_file({.path = path_}));
  log_info("before");
  ASSERT_EQ(std::rename(path_.c_str(), (path_ + ".old").c_str()), 0);
  ASSERT_TRUE(reopen_log_file());
  log_info("after");

  EXPECT_TRUE(contents(path_ + ".old").ends_with("before\n"));
  EXPECT_TRUE(contents(path_).ends_with("after\n"));
}

TEST_F(LogFile, that_cannot_be_opened_is_an_error_and_the_log_goes_on) {
  EXPECT_EQ(open_log_file({.path = "/dev/null/iggy-server.log"}), fail(Error::io_error));
  log_info("to standard output alone");
  EXPECT_TRUE(reopen_log_file());
}

TEST(RotatedFiles, share_the_total_size_with_the_file_being_written) {
  EXPECT_EQ(rotated_files_max({.max_file_size = ByteSize{500}, .max_total_size = ByteSize{4000}}),
            7);
  EXPECT_EQ(rotated_files_max({.max_file_size = ByteSize{500}, .max_total_size = ByteSize{500}}),
            1);
  EXPECT_EQ(rotated_files_max({.max_file_size = ByteSize{500}}), 100'000);
  EXPECT_EQ(rotated_files_max({.max_total_size = ByteSize{500}}), 1);
  EXPECT_EQ(rotated_files_max({.max_file_size = ByteSize{1}, .max_total_size = 1_GiB}), 100'000);
}

TEST(LogLevelFilter, is_a_level_in_any_letter_case) {
  EXPECT_EQ(parse_log_level("trace"), LogLevel::trace);
  EXPECT_EQ(parse_log_level("Debug"), LogLevel::debug);
  EXPECT_EQ(parse_log_level("INFO"), LogLevel::info);
  EXPECT_EQ(parse_log_level("warn"), LogLevel::warning);
  EXPECT_EQ(parse_log_level("warning"), LogLevel::warning);
  EXPECT_EQ(parse_log_level("error"), LogLevel::error);
  EXPECT_EQ(parse_log_level("off"), LogLevel::off);
  EXPECT_EQ(parse_log_level("none"), LogLevel::off);
}

TEST(LogLevelFilter, takes_the_part_without_a_target_from_a_list) {
  EXPECT_EQ(parse_log_level("warn,server=debug,iggy=trace"), LogLevel::warning);
  EXPECT_EQ(parse_log_level("server=debug, error"), LogLevel::error);
  EXPECT_EQ(parse_log_level("nonsense,debug,"), LogLevel::debug);
}

TEST(LogLevelFilter, is_nothing_when_no_part_is_general) {
  EXPECT_EQ(parse_log_level("server=debug"), std::nullopt);
  EXPECT_EQ(parse_log_level("loud"), std::nullopt);
  EXPECT_EQ(parse_log_level(""), std::nullopt);
  EXPECT_EQ(parse_log_level(",,"), std::nullopt);
}

}  // namespace
}  // namespace iggy::base
