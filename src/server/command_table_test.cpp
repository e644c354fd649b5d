// One test over the whole command table: what is malformed, who has to log in, what goes wrong.
#include "server/command_table.hpp"

#include <gtest/gtest.h>

#include <exception>
#include <string>
#include <utility>

#include "server/testing.hpp"
#include "wire/commands.hpp"

namespace iggy::server {
namespace {

using wire::Name;

/// A well-formed request.
struct Sample {
  std::uint32_t code;
  base::Bytes payload;
};

template <class Request>
Sample sample(const Request& request) {
  return {Request::code, wire::encode(request)};
}

Identifier one() { return Identifier(1); }
Identifier named() { return Identifier("a name"); }
wire::Consumer consumer() { return {.kind = wire::ConsumerKind::consumer, .id = one()}; }

std::vector<Sample> samples() {
  return {
      sample(wire::Ping{}),
      sample(wire::GetStats{}),
      sample(wire::GetClusterMetadata{}),
      sample(wire::GetMe{}),
      sample(wire::LoginUser{.username = Name("abc"), .password = wire::ShortText("")}),
      sample(wire::LogoutUser{}),
      sample(wire::PollMessages{.consumer = consumer(),
                                .stream_id = one(),
                                .topic_id = named(),
                                .partition_id = PartitionId{0},
                                .strategy = {.kind = wire::PollingKind::offset, .value = 0},
                                .count = 1}),
      sample(wire::FlushUnsavedBuffer{.stream_id = one(), .topic_id = named()}),
      sample(wire::GetConsumerOffset{
          .consumer = consumer(), .stream_id = one(), .topic_id = one(), .partition_id = {}}),
      sample(wire::StoreConsumerOffset{.consumer = consumer(),
                                       .stream_id = one(),
                                       .topic_id = one(),
                                       .partition_id = {},
                                       .offset = 1}),
      sample(wire::DeleteConsumerOffset{
          .consumer = consumer(), .stream_id = one(), .topic_id = one(), .partition_id = {}}),
      sample(wire::GetStream{.stream_id = named()}),
      sample(wire::GetStreams{}),
      sample(wire::CreateStream{.name = Name("s")}),
      sample(wire::DeleteStream{.stream_id = one()}),
      sample(wire::UpdateStream{.stream_id = one(), .name = Name("s")}),
      sample(wire::PurgeStream{.stream_id = one()}),
      sample(wire::GetTopic{.stream_id = one(), .topic_id = named()}),
      sample(wire::GetTopics{.stream_id = one()}),
      sample(wire::CreateTopic{.stream_id = one(),
                               .partitions_count = 1,
                               .compression_algorithm = wire::CompressionAlgorithm::none,
                               .name = Name("t")}),
      sample(wire::DeleteTopic{.stream_id = one(), .topic_id = one()}),
      sample(wire::UpdateTopic{.stream_id = one(),
                               .topic_id = one(),
                               .compression_algorithm = wire::CompressionAlgorithm::none,
                               .name = Name("t")}),
      sample(wire::PurgeTopic{.stream_id = one(), .topic_id = one()}),
      sample(wire::CreatePartitions{.stream_id = one(), .topic_id = one(), .partitions_count = 1}),
      sample(wire::DeletePartitions{.stream_id = one(), .topic_id = one(), .partitions_count = 1}),
  };
}

bool is_open_to_strangers(std::uint32_t code) {
  return code == wire::Ping::code || code == wire::LoginUser::code;
}

class CommandTableTest : public ::testing::Test {
 protected:
  /// The status of the one reply to this request.
  std::uint32_t status(std::uint32_t code, base::ByteView payload, broker::Session& session) {
    base::Bytes bytes(payload.begin(), payload.end());
    const auto answered = host.shard.run(answer(code, {.context = {host.broker, session},
                                                       .payload = bytes,
                                                       .replies = replies,
                                                       .poll_reply_size_max = 1'000'000}));
    EXPECT_TRUE(answered);
    after = answered.value_or(AfterReply::close);
    EXPECT_TRUE(host.shard.run(replies.flush()));
    const auto statuses = peer.statuses();
    EXPECT_EQ(statuses.size(), 1);
    return statuses.empty() ? ~0U : statuses.front();
  }
  std::uint32_t status_for_stranger(std::uint32_t code, base::ByteView payload) {
    return status(code, payload, stranger);
  }

