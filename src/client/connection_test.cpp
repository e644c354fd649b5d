// Requests and replies over a stream that behaves well, slowly, or not at all.
#include "client/connection.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>

#include "client/testing.hpp"
#include "runtime/testing.hpp"
#include "wire/streams.hpp"
#include "wire/system.hpp"

namespace iggy::client {
namespace {

using runtime::TestShard;
using testing::Script;
using testing::ScriptedStream;

/// A connection to a scripted server, with the shard that it lives on.
struct Fixture {
  TestShard shard;
  Script script;
  std::optional<Connection> connection;

  explicit Fixture(ConnectionLimits limits = {}) {
    connection.emplace(std::make_unique<ScriptedStream>(script), limits);
  }
  Result<> ping() { return shard.run(connection->call(wire::Ping{})); }
};

wire::Stream some_stream() {
  return {.id = StreamId{3},
          .created_at = {1'700'000'000'000'000},
          .topics_count = 1,
          .size_bytes = {150},
          .messages_count = 2,
          .name = wire::Name("dev")};
}

TEST(Connection, sends_a_request_and_decodes_its_reply) {
  Fixture fixture;
  fixture.script.reply(some_stream());

  const auto stream =
      fixture.shard.run(fixture.connection->call(wire::CreateStream{.name = wire::Name("dev")}));

  ASSERT_TRUE(stream);
  EXPECT_EQ(*stream, some_stream());
  ASSERT_EQ(fixture.script.requests.size(), 1U);
  EXPECT_EQ(fixture.script.requests[0].code, 202U);
  EXPECT_EQ(base::as_text(fixture.script.requests[0].payload),
            "\x03"
            "dev");
}

TEST(Connection, puts_a_reply_together_that_comes_in_single_bytes) {
  Fixture fixture;
  fixture.script.chunk_size = 1;
  fixture.script.reply(std::vector{some_stream(), some_stream()});

  const auto streams = fixture.shard.run(fixture.connection->call(wire::GetStreams{}));

  ASSERT_TRUE(streams);
  EXPECT_EQ(streams->size(), 2U);
}

TEST(Connection, takes_an_empty_reply_for_nothing_found) {
  Fixture fixture;
  fixture.script.reply_empty();

  const auto stream = fixture.shard.run(
      fixture.connection->call(wire::GetStream{.stream_id = Identifier(std::string("x"))}));

  ASSERT_TRUE(stream);
  EXPECT_EQ(*stream, std::nullopt);
}

TEST(Connection, gives_the_status_of_a_reply_and_goes_on) {
  Fixture fixture;
  fixture.script.reply_error(1009);
  fixture.script.reply_error(987'654);  // unknown to us
  fixture.script.reply_error(100'004);  // a number that is only ours
  fixture.script.reply_empty();

  EXPECT_EQ(fixture.ping(), fail(Error::stream_id_not_found));
  EXPECT_EQ(fixture.ping(), fail(Error::error));
  EXPECT_EQ(fixture.ping(), fail(Error::error));
  EXPECT_EQ(fixture.ping(), Result<>{});
}

TEST(Connection, reports_a_reply_that_can_not_be_decoded) {
  Fixture fixture;
  auto frame = wire::encode_reply(some_stream());
  frame.resize(frame.size() - 2);
  wire::store_reply_header(
      frame.data(), {.status = 0, .payload_size = static_cast<std::uint32_t>(frame.size() - 8)});
  fixture.script.replies.push_back(frame);
  fixture.script.reply_empty();

  const auto stream =
      fixture.shard.run(fixture.connection->call(wire::CreateStream{.name = wire::Name("dev")}));

  EXPECT_EQ(stream, fail(Error::invalid_command));
  EXPECT_EQ(fixture.ping(), Result<>{});
}

TEST(Connection, is_of_no_use_after_the_server_has_gone) {
  Fixture fixture;
  fixture.script.closes_afterwards = true;

  EXPECT_EQ(fixture.ping(), fail(Error::disconnected));
  EXPECT_EQ(fixture.ping(), fail(Error::disconnected));
  EXPECT_EQ(fixture.script.requests.size(), 1U);
  EXPECT_FALSE(fixture.connection->is_usable());
}

TEST(Connection, is_of_no_use_after_half_a_reply) {
  Fixture fixture;
  auto frame = wire::encode_reply(some_stream());
  frame.resize(12);
  fixture.script.replies.push_back(frame);
  fixture.script.closes_afterwards = true;

  const auto stream =
      fixture.shard.run(fixture.connection->call(wire::CreateStream{.name = wire::Name("dev")}));

  EXPECT_EQ(stream, fail(Error::disconnected));
  EXPECT_FALSE(fixture.connection->is_usable());
}

TEST(Connection, waits_for_a_silent_server_only_so_long) {
  Fixture fixture({.silence_max = Duration::seconds(7)});
  const auto start = fixture.shard.clock().monotonic();

  EXPECT_EQ(fixture.ping(), fail(Error::timed_out));
  EXPECT_EQ(fixture.shard.clock().monotonic() - start, Duration::seconds(7));
  EXPECT_EQ(fixture.ping(), fail(Error::disconnected));
}

TEST(Connection, does_not_believe_a_huge_size) {
  Fixture fixture({.reply_size_max = {100}});
  base::Bytes frame(wire::frame_header_size);
  wire::store_reply_header(frame.data(), {.status = 0, .payload_size = 101});
  fixture.script.replies.push_back(frame);

  EXPECT_EQ(fixture.ping(), fail(Error::disconnected));
  EXPECT_FALSE(fixture.connection->is_usable());
}

runtime::Task<> store_ping(Connection& connection, std::optional<Result<>>& outcome) {
  outcome = co_await connection.call(wire::Ping{});
}

TEST(Connection, serves_several_tasks_one_after_the_other) {
  Fixture fixture;
  std::optional<Result<>> first;
  std::optional<Result<>> second;
  fixture.shard.group().spawn(store_ping(*fixture.connection, first));
  fixture.shard.group().spawn(store_ping(*fixture.connection, second));
  fixture.shard.run_ready();

  // No reply has come yet: the second request has to wait.
  EXPECT_EQ(fixture.script.requests.size(), 1U);
  fixture.shard.group().cancel();
  fixture.shard.run(fixture.shard.group().join());

  EXPECT_EQ(first, Result<>(fail(Error::cancelled)));
  EXPECT_EQ(second, Result<>(fail(Error::cancelled)));
  EXPECT_EQ(fixture.script.requests.size(), 1U);
  EXPECT_FALSE(fixture.connection->is_usable());
}

}  // namespace
}  // namespace iggy::client
