// A client against a scripted server: connecting, logging in, messages.
#include "client/client.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "client/testing.hpp"
#include "runtime/testing.hpp"
#include "wire/message_batch.hpp"

namespace iggy::client {
namespace {

using runtime::TestShard;
using testing::Script;

/// Fails to connect a number of times, then reaches `script`.
struct Unreachable {
  Script script;
  std::size_t failures = 0;
  Error error = Error::cannot_establish_connection;
  std::size_t attempts = 0;
};

Task<Result<std::unique_ptr<net::ByteStream>>> try_to_connect(Unreachable& server) {
  if (server.attempts++ < server.failures) co_return fail(server.error);
  co_return std::make_unique<testing::ScriptedStream>(server.script);
}
Connector connector_of(Unreachable& server) {
  return [&server] { return try_to_connect(server); };
}

TEST(Client, tries_again_as_often_as_it_may) {
  TestShard shard;
  Unreachable server{.script = {}, .failures = 2};
  Client client(connector_of(server), {.retries_max = 2, .interval = Duration::seconds(5)});
  const auto start = shard.clock().monotonic();

  EXPECT_EQ(shard.run(client.connect()), Result<>{});
  EXPECT_EQ(server.attempts, 3U);
  EXPECT_EQ(shard.clock().monotonic() - start, Duration::seconds(10));
  EXPECT_TRUE(client.is_connected());
}

TEST(Client, gives_up_after_that) {
  TestShard shard;
  Unreachable server{.script = {}, .failures = 100};
  Client client(connector_of(server), {.retries_max = 2, .interval = Duration::seconds(5)});

  EXPECT_EQ(shard.run(client.connect()), fail(Error::cannot_establish_connection));
  EXPECT_EQ(server.attempts, 3U);
  EXPECT_EQ(shard.run(client.ping()), fail(Error::not_connected));
}

TEST(Client, does_not_try_again_what_can_not_be_an_address) {
  TestShard shard;
  Unreachable server{.script = {}, .failures = 100, .error = Error::invalid_ip_address};
  Client client(connector_of(server));

  EXPECT_EQ(shard.run(client.connect()), fail(Error::cannot_establish_connection));
  EXPECT_EQ(server.attempts, 1U);
}

/// A client that is connected to a script.
struct Fixture {
  TestShard shard;
  Script script;
  Client client{testing::scripted(script)};

