// Tests of the commands about messages.
#include "wire/messages.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "wire/frame.hpp"
#include "wire/polled_messages.hpp"
#include "wire/testing.hpp"

namespace iggy::wire {
namespace {

using testing::GoldenVector;
using testing::hex;
using testing::load_vector;
using testing::load_vectors;

base::Bytes payload_of(const GoldenVector& vector) {
  return {vector.payload().begin(), vector.payload().end()};
}

std::vector<OutgoingMessage> outgoing(ByteView block) {
  std::vector<OutgoingMessage> messages;
  MessageReader reader(block);
  while (const auto message = reader.next().value()) {
    messages.push_back({.id = message->header.id,
                        .origin_timestamp = message->header.origin_timestamp,
                        .payload = message->payload,
                        .user_headers = message->user_headers});
  }
  return messages;
}

template <class Function>
void for_each_send_vector(Function function) {
  for (const auto& vector : load_vectors("messages")) {
    SCOPED_TRACE(vector.name);
    if (vector.direction == "request" && vector.code == SendMessages::code) function(vector);
  }
}

TEST(SendMessages, takes_the_published_requests_apart_and_puts_them_together_again) {
  std::size_t count = 0;
  for_each_send_vector([&](const GoldenVector& vector) {
    auto payload = payload_of(vector);
    const auto request = decode_send_messages(payload);
    ASSERT_TRUE(request);
    const auto batch = validate_batch(*request);
    ASSERT_TRUE(batch);
    EXPECT_EQ(std::to_string(batch->count), vector.field("messages_count"));
    if (vector.tolerated) return;

    const auto frame = encode_send_request(
        {request->stream_id, request->topic_id, request->partitioning}, outgoing(batch->bytes));
    EXPECT_EQ(frame, vector.bytes);
    ++count;
  });
  EXPECT_EQ(count, 6);
}

TEST(SendMessages, has_the_published_fields) {
  auto payload = payload_of(load_vector("messages", "send_messages_partition_two_with_headers"));

  const auto request = decode_send_messages(payload);

  ASSERT_TRUE(request);
  EXPECT_EQ(request->stream_id, IdentifierView(1));
  EXPECT_EQ(request->topic_id, IdentifierView(2));
  EXPECT_EQ(request->partitioning, Partitioning::partition(PartitionId{1}));
  EXPECT_EQ(request->messages_count, 2);
  EXPECT_EQ(request->indexes.size(), 32);
  EXPECT_EQ(request->messages.size(), 172);
}

TEST(SendMessages, refuses_every_truncation) {
  for_each_send_vector([](const GoldenVector& vector) {
    for (std::size_t size = 0; size < vector.payload().size(); ++size) {
      base::Bytes cut(vector.payload().begin(), vector.payload().begin() + size);
      const auto request = decode_send_messages(cut);
      EXPECT_FALSE(request && validate_batch(*request)) << "after " << size << " bytes";
    }
  });
}

TEST(SendMessages, survives_hostile_sizes_without_allocating) {
  for_each_send_vector([](const GoldenVector& vector) {
    const auto whole = payload_of(vector);
    for (std::size_t at = 0; at + 4 <= whole.size(); ++at) {
      for (const std::uint32_t size : {0u, 1u, 255u, 0x7fffffffu, 0xffffffffu}) {
        auto payload = whole;
        base::store(payload.data() + at, size);
        const auto before = testing::allocated_bytes();
        if (const auto request = decode_send_messages(payload)) {
          if (const auto batch = validate_batch(*request)) {
            ASSERT_EQ(batch->bytes.data() + batch->bytes.size(), payload.data() + payload.size());
          }
        }
        ASSERT_EQ(testing::allocated_bytes(), before);
      }
    }
  });
}

TEST(SendMessages, tells_bad_identifiers_from_bad_partitionings) {
  auto cut_topic = hex("08000000 0104 01000000 0104");
  auto unknown_kind = hex("12000000 0004 01000000 0104 02000000 0100 01000000");
  auto empty_name = hex("0e000000 0200 0104 02000000 0100 01000000");
  auto bad_partitioning = hex("12000000 0104 01000000 0104 02000000 0400 01000000");
  auto no_count = hex("0e000000 0104 01000000 0104 02000000 0100");

  EXPECT_EQ(decode_send_messages(cut_topic).error(), Error::invalid_identifier);
  EXPECT_EQ(decode_send_messages(unknown_kind).error(), Error::invalid_identifier);
  EXPECT_EQ(decode_send_messages(empty_name).error(), Error::invalid_identifier);
  EXPECT_EQ(decode_send_messages(bad_partitioning).error(), Error::invalid_command);
  EXPECT_EQ(decode_send_messages(no_count).error(), Error::invalid_command);
}

TEST(SendMessages, reads_nothing_of_the_metadata_behind_its_length) {
  auto payload = hex("0c000000 0104 01000000 0104 02000000 0100 01000000");

  EXPECT_EQ(decode_send_messages(payload).error(), Error::invalid_command);
}

TEST(SendMessages, accepts_names_that_are_not_utf8) {
  auto payload = hex("0f000000 0201 ff 0104 02000000 0100 00000000");

  const auto request = decode_send_messages(payload);

  ASSERT_TRUE(request);
  EXPECT_EQ(request->stream_id.name(), "\xff");
}

TEST(SendRequest, is_refused_before_it_is_built) {
  const base::Bytes too_big_payload(64'000'001);
  const base::Bytes too_big_headers(100'001);
  const base::Bytes long_key(256);
  const std::vector<OutgoingMessage> one{{.id = 1}};
  const SendTarget target{IdentifierView(1), IdentifierView(2), Partitioning::balanced()};
  const auto keyed = [&](ByteView key) {
    return SendTarget{IdentifierView(1), IdentifierView(2), Partitioning::messages_key(key)};
  };

  EXPECT_EQ(encode_send_request(target, {}), fail(Error::invalid_messages_count));
  EXPECT_EQ(encode_send_request(target, {{{.payload = too_big_payload}}}),
            fail(Error::too_big_message_payload));
  EXPECT_EQ(encode_send_request(target, {{{.user_headers = too_big_headers}}}),
            fail(Error::too_big_user_headers));
  EXPECT_EQ(encode_send_request(keyed({}), one), fail(Error::invalid_key_value_length));
  EXPECT_EQ(encode_send_request(keyed(long_key), one), fail(Error::invalid_key_value_length));
}

TEST(SendRequest, is_refused_above_the_largest_frame) {
  const base::Bytes payload(64'000'000);
  const std::vector<OutgoingMessage> messages(68, {.payload = payload});
  const SendTarget target{IdentifierView(1), IdentifierView(2), Partitioning::balanced()};

  EXPECT_EQ(encode_send_request(target, messages), fail(Error::invalid_messages_size));
}

TEST(SendRequest, is_allocated_once) {
  const base::Bytes payload(1000);
  const std::vector<OutgoingMessage> messages(100, {.payload = payload});
  const SendTarget target{IdentifierView("stream"), IdentifierView("topic"),
                          Partitioning::balanced()};
  const auto before = testing::allocated_bytes();

  const auto frame = encode_send_request(target, messages);

  ASSERT_TRUE(frame);
  EXPECT_EQ(testing::allocated_bytes() - before, frame->size());
}

TEST(PolledMessages, have_the_published_bytes) {
  const PolledMessages head{.partition_id = PartitionId{1}, .current_offset = 1, .count = 2};
  const auto vector = load_vector("messages", "poll_messages_ok_two");
  const auto published = vector.payload().first(polled_messages_size);

  base::Bytes stored(polled_messages_size);
  store_polled_messages(stored.data(), head);

  EXPECT_EQ(decode<PolledMessages>(published), head);
  EXPECT_TRUE(std::ranges::equal(stored, published));
  EXPECT_EQ(encode(head), stored);
}

TEST(PollMessages, has_the_published_bytes) {
  const PollMessages request{
      .consumer = {.kind = ConsumerKind::consumer_group, .id = Identifier("workers")},
      .stream_id = Identifier("test"),
      .topic_id = Identifier("events"),
      .strategy = {.kind = PollingKind::next},
      .count = 10,
      .auto_commit = true};
  const auto vector = load_vector("messages", "poll_messages_group_next");

  EXPECT_EQ(encode_request(request), vector.bytes);
  EXPECT_EQ(decode<PollMessages>(vector.payload()), request);
}

TEST(PollMessages, decodes_numeric_identifiers_without_allocating) {
  const auto vector = load_vector("messages", "poll_messages_offset");
  const auto before = testing::allocated_bytes();

  const auto request = decode<PollMessages>(vector.payload());

  EXPECT_TRUE(request.has_value());
  EXPECT_EQ(testing::allocated_bytes(), before);
}

}  // namespace
}  // namespace iggy::wire