  testing::TestBroker host;
  testing::Peer peer;
  testing::PeerStream stream{peer};
  ReplyWriter replies{stream};
  broker::Session stranger = testing::TestBroker::stranger();
  broker::Session root = host.root();
  AfterReply after = AfterReply::go_on;
};

TEST_F(CommandTableTest, has_a_row_and_a_sample_for_each_command) {
  EXPECT_EQ(samples().size(), std::tuple_size_v<wire::DescribedCommands>);
  for (const auto& [code, payload] : samples()) {
    EXPECT_TRUE(wire::with_command(code, []<class>() {})) << code;
    EXPECT_NE(status_for_stranger(code, payload), 3) << code;
  }
}

TEST_F(CommandTableTest, demands_a_login_for_all_but_ping_and_login) {
  for (const auto& [code, payload] : samples()) {
    if (is_open_to_strangers(code)) continue;
    EXPECT_EQ(status_for_stranger(code, payload), 40) << code;
    EXPECT_EQ(after, AfterReply::go_on) << code;
  }
  EXPECT_EQ(status_for_stranger(wire::Ping::code, {}), 0);
}

TEST_F(CommandTableTest, refuses_what_is_malformed_before_it_asks_for_a_login) {
  for (const auto& [code, payload] : samples()) {
    for (std::size_t size = 0; size < payload.size(); ++size) {
      const auto refused = status_for_stranger(code, base::ByteView(payload).first(size));
      EXPECT_TRUE(refused == 3 || refused == 4) << code << " cut to " << size << ": " << refused;
    }
  }
}

TEST_F(CommandTableTest, refuses_what_is_malformed_behind_a_login_in_the_same_way) {
  for (const auto& [code, payload] : samples()) {
    for (std::size_t size = 0; size < payload.size(); ++size) {
      const auto cut = base::ByteView(payload).first(size);
      const auto expected = status_for_stranger(code, cut);
      EXPECT_EQ(status(code, cut, root), expected) << code << " cut to " << size;
    }
  }
}

TEST_F(CommandTableTest, accepts_bytes_behind_a_complete_payload) {
  for (auto [code, payload] : samples()) {
    if (code == wire::LoginUser::code) continue;
    payload.resize(payload.size() + 100, std::byte{0xff});
    EXPECT_EQ(status_for_stranger(code, payload), code == wire::Ping::code ? 0 : 40) << code;
  }
}

TEST_F(CommandTableTest, refuses_garbage) {
  const base::Bytes garbage(64, std::byte{0xff});
  for (const auto& [code, payload] : samples()) {
    if (payload.empty()) continue;
    const auto refused = status(code, garbage, root);
    EXPECT_TRUE(refused == 3 || refused == 4) << code << ": " << refused;
  }
}

TEST_F(CommandTableTest, asks_for_a_login_before_it_looks_at_messages) {
  const base::Bytes garbage(64, std::byte{0xff});

  EXPECT_EQ(status_for_stranger(wire::SendMessages::code, garbage), 40);
  EXPECT_EQ(status_for_stranger(wire::SendMessages::code, {}), 40);
  EXPECT_EQ(status(wire::SendMessages::code, garbage, root), 3);
  EXPECT_EQ(status(wire::SendMessages::code, {}, root), 3);
}

TEST_F(CommandTableTest, refuses_codes_that_no_command_has) {
  for (const std::uint32_t code :
       {0U, 2U, 9U, 19U, 37U, 40U, 103U, 199U, 301U + 600, 10'000U, ~0U}) {
    EXPECT_EQ(status(code, {}, root), 3) << code;
    EXPECT_EQ(after, AfterReply::go_on) << code;
  }
}

TEST_F(CommandTableTest, closes_behind_error_100) {
  root.user_incarnation = Incarnation{12'345};

  EXPECT_EQ(status(wire::GetMe::code, {}, root), 100);
  EXPECT_EQ(after, AfterReply::close);
  EXPECT_EQ(status(wire::LogoutUser::code, {}, root), 100);
  EXPECT_EQ(after, AfterReply::close);
}

TEST_F(CommandTableTest, answers_a_poll_from_nowhere_with_one_error) {
  const auto request = samples()[6];
  ASSERT_EQ(request.code, wire::PollMessages::code);

  EXPECT_NE(status(request.code, request.payload, root), 0);
}

}  // namespace
}  // namespace iggy::server
