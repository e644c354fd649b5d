// How a command line is read, and what is said about one that is wrong.
#include "cli/syntax.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace iggy::cli {
namespace {

/// A command that takes a bit of everything.
struct Sample {
  Syntax syntax;
  std::uint32_t count = 1;
  std::optional<std::string> key;
  bool first = false;
  bool last = false;
  ListMode mode = ListMode::table;
  Identifier stream_id;
  std::vector<std::string> messages;

  Sample() {
    syntax.option({.letter = 'c',
                   .name = "count",
                   .value_name = "COUNT",
                   .help = "",
                   .take = take_into(count)});
    syntax.option(
        {.letter = 'k', .name = "key", .value_name = "KEY", .help = "", .take = take_into(key)});
    syntax.flag('f', "first", first, "");
    syntax.flag('l', "last", last, "");
    syntax.option({.name = "mode",
                   .value_name = "MODE",
                   .help = "",
                   .take = take_into(mode),
                   .choices = choices_of<ListMode>()});
    syntax.argument("STREAM_ID", stream_id, "");
    syntax.argument(
        {.name = "MESSAGES", .help = "", .presence = Presence::repeated, .take = add_to(messages)});
    syntax.excludes({"first", "last"});
    syntax.excludes_argument("key", "MESSAGES");
  }

  /// What is wrong with `texts`; empty if nothing is.
  std::string problem(const std::vector<std::string>& texts) {
    const auto parsed = syntax.parse(texts);
    return parsed ? "" : parsed.error().text;
  }
};

TEST(Syntax, reads_every_spelling_of_an_option) {
  for (const auto& texts : std::vector<std::vector<std::string>>{{"--count", "7", "s"},
                                                                 {"--count=7", "s"},
                                                                 {"-c", "7", "s"},
                                                                 {"-c7", "s"},
                                                                 {"-c=7", "s"},
                                                                 {"-fc7", "s"},
                                                                 {"s", "-fc", "7"}}) {
    Sample sample;
    EXPECT_EQ(sample.problem(texts), "");
    EXPECT_EQ(sample.count, 7U);
  }
}

TEST(Syntax, takes_texts_as_they_are) {
  Sample sample;
  EXPECT_EQ(sample.problem({"s", "[1,2]", "{}", "", "--", "-f", "--", "a=b"}), "");

  EXPECT_EQ(sample.messages, (std::vector<std::string>{"[1,2]", "{}", "", "-f", "--", "a=b"}));
  EXPECT_FALSE(sample.first);
}

TEST(Syntax, takes_a_value_with_a_dash_behind_an_equals_sign) {
  Sample sample;
  EXPECT_EQ(sample.problem({"--key=-x", "s"}), "");
  EXPECT_EQ(sample.key, "-x");

  EXPECT_EQ(Sample().problem({"--key", "-x", "s"}),
            "a value is required for '--key <KEY>' but none was supplied");
  EXPECT_EQ(Sample().problem({"s", "-k"}),
            "a value is required for '--key <KEY>' but none was supplied");
}

TEST(Syntax, takes_an_empty_value) {
  Sample sample;
  EXPECT_EQ(sample.problem({"--key=", "s"}), "");
  EXPECT_EQ(sample.key, "");
}

TEST(Syntax, refuses_what_it_does_not_know) {
  EXPECT_EQ(Sample().problem({"s", "--colour"}), "unexpected argument '--colour' found");
  EXPECT_EQ(Sample().problem({"s", "--coun", "1"}), "unexpected argument '--coun' found");
  EXPECT_EQ(Sample().problem({"s", "-fx"}), "unexpected argument '-x' found");
  EXPECT_EQ(Sample().problem({"s", "-1"}), "unexpected argument '-1' found");
  EXPECT_EQ(Sample().problem({"s", "--first=yes"}),
            "unexpected value 'yes' for '--first' found; no more were expected");
}

TEST(Syntax, says_why_a_value_is_wrong) {
  EXPECT_EQ(Sample().problem({"-c", "x", "s"}),
            "invalid value 'x' for '--count <COUNT>': invalid digit found in string");
  EXPECT_EQ(Sample().problem({"--mode", "LIST", "s"}),
            "invalid value 'LIST' for '--mode <MODE>'\n  [possible values: table, list]");
  EXPECT_EQ(Sample().problem({""}), "invalid value '' for '<STREAM_ID>': Invalid identifier");
}

TEST(Syntax, says_what_is_missing) {
  EXPECT_EQ(Sample().problem({}),
            "the following required arguments were not provided:\n  <STREAM_ID>");

  Sample sample;
  sample.syntax.requires_one({"first", "last"});
  EXPECT_EQ(sample.problem({}),
            "the following required arguments were not provided:\n  <--first|--last>\n"
            "  <STREAM_ID>");
}

TEST(Syntax, refuses_what_can_not_be_together) {
  EXPECT_EQ(Sample().problem({"-f", "-l", "s"}),
            "the argument '--first' cannot be used with '--last'");
  EXPECT_EQ(Sample().problem({"--key=a", "s", "m"}),
            "the argument '--key <KEY>' cannot be used with '[MESSAGES]...'");
  EXPECT_EQ(Sample().problem({"-c1", "-c2", "s"}),
            "the argument '--count <COUNT>' cannot be used multiple times");
}

TEST(Syntax, asks_for_help_wherever_it_stands) {
  Sample sample;
  const std::vector<std::string> full{"-c", "1", "--help", "--nonsense"};
  const std::vector<std::string> brief{"-fh"};

  EXPECT_EQ(sample.syntax.parse(full)->help, HelpLength::full);
  EXPECT_EQ(sample.syntax.parse(brief)->help, HelpLength::brief);
}

TEST(Syntax, leaves_the_words_of_a_command_to_others) {
  bool quiet = false;
  Syntax global;
  global.flag('q', "quiet", quiet, "");
  global.stops_at_first_word();
  const std::vector<std::string> texts{"-q", "stream", "list", "-q"};
  const std::vector<std::string> behind_dashes{"--", "ping"};

  EXPECT_EQ(global.parse(texts)->used, 1U);
  EXPECT_EQ(global.parse(behind_dashes).error().text, "unexpected argument 'ping' found");
}

}  // namespace
}  // namespace iggy::cli
