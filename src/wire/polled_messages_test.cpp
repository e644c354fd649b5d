// Tests of reading poll replies.
#include "wire/polled_messages.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "wire/testing.hpp"
#include "wire/user_headers.hpp"

namespace iggy::wire {
namespace {

using testing::GoldenVector;
using testing::load_vector;
using testing::load_vectors;

std::vector<MessageView> all_messages(MessageReader reader) {
  std::vector<MessageView> messages;
  while (const auto message = reader.next().value()) messages.push_back(*message);
  return messages;
}

TEST(PolledMessagesReader, reads_the_published_replies) {
  std::size_t count = 0;
  for (const auto& vector : load_vectors("messages")) {
    SCOPED_TRACE(vector.name);
    if (vector.direction != "response" || vector.code != PollMessages::code) continue;

    const auto polled = read_polled_messages(vector.payload());

    ASSERT_TRUE(polled);
    EXPECT_EQ(std::to_string(number(polled->head.partition_id)), vector.field("partition_id"));
    EXPECT_EQ(std::to_string(polled->head.current_offset), vector.field("current_offset"));
    const auto messages = all_messages(polled->messages);
    EXPECT_EQ(messages.size(), polled->head.count);
    for (std::size_t i = 0; i < messages.size(); ++i) {
      const auto name = "messages[" + std::to_string(i) + "].";
      const auto& header = messages[i].header;
      EXPECT_EQ(std::to_string(header.offset), vector.field(name + "offset"));
      EXPECT_EQ(std::to_string(header.timestamp), vector.field(name + "timestamp"));
      EXPECT_EQ(std::to_string(header.origin_timestamp), vector.field(name + "origin_timestamp"));
      EXPECT_EQ(testing::hex(vector.field(name + "payload")),
                base::Bytes(messages[i].payload.begin(), messages[i].payload.end()));
      EXPECT_EQ(std::to_string(messages[i].user_headers.size()),
                vector.field(name + "user_headers_length"));
      const ByteView whole(messages[i].payload.data() - message_header_size, header.message_size());
      EXPECT_EQ(message_checksum(whole), header.checksum);
    }
    ++count;
  }
  EXPECT_EQ(count, 3);
}

TEST(PolledMessagesReader, keeps_the_bytes_of_a_uuid) {
  const auto vector = load_vector("messages", "poll_messages_ok_uuid_id");

  const auto polled = read_polled_messages(vector.payload());

  ASSERT_TRUE(polled);
  const auto messages = all_messages(polled->messages);
  ASSERT_EQ(messages.size(), 1);
  base::Bytes id(16);
  base::store(id.data(), messages[0].header.id);
  EXPECT_EQ(id, testing::hex("550e8400e29b41d4a716446655440000"));
}

TEST(PolledMessagesReader, stops_quietly_at_a_cut_message) {
  const auto vector = load_vector("messages", "poll_messages_ok_two");
  for (std::size_t size = 0; size < vector.payload().size(); ++size) {
    const auto polled = read_polled_messages(vector.payload().first(size));
    if (size < polled_messages_size) {
      EXPECT_EQ(polled.error(), Error::invalid_command);
    } else {
      ASSERT_TRUE(polled);
      EXPECT_EQ(all_messages(polled->messages).size(), size < polled_messages_size + 69 ? 0 : 1);
    }
  }
}

TEST(PolledMessagesReader, refuses_a_reserved_field_that_is_not_0) {
  const auto vector = load_vector("reject_client", "poll_reserved_nonzero");

  auto polled = read_polled_messages(vector.payload());

  ASSERT_TRUE(polled);
  EXPECT_EQ(polled->messages.next().error(), Error::invalid_reserved_field);
  EXPECT_EQ(polled->messages.next().error(), Error::invalid_reserved_field);
}

TEST(PolledMessagesReader, survives_hostile_sizes) {
  const auto vector = load_vector("messages", "poll_messages_ok_two");
  for (std::size_t at = 0; at + 4 <= vector.payload().size(); ++at) {
    for (const std::uint32_t size : {0u, 1u, 255u, 0x7fffffffu, 0xffffffffu}) {
      base::Bytes payload(vector.payload().begin(), vector.payload().end());
      base::store(payload.data() + at, size);
      auto polled = read_polled_messages(payload);
      ASSERT_TRUE(polled);
      std::size_t bytes = 0;
      for (auto message = polled->messages.next(); message && *message;
           message = polled->messages.next()) {
        bytes += (*message)->header.message_size();
      }
      EXPECT_LE(bytes, payload.size() - polled_messages_size);
    }
  }
}

}  // namespace
}  // namespace iggy::wire
