// Commands against a scripted server: what they send, print, read and write.
#include "cli/command.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/message_table.hpp"
#include "client/testing.hpp"
#include "runtime/memory_disk.hpp"
#include "runtime/testing.hpp"
#include "wire/message_batch.hpp"
#include "wire/user_headers.hpp"

namespace iggy::cli {
namespace {

/// Runs commands against a script and keeps what they print.
struct Bench {
  runtime::TestShard shard;
  runtime::MemoryDisk disk;
  client::testing::Script script;
  client::Client client{client::testing::scripted(script)};
  runtime::StandardInput input;
  std::string printed;

  Bench() { EXPECT_TRUE(shard.run(client.connect())); }

  Outcome run(const std::vector<std::string>& texts) {
    auto read = read_command_line(texts);
    if (!read) return std::unexpected(Failure{read.error().error, {}});
    Output output(read->options.quiet ? Verbosity::quiet : Verbosity::normal,
                  [this](std::string_view text) -> Result<> {
                    printed += text;
                    return {};
                  });
    return shard.run(
        read->command->run({.client = client, .output = output, .disk = disk, .input = input}));
  }
};

wire::Stream dev_stream() {
  return {.id = StreamId{0},
          .created_at = {1'700'000'000'000'000},
          .topics_count = 1,
          .size_bytes = {3481},
          .messages_count = 43,
          .name = wire::Name("dev")};
}

TEST(Command, prints_a_list_as_a_table) {
  Bench bench;
  bench.script.reply(std::vector{dev_stream()});

  EXPECT_TRUE(bench.run({"stream", "list"}));
  EXPECT_EQ(bench.printed,
            "+----+---------------------+------+----------+----------+--------+\n"
            "| ID | Created             | Name | Size (B) | Messages | Topics |\n"
            "+================================================================+\n"
            "| 0  | 2023-11-14 22:13:20 | dev  | 3.48 KB  | 43       | 1      |\n"
            "+----+---------------------+------+----------+----------+--------+\n");
}

TEST(Command, prints_a_list_in_lines) {
  Bench bench;
  bench.script.reply(std::vector{dev_stream(), dev_stream()});

  EXPECT_TRUE(bench.run({"stream", "list", "-l", "list"}));
  EXPECT_EQ(bench.printed,
            "0|2023-11-14 22:13:20|dev|3.48 KB|43|1\n"
            "0|2023-11-14 22:13:20|dev|3.48 KB|43|1\n");
}

TEST(Command, prints_nothing_if_quiet) {
  Bench bench;
  bench.script.reply(std::vector{dev_stream()});

  EXPECT_TRUE(bench.run({"-q", "stream", "list"}));
  EXPECT_EQ(bench.printed, "");
}

TEST(Command, finds_nothing_without_failing) {
  Bench bench;
  bench.script.reply_empty();

  EXPECT_TRUE(bench.run({"stream", "get", "none-such"}));
  EXPECT_EQ(bench.printed, "Stream with ID: none-such was not found\n");
}

TEST(Command, fails_with_what_it_tried_and_why) {
  Bench bench;
  bench.script.reply_error(1009);

  const auto outcome = bench.run({"stream", "delete", "5"});

  ASSERT_FALSE(outcome);
  EXPECT_EQ(report(outcome.error()),
            "Error: CommandError(Problem deleting stream with ID: 5\n\nCaused by:\n"
            "    Stream with ID: 0 was not found.)");
}

TEST(Command, escapes_what_names_could_do_to_a_terminal) {
  Bench bench;
  auto stream = dev_stream();
  stream.name = wire::Name("a\x1b[2J");
  bench.script.reply(std::vector{stream});

  EXPECT_TRUE(bench.run({"stream", "list", "-l", "list"}));
  EXPECT_EQ(bench.printed, "0|2023-11-14 22:13:20|a\\x1b[2J|3.48 KB|43|1\n");
}

TEST(Command, sends_a_message_as_it_was_typed) {
  Bench bench;
  bench.script.reply_empty();

  EXPECT_TRUE(bench.run({"message", "send", "-p", "1", "-H", "k:string:v", "dev", "t", "[1,2]"}));

  EXPECT_EQ(bench.printed, "Sent messages to topic with ID: t and stream with ID: dev\n");
  ASSERT_EQ(bench.script.requests.size(), 1U);
  const auto request = wire::decode_send_messages(bench.script.requests[0].payload);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->messages_count, 1U);
  EXPECT_EQ(request->partitioning.partition_id, PartitionId{1});
  const auto header = wire::load_message_header(request->messages.data());
  EXPECT_EQ(header.payload_size, 5U);
  EXPECT_EQ(header.user_headers_size, 12U);
  EXPECT_EQ(header.origin_timestamp, 1'700'000'000'000'000U);
  EXPECT_EQ(base::as_text(request->messages.subspan(64, 5)), "[1,2]");
}

/// What a server answers to a poll: two messages, the second one with a header.
base::Bytes poll_reply() {
  UserHeaders headers;
  headers.emplace("lang", "en");
  const auto encoded = wire::encode_user_headers(headers);
  base::Bytes frame(wire::frame_header_size + wire::polled_messages_size);
  base::ByteWriter writer(frame);
  const auto add = [&](unsigned __int128 id, std::string_view payload, base::ByteView more) {
    base::Bytes header(wire::message_header_size);
    wire::store_message_header(header.data(),
                               {.id = id,
                                .offset = 0,
                                .timestamp = 1'700'000'000'000'005,
                                .user_headers_size = static_cast<std::uint32_t>(more.size()),
                                .payload_size = static_cast<std::uint32_t>(payload.size())});
    writer.view(header);
    writer.text(payload);
    writer.view(more);
  };
  add(1, "first", {});
  add((static_cast<unsigned __int128>(1) << 64), "second \u20ac", *encoded);
  wire::store_polled_messages(frame.data() + 8, {.partition_id = PartitionId{0}, .count = 2});
  wire::store_reply_header(
      frame.data(), {.status = 0, .payload_size = static_cast<std::uint32_t>(frame.size() - 8)});
  return frame;
}

TEST(Command, polls_messages_with_their_headers) {
  ::setenv("TZ", "UTC", 1);
  Bench bench;
  bench.script.replies.push_back(poll_reply());

  EXPECT_TRUE(bench.run({"message", "poll", "-f", "-m", "2", "-s", "dev", "t", "0"}));
  EXPECT_EQ(
      bench.printed,
      "Polled messages from topic with ID: t and stream with ID: dev (from partition with ID: 0)\n"
      "Polled 2 messages of total size 159 B, it took 0s\n"
      "+--------+----------------------------+----------------------+--------+----------+"
      "--------------+\n"
      "| Offset | Timestamp                  | ID                   | Length | Payload  |"
      " Header: lang |\n"
      "|        |                            |                      |        |          |"
      "    string    |\n"
      "+================================================================================"
      "===============+\n"
      "| 0      | 2023-11-14 22:13:20.000005 | 1                    | 5      | first    |"
      "              |\n"
      "|--------+----------------------------+----------------------+--------+----------+"
      "--------------|\n"
      "| 0      | 2023-11-14 22:13:20.000005 | 18446744073709551616 | 10     | second \u20ac |"
      " en           |\n"
      "+--------+----------------------------+----------------------+--------+----------+"
      "--------------+\n");
  ::unsetenv("TZ");
}

TEST(Command, records_messages_and_sends_them_again) {
  Bench bench;
  ASSERT_TRUE(bench.shard.run(bench.disk.make_directories("d")));
  bench.script.replies.push_back(poll_reply());
  bench.script.replies.push_back(poll_reply());
  bench.script.reply_empty();

  const std::vector<std::string> poll{"message",       "poll",    "-f",  "-m", "2",
                                      "--output-file", "d/a.bin", "dev", "t",  "0"};
  EXPECT_TRUE(bench.run(poll));
  EXPECT_TRUE(bench.run(poll));  // appends
  bench.printed.clear();
  EXPECT_TRUE(bench.run({"message", "send", "--input-file", "d/a.bin", "dev", "t"}));

  EXPECT_EQ(bench.printed,
            "Read 318 bytes from d/a.bin file\n"
            "Created 4 messages using 318 bytes\n"
            "Sent messages to topic with ID: t and stream with ID: dev\n");
  ASSERT_EQ(bench.script.requests.size(), 3U);
  const auto request = wire::decode_send_messages(bench.script.requests[2].payload);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->messages_count, 4U);
  EXPECT_EQ(request->messages.size(), 318U);
}

TEST(Command, says_which_file_can_not_be_opened) {
  Bench bench;
  bench.script.replies.push_back(poll_reply());

  const auto sent = bench.run({"message", "send", "--input-file", "no/a.bin", "dev", "t"});
  const auto polled =
      bench.run({"message", "poll", "-f", "--output-file", "no/a.bin", "dev", "t", "0"});

  ASSERT_FALSE(sent);
  EXPECT_EQ(report(sent.error()),
            "Error: CommandError(Problem opening file for reading: no/a.bin\n\nCaused by:\n"
            "    No such file or directory (os error 2))");
  ASSERT_FALSE(polled);
  EXPECT_EQ(polled.error().context, "Problem opening file for writing: no/a.bin");
}

TEST(Command, pings_once_a_second) {
  Bench bench;
  bench.script.reply_empty();
  bench.script.reply_empty();
  const auto start = bench.shard.clock().monotonic();

  EXPECT_TRUE(bench.run({"ping", "-c", "2"}));
  EXPECT_EQ(bench.printed,
            "Ping sequence id: 1 time: 0.00 ms\n"
            "Ping sequence id: 2 time: 0.00 ms\n\n"
            "Ping statistics for 2 ping commands\n"
            "min/avg/max/mdev = 0.000/0.000/0.000/0.000 ms\n");
  EXPECT_EQ(bench.shard.clock().monotonic() - start, Duration::seconds(2));
}

}  // namespace
}  // namespace iggy::cli
