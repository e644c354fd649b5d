// Tests of dot-env files.
#include "server/dotenv.hpp"

#include <gtest/gtest.h>

namespace iggy::server {
namespace {

using Variables = std::vector<std::pair<std::string, std::string>>;
using Lines = std::vector<std::size_t>;

Variables variables(std::string_view text) { return parse_dotenv(text).variables; }

TEST(Dotenv, holds_lines_of_name_and_value) {
  EXPECT_EQ(variables("A=1\nB_2 = two words \nexport C=3\r\nD=\n"),
            (Variables{{"A", "1"}, {"B_2", "two words"}, {"C", "3"}, {"D", ""}}));
}

TEST(Dotenv, skips_empty_lines_and_comments) {
  const auto contents = parse_dotenv("\xef\xbb\xbf# first\n\n  \t\n  # second\nA=1 # third\nB=a#b");

  EXPECT_EQ(contents.variables, (Variables{{"A", "1"}, {"B", "a#b"}}));
  EXPECT_EQ(contents.bad_lines, Lines{});
}

TEST(Dotenv, takes_quoted_values_as_they_are) {
  EXPECT_EQ(variables(R"(A=' $x # "y" \n ' # why
B="a\n\t\"\\ # 'c'"
C=""
D='')"),
            (Variables{{"A", R"( $x # "y" \n )"}, {"B", "a\n\t\"\\ # 'c'"}, {"C", ""}, {"D", ""}}));
}

TEST(Dotenv, names_the_lines_that_it_does_not_understand) {
  const auto contents =
      parse_dotenv("A\n=1\n1A=1\nA B=1\nOK=1\nA='x\nA=\"x\nA=\"x\\\"\nA='x' y\nA-B=1\n" +
                   std::string("A=\0", 3));

  EXPECT_EQ(contents.variables, (Variables{{"OK", "1"}}));
  EXPECT_EQ(contents.bad_lines, (Lines{1, 2, 3, 4, 6, 7, 8, 9, 10, 11}));
}

TEST(DotenvFile, adds_to_the_environment_but_never_changes_it) {
  const std::string path = IGGY_TEST_DATA "/dotenv";
  runtime::Environment environment = {
      {"IGGY_ENV_PATH", path}, {"IGGY_TCP_ADDRESS", "there before"}, {"IGGY_HTTP_ADDRESS", ""}};
  const auto outcome = load_dotenv(environment);

  EXPECT_EQ(outcome.path, path);
  EXPECT_TRUE(outcome.is_explicit);
  EXPECT_EQ(outcome.warnings, std::vector<std::string>{path + ":5: is no line NAME=value"});
  EXPECT_EQ(environment.at("IGGY_TCP_ADDRESS"), "there before");
  EXPECT_EQ(environment.at("IGGY_HTTP_ADDRESS"), "");
  EXPECT_EQ(environment.at("IGGY_QUIC_ADDRESS"), "from file");
}

TEST(DotenvFile, may_be_missing) {
  runtime::Environment environment = {{"IGGY_ENV_PATH", "/no/such/file"}};
  const auto outcome = load_dotenv(environment);

  EXPECT_EQ(outcome.path, "");
  EXPECT_EQ(outcome.warnings, std::vector<std::string>{});
  EXPECT_EQ(environment.size(), 1);
}

}  // namespace
}  // namespace iggy::server