  Fixture() { EXPECT_EQ(shard.run(client.connect()), Result<>{}); }
};

TEST(Client, logs_in_and_out) {
  Fixture fixture;
  fixture.script.reply(wire::UserIdentity{UserId{7}});
  fixture.script.reply_empty();

  const auto identity = fixture.shard.run(fixture.client.login_user("iggy", "secret"));
  const auto logged_out = fixture.shard.run(fixture.client.logout_user());
  fixture.shard.run(fixture.client.close());

  ASSERT_TRUE(identity);
  EXPECT_EQ(identity->user_id, UserId{7});
  EXPECT_TRUE(logged_out);
  ASSERT_EQ(fixture.script.requests.size(), 2U);
  EXPECT_EQ(fixture.script.requests[0].code, 38U);
  const auto text = base::as_text(fixture.script.requests[0].payload);
  EXPECT_EQ(text.substr(0, 12), "\x04iggy\x06secret");
  EXPECT_EQ(fixture.script.requests[1].code, 39U);
  EXPECT_EQ(fixture.script.closed, 1U);
}

TEST(Client, does_not_send_names_and_passwords_that_can_not_be_right) {
  Fixture fixture;
  const std::string long_text(256, 'x');
  auto& [shard, script, client] = fixture;

  EXPECT_EQ(shard.run(client.login_user("iggy", "")), fail(Error::invalid_password));
  EXPECT_EQ(shard.run(client.login_user("iggy", "ab")), fail(Error::invalid_password));
  EXPECT_EQ(shard.run(client.login_user("iggy", long_text)), fail(Error::invalid_password));
  EXPECT_EQ(shard.run(client.login_user("", "secret")), fail(Error::invalid_username));
  EXPECT_EQ(shard.run(client.login_user("ab", "secret")), fail(Error::invalid_username));
  EXPECT_EQ(shard.run(client.create_stream("")), fail(Error::invalid_format));
  EXPECT_EQ(shard.run(client.create_stream(long_text)), fail(Error::invalid_format));
  EXPECT_EQ(shard.run(client.update_stream(Identifier(1), "")), fail(Error::invalid_format));
  EXPECT_EQ(shard.run(client.create_topic(Identifier(1), {.name = ""}, 1)),
            fail(Error::invalid_format));
  EXPECT_TRUE(script.requests.empty());
}

TEST(Client, sends_messages_in_one_request) {
  Fixture fixture;
  fixture.script.reply_empty();
  const std::array messages{wire::OutgoingMessage{.payload = base::as_bytes("one")},
                            wire::OutgoingMessage{.payload = base::as_bytes("three")}};

  const auto sent = fixture.shard.run(
      fixture.client.send_messages({.stream_id = wire::IdentifierView(1U),
                                    .topic_id = wire::IdentifierView(2U),
                                    .partitioning = wire::Partitioning::partition(PartitionId{3})},
                                   messages));

  EXPECT_TRUE(sent);
  ASSERT_EQ(fixture.script.requests.size(), 1U);
  EXPECT_EQ(fixture.script.requests[0].code, 101U);
  const auto request = wire::decode_send_messages(fixture.script.requests[0].payload);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->messages_count, 2U);
  EXPECT_EQ(request->partitioning.partition_id, PartitionId{3});
  EXPECT_TRUE(wire::validate_batch(*request));
}

TEST(Client, does_not_send_nothing_or_empty_messages) {
  Fixture fixture;
  const std::array messages{wire::OutgoingMessage{.payload = {}}};

  EXPECT_EQ(fixture.shard.run(fixture.client.send_messages({}, {})),
            fail(Error::invalid_messages_count));
  EXPECT_EQ(fixture.shard.run(fixture.client.send_messages({}, messages)),
            fail(Error::invalid_message_payload_length));
  EXPECT_EQ(fixture.shard.run(fixture.client.poll_messages({.count = 0})),
            fail(Error::invalid_messages_count));
  EXPECT_TRUE(fixture.script.requests.empty());
}

/// A reply to a poll: its head, and messages with the payloads "a", "bc" ...
base::Bytes poll_reply(std::uint32_t count, const std::vector<std::string>& payloads) {
  base::Bytes frame(wire::frame_header_size + wire::polled_messages_size);
  wire::store_polled_messages(
      frame.data() + wire::frame_header_size,
      {.partition_id = PartitionId{1}, .current_offset = 9, .count = count});
  for (const auto& payload : payloads) {
    const auto at = frame.size();
    frame.resize(at + wire::message_header_size);
    wire::store_message_header(
        frame.data() + at,
        {.offset = 8, .payload_size = static_cast<std::uint32_t>(payload.size())});
    const auto bytes = base::as_bytes(payload);
    frame.insert(frame.end(), bytes.begin(), bytes.end());
  }
  wire::store_reply_header(
      frame.data(),
      {.status = 0,
       .payload_size = static_cast<std::uint32_t>(frame.size() - wire::frame_header_size)});
  return frame;
}

TEST(Client, polls_messages) {
  Fixture fixture;
  fixture.script.replies.push_back(poll_reply(2, {"a", "bc"}));

  auto polled = fixture.shard.run(fixture.client.poll_messages({.count = 10}));

  ASSERT_TRUE(polled);
  const auto moved = std::move(*polled);
  EXPECT_EQ(moved.partition_id(), PartitionId{1});
  EXPECT_EQ(moved.current_offset(), 9U);
  ASSERT_EQ(moved.messages().size(), 2U);
  EXPECT_EQ(base::as_text(moved.messages()[1].payload), "bc");
  EXPECT_EQ(moved.bytes().size(), 2 * 64 + 3U);
}

TEST(Client, takes_the_messages_that_are_there_when_the_last_one_is_cut) {
  Fixture fixture;
  auto frame = poll_reply(2, {"a", "bc"});
  frame.pop_back();
  wire::store_reply_header(
      frame.data(), {.status = 0, .payload_size = static_cast<std::uint32_t>(frame.size() - 8)});
  fixture.script.replies.push_back(frame);

  const auto polled = fixture.shard.run(fixture.client.poll_messages({.count = 10}));

  ASSERT_TRUE(polled);
  EXPECT_EQ(polled->messages().size(), 1U);
  EXPECT_EQ(polled->bytes().size(), 65U);
}

TEST(Client, refuses_a_poll_reply_without_a_head) {
  Fixture fixture;
  fixture.script.reply_empty();

  const auto polled = fixture.shard.run(fixture.client.poll_messages({.count = 10}));

  ASSERT_FALSE(polled);
  EXPECT_EQ(polled.error(), Error::invalid_command);
}

}  // namespace
}  // namespace iggy::client
