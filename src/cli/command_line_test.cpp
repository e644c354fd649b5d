// The command line as a whole: which command is meant, help, and misuse.
#include "cli/command_line.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cli/encryption_key.hpp"
#include "cli/ping_statistics.hpp"

namespace iggy::cli {
namespace {

using Texts = std::vector<std::string>;

/// How the program ends with `texts` before it does anything.
Ending ending(const Texts& texts) {
  auto read = read_command_line(texts);
  EXPECT_FALSE(read);
  return read ? Ending{.status = -1, .output = {}, .error = {}} : read.error();
}

/// What the command would do.
std::string explanation(const Texts& texts) {
  const auto read = read_command_line(texts);
  EXPECT_TRUE(read) << (read ? "" : read.error().error);
  return read ? read->command->explain() : "";
}

TEST(CommandLine, names_a_command_and_its_arguments) {
  EXPECT_EQ(explanation({"stream", "create", "dev"}),
            "create stream with name: dev and ID auto incremented");
  EXPECT_EQ(explanation({"s", "c", "-s", "7", "create"}),
            "create stream with name: create and ID auto incremented");
  EXPECT_EQ(
      explanation({"t", "c", "-m", "2 GB", "-r", "3", "dev", "t1", "1", "gzip", "1day", "1h"}),
      "create topic with name: t1, message expiry: 1day 1h, compression algorithm: gzip, max "
      "topic size: 2.00 GB, replication factor: 3 in stream with ID: dev");
  EXPECT_EQ(explanation({"partition", "create", "dev", "t2", "1"}),
            "create 1 partition for topic with ID: t2 and stream with ID: dev");
  EXPECT_EQ(explanation({"message", "flush", "-f", "dev", "t", "1"}),
            "flush messages from topic with ID: t and stream with ID: dev (partition with ID: 1) "
            "with fsync");
  EXPECT_EQ(explanation({"o", "g", "-k", "cg", "1", "dev", "t", "9"}),
            "get consumer offset for consumer group with ID: 1 for stream with ID: dev and topic "
            "with ID: t and partition with ID: 9");
}

TEST(CommandLine, takes_global_options_in_front) {
  const auto read = read_command_line(Texts{"-qu", "iggy", "-psecret", "--tcp-server-address",
                                            "h:1", "--tcp-reconnection-max-retries=0",
                                            "--tcp-reconnection-interval", "10ms", "me"});

  ASSERT_TRUE(read);
  EXPECT_TRUE(read->options.quiet);
  EXPECT_EQ(read->options.username, "iggy");
  EXPECT_EQ(read->options.password, "secret");
  EXPECT_EQ(read->options.tcp_server_address, "h:1");
  EXPECT_EQ(read->options.tcp_reconnection.retries_max, 0U);
  EXPECT_EQ(read->options.tcp_reconnection.interval, Duration::milliseconds(10));
}

TEST(CommandLine, is_misused_with_status_two) {
  EXPECT_EQ(ending({"frobnicate"}).status, 2);
  EXPECT_EQ(ending({"frobnicate"}).error,
            "error: unrecognized subcommand 'frobnicate'\n\nUsage: iggy [OPTIONS] [COMMAND]\n\n"
            "For more information, try '--help'.\n");
  EXPECT_EQ(ending({"stream", "list", "-u", "iggy"}).error,
            "error: unexpected argument '-u' found\n\nUsage: iggy stream list [OPTIONS]\n\n"
            "For more information, try '--help'.\n");
  EXPECT_EQ(ending({"-u", "a", "-t", "b", "me"}).error,
            "error: the argument '--username <USERNAME>' cannot be used with '--token <TOKEN>'\n\n"
            "Usage: iggy [OPTIONS] [COMMAND]\n\nFor more information, try '--help'.\n");
  EXPECT_EQ(ending({"ping", "-c", "0"}).status, 2);
  EXPECT_EQ(ending({"--http-retries", "x", "ping"}).status, 2);
  EXPECT_EQ(ending({"message", "send", "-m", "", "dev", "t", "x"}).status, 2);
}

TEST(CommandLine, without_a_command_shows_all) {
  const auto shown = ending({});

  EXPECT_EQ(shown.status, 0);
  EXPECT_TRUE(shown.output.starts_with(" ___                     ____ _     ___ \n|_ _|"));
  EXPECT_NE(shown.output.find("\n  stream           stream operations [aliases: s]\n"),
            std::string::npos);
}

TEST(CommandLine, explains_a_group_that_lacks_its_command) {
  const auto shown = ending({"topic"});

  EXPECT_EQ(shown.status, 2);
  EXPECT_EQ(shown.output, "");
  EXPECT_NE(shown.error.find("Usage: iggy topic <COMMAND>"), std::string::npos);
}

TEST(CommandLine, helps_in_every_way_of_asking) {
  const auto asked = ending({"stream", "create", "--help"});

  EXPECT_EQ(asked.status, 0);
  EXPECT_EQ(asked.output,
            "Create a stream with a given name\n\n"
            "Example:\n  iggy stream create prod\n\n"
            "Usage: iggy stream create [OPTIONS] <NAME>\n\n"
            "Arguments:\n  <NAME>\n          Name of the new stream\n\n"
            "Options:\n  -s, --stream-id <STREAM_ID>\n"
            "          Accepted for old scripts: the server chooses the ID\n\n"
            "  -h, --help\n          Print help (see more with '--help')\n");
  EXPECT_EQ(ending({"help", "stream", "create"}).output, asked.output);
  EXPECT_EQ(ending({"stream", "help", "create"}).output, asked.output);
  EXPECT_EQ(ending({"stream", "create", "-h"}).output,
            "Create a stream with a given name\n\n"
            "Usage: iggy stream create [OPTIONS] <NAME>\n\n"
            "Arguments:\n  <NAME>  Name of the new stream\n\n"
            "Options:\n  -s, --stream-id <STREAM_ID>  Accepted for old scripts: the server chooses "
            "the ID\n  -h, --help                   Print help (see more with '--help')\n");
  EXPECT_EQ(ending({"--version"}).output, "iggy-cli 0.8.0\n");
  EXPECT_NE(ending({"--help"}).output.find("--tcp-tls-domain <TCP_TLS_DOMAIN>"), std::string::npos);
}

TEST(CommandLine, writes_completion_scripts) {
  const auto script = ending({"--generate", "bash"});

  EXPECT_EQ(script.status, 0);
  EXPECT_NE(script.output.find("    \"stream list\") words=\"--list-mode --help\" ;;\n"
                               "    \"stream list --list-mode\") words=\"table list\" ;;\n"),
            std::string::npos);
  EXPECT_EQ(ending({"--generate", "ksh"}).status, 2);
}

TEST(EncryptionKey, is_base64_of_32_bytes) {
  const auto key = parse_encryption_key("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");

  ASSERT_TRUE(key);
  EXPECT_EQ((*key)[0], std::byte{0});
  EXPECT_EQ((*key)[31], std::byte{31});
  EXPECT_FALSE(parse_encryption_key("abc"));
  EXPECT_FALSE(parse_encryption_key("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9="));
  EXPECT_FALSE(parse_encryption_key("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8A"));
  EXPECT_FALSE(parse_encryption_key("*AECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="));
}

TEST(PingStatistics, are_those_of_the_population) {
  EXPECT_EQ(ping_statistics({{1322}, {3457}, {5343}, {7838}}),
            "min/avg/max/mdev = 1.322/4.490/7.838/2.400 ms");
  EXPECT_EQ(ping_statistics({{500}}), "min/avg/max/mdev = 0.500/0.500/0.500/0.000 ms");
}

}  // namespace
}  // namespace iggy::cli
