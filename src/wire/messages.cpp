// The codecs of the commands about messages; sending is written by hand, since it copies nothing.
#include "wire/messages.hpp"

#include <array>
#include <limits>

#include "wire/described_codec.hpp"
#include "wire/frame.hpp"

namespace iggy::wire {

template struct Codec<PollMessages>;
template struct Codec<PolledMessages>;
template struct Codec<FlushUnsavedBuffer>;

namespace {

/// What is to be sent, measured: where each of its parts begins follows.
struct SendSizes {
  std::uint64_t metadata = 0;
  std::uint64_t messages = 0;

  [[nodiscard]] std::uint64_t payload(std::size_t count) const {
    return sizeof(std::uint32_t) + metadata + count * message_index_size + messages;
  }
};

std::uint64_t encoded_size(const IdentifierView& identifier) {
  return 2 + (identifier.is_numeric() ? sizeof(std::uint32_t) : identifier.name().size());
}

std::uint64_t encoded_size(const Partitioning& partitioning) {
  switch (partitioning.kind) {
    case PartitioningKind::balanced:
      return 2;
    case PartitioningKind::partition_id:
      return 2 + sizeof(std::uint32_t);
    case PartitioningKind::messages_key:
      return 2 + partitioning.key.size();
  }
  return 2;
}

std::uint64_t size_of(const OutgoingMessage& message) {
  return message_header_size + message.payload.size() + message.user_headers.size();
}

Result<> check(const SendTarget& target) {
  if (target.stream_id.name().size() > 255 || target.topic_id.name().size() > 255) {
    return fail(Error::invalid_identifier);
  }
  const auto key_size = target.partitioning.key.size();
  const auto keyed = target.partitioning.kind == PartitioningKind::messages_key;
  if (keyed && (key_size == 0 || key_size > 255)) return fail(Error::invalid_key_value_length);
  return {};
}

Result<> check(const OutgoingMessage& message) {
  if (message.payload.size() > message_payload_size_max) {
    return fail(Error::too_big_message_payload);
  }
  if (message.user_headers.size() > message_user_headers_size_max) {
    return fail(Error::too_big_user_headers);
  }
  return {};
}

Result<SendSizes> measure(const SendTarget& target, std::span<const OutgoingMessage> messages) {
  if (messages.empty()) return fail(Error::invalid_messages_count);
  if (const auto allowed = check(target); !allowed) return fail(allowed);

  SendSizes sizes{.metadata = encoded_size(target.stream_id) + encoded_size(target.topic_id) +
                              encoded_size(target.partitioning) + sizeof(std::uint32_t)};
  for (const auto& message : messages) {
    if (const auto allowed = check(message); !allowed) return fail(allowed);
    sizes.messages += size_of(message);
  }
  constexpr std::uint64_t payload_size_max = std::numeric_limits<std::uint32_t>::max() - 4;
  if (sizes.payload(messages.size()) > payload_size_max) return fail(Error::invalid_messages_size);
  return sizes;
}

void write_metadata(base::ByteWriter& writer, const SendTarget& target, std::size_t count) {
  write_identifier(writer, target.stream_id);
  write_identifier(writer, target.topic_id);
  write_partitioning(writer, target.partitioning);
  writer.integer(static_cast<std::uint32_t>(count));
}

void write_indexes(base::ByteWriter& writer, std::span<const OutgoingMessage> messages) {
  std::uint32_t end = 0;
  for (const auto& message : messages) {
    end += static_cast<std::uint32_t>(size_of(message));
    writer.integer(std::uint32_t{0});  // offset
    writer.integer(end);               // position
    writer.integer(std::uint64_t{0});  // timestamp
  }
}

void write_message(base::ByteWriter& writer, const OutgoingMessage& message) {
  std::array<std::byte, message_header_size> header;
  store_message_header(
      header.data(), {.id = message.id,
                      .origin_timestamp = message.origin_timestamp,
                      .user_headers_size = static_cast<std::uint32_t>(message.user_headers.size()),
                      .payload_size = static_cast<std::uint32_t>(message.payload.size())});
  writer.view(header);
  writer.view(message.payload);
  writer.view(message.user_headers);
}

}  // namespace

void store_polled_messages(std::byte* bytes, const PolledMessages& head) {
  base::store(bytes, number(head.partition_id));
  base::store(bytes + 4, head.current_offset);
  base::store(bytes + 12, head.count);
}

Result<SendMessages> decode_send_messages(MutableByteView payload) {
  base::ByteReader outer(payload);
  base::ByteReader metadata(outer.view(outer.integer<std::uint32_t>()));
  if (outer.failed()) return fail(Error::invalid_command);

  SendMessages request;
  request.stream_id = read_identifier_view(metadata);
  request.topic_id = read_identifier_view(metadata);
  if (metadata.failed()) return fail(Error::invalid_identifier);
  request.partitioning = read_partitioning(metadata);
  request.messages_count = metadata.integer<std::uint32_t>();
  if (metadata.failed()) return fail(Error::invalid_command);

  request.indexes = outer.view(std::size_t{request.messages_count} * message_index_size);
  if (outer.failed()) return fail(Error::invalid_command);
  request.messages = payload.subspan(outer.position());
  return request;
}

Result<Bytes> encode_send_request(const SendTarget& target,
                                  std::span<const OutgoingMessage> messages) {
  const auto sizes = measure(target, messages);
  if (!sizes) return fail(sizes);
  const auto payload_size = sizes->payload(messages.size());

  Bytes frame;
  frame.reserve(frame_header_size + payload_size);
  frame.resize(frame_header_size);
  store_request_header(frame.data(), {.code = SendMessages::code,
                                      .payload_size = static_cast<std::uint32_t>(payload_size)});
  base::ByteWriter writer(frame);
  writer.integer(static_cast<std::uint32_t>(sizes->metadata));
  write_metadata(writer, target, messages.size());
  write_indexes(writer, messages);
  for (const auto& message : messages) write_message(writer, message);
  return frame;
}

}  // namespace iggy::wire
