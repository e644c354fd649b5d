// Commands about messages: send, poll, flush.
#pragma once

#include <boost/describe/class.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "iggy/identifier.hpp"
#include "wire/codec.hpp"
#include "wire/message_batch.hpp"
#include "wire/primitives.hpp"

namespace iggy::wire {

/// What a poll is answered with, in front of the messages: see `read_polled_messages`.
struct PolledMessages {
  PartitionId partition_id{};
  std::uint64_t current_offset{};  // of the partition's last message, 0 if there never was one
  std::uint32_t count{};           // of the messages that follow

  bool operator==(const PolledMessages&) const = default;
};
BOOST_DESCRIBE_STRUCT(PolledMessages, (), (partition_id, current_offset, count))

inline constexpr std::size_t polled_messages_size = 16;
/// Writes it at `bytes`, which must have room for 16 of them.
void store_polled_messages(std::byte* bytes, const PolledMessages& head);

struct PollMessages {
  static constexpr std::uint32_t code = 100;
  using Reply = PolledMessages;  // followed by the messages

  Consumer consumer;
  Identifier stream_id;
  Identifier topic_id;
  std::optional<PartitionId> partition_id;
  PollingStrategy strategy;
  std::uint32_t count{};  // any number; 0: only the head of the reply
  bool auto_commit{};     // store the offset of the last message that was returned

  bool operator==(const PollMessages&) const = default;
};
BOOST_DESCRIBE_STRUCT(PollMessages, (),
                      (consumer, stream_id, topic_id, partition_id, strategy, count, auto_commit))

/// Messages for a topic, as they were received. All of it lies in the request's payload, and the
/// messages are still unchecked: `validate_batch` is next.
struct SendMessages {
  static constexpr std::uint32_t code = 101;
  using Reply = void;

  IdentifierView stream_id;
  IdentifierView topic_id;
  Partitioning partitioning;
  std::uint32_t messages_count{};
  ByteView indexes;  // 16 bytes for each message
  MutableByteView messages;
};

/// Takes a payload apart (5.6, rows 2 to 6). Errors: invalid_command, invalid_identifier.
[[nodiscard]] Result<SendMessages> decode_send_messages(MutableByteView payload);

/// Checks the messages of a decoded request: `validate_batch` with its parts.
[[nodiscard]] inline Result<Batch> validate_batch(const SendMessages& request) {
  return validate_batch(request.indexes, request.messages, request.messages_count);
}

/// A message to be sent. Its bytes lie elsewhere.
struct OutgoingMessage {
  unsigned __int128 id{};            // 0: the server gives it one
  std::uint64_t origin_timestamp{};  // microseconds
  ByteView payload;
  ByteView user_headers;  // encoded
};

/// Where sent messages go.
struct SendTarget {
  IdentifierView stream_id;
  IdentifierView topic_id;
  Partitioning partitioning;
};

/// The whole frame of a send request. Errors: invalid_messages_count (none),
/// too_big_message_payload, too_big_user_headers, invalid_messages_size (more than fits a frame),
/// invalid_key_value_length, invalid_identifier.
[[nodiscard]] Result<Bytes> encode_send_request(const SendTarget& target,
                                                std::span<const OutgoingMessage> messages);

/// Writes what the server still holds in memory to the disk.
struct FlushUnsavedBuffer {
  static constexpr std::uint32_t code = 102;
  using Reply = void;

  Identifier stream_id;
  Identifier topic_id;
  PartitionId partition_id{};
  bool fsync{};

  bool operator==(const FlushUnsavedBuffer&) const = default;
};
BOOST_DESCRIBE_STRUCT(FlushUnsavedBuffer, (), (stream_id, topic_id, partition_id, fsync))

}  // namespace iggy::wire
