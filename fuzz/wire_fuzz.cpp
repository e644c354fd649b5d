// Fuzzes every decoder of the protocol. The first byte picks one, the rest is its input.
//
// No input may crash a decoder, and what decodes must encode to bytes that decode to the same.
// scripts/make_fuzz_corpus.py knows the numbers of the decoders.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <vector>

#include "wire/commands.hpp"
#include "wire/frame.hpp"
#include "wire/polled_messages.hpp"
#include "wire/user_headers.hpp"

namespace iggy::wire {
namespace {

void check(bool holds) {
  if (!holds) __builtin_trap();
}

/// Floats make values unequal to themselves, so the bytes are compared.
template <class T>
void fuzz_codec(ByteView input) {
  const auto value = decode<T>(input);
  if (!value) {
    check(value.error() == Error::invalid_command || value.error() == Error::invalid_format);
    return;
  }
  const auto encoded = encode(*value);
  const auto again = decode<T>(encoded);
  check(again.has_value());
  check(encode(*again) == encoded);
}

template <class Command>
void fuzz_request(ByteView input) {
  fuzz_codec<Command>(input);
  if constexpr (requires(const Command& request) { validate(request); }) {
    if (const auto request = decode<Command>(input)) static_cast<void>(validate(*request));
  }
}

template <class Command>
void fuzz_reply(ByteView input) {
  using Reply = typename Command::Reply;
  if constexpr (!std::is_void_v<Reply>) fuzz_codec<Reply>(input);
}

void fuzz_frame(ByteView input) {
  if (input.size() < frame_header_size) return;
  std::array<std::byte, frame_header_size> stored;
  store_reply_header(stored.data(), load_reply_header(input.data()));
  check(std::ranges::equal(stored, input.first(frame_header_size)));

  const auto header = load_request_header(input.data());
  if (!header) return;
  static_cast<void>(check_payload_size(*header, 1 << 20));
  store_request_header(stored.data(), *header);
  check(std::ranges::equal(stored, input.first(frame_header_size)));
}

std::vector<OutgoingMessage> outgoing(const Batch& batch) {
  std::vector<OutgoingMessage> messages;
  std::size_t size = 0;
  for (ByteView rest = batch.bytes; !rest.empty();) {
    const auto header = load_message_header(rest.data());
    check(header.message_size() <= rest.size());
    const auto body = rest.subspan(message_header_size);
    messages.push_back(
        {.id = header.id,
         .origin_timestamp = header.origin_timestamp,
         .payload = body.first(header.payload_size),
         .user_headers = body.subspan(header.payload_size, header.user_headers_size)});
    size += header.message_size();
    rest = rest.subspan(header.message_size());
  }
  check(messages.size() == batch.count && size == batch.bytes.size());
  return messages;
}

void fuzz_send(ByteView input) {
  Bytes payload(input.begin(), input.end());
  const auto request = decode_send_messages(payload);
  if (!request) return;
  const auto batch = validate_batch(*request);
  if (!batch) return;

  const auto messages = outgoing(*batch);
  auto frame =
      encode_send_request({request->stream_id, request->topic_id, request->partitioning}, messages);
  if (!frame) {  // a server takes an empty key, a client does not send one
    check(frame.error() == Error::invalid_key_value_length);
    return;
  }
  const auto again = decode_send_messages(MutableByteView(*frame).subspan(frame_header_size));
  check(again.has_value() && validate_batch(*again).has_value());
  check(again->stream_id == request->stream_id && again->topic_id == request->topic_id);
  check(again->partitioning == request->partitioning);
  check(again->messages_count == request->messages_count);
  check(again->messages.size() == request->messages.size());
}

bool is_text(HeaderKind kind) { return kind == HeaderKind::raw || kind == HeaderKind::string; }

bool is_finite(const HeaderValue& value) {
  if (const auto number = value.as<float>()) return std::isfinite(*number);
  if (const auto number = value.as<double>()) return std::isfinite(*number);
  return true;
}

/// What is shown of a number reads back as it.
void check_text(const HeaderValue& value) {
  const auto text = value.to_string();
  if (is_text(value.kind()) || !is_finite(value) || text.starts_with('<')) return;
  if (text.size() <= HeaderValue::size_max) check(HeaderValue::parse(value.kind(), text) == value);
}

void fuzz_user_headers(ByteView input) {
  const auto headers = decode_user_headers(input);
  if (!headers || !*headers) return;
  for (const auto& [key, value] : **headers) {
    check_text(key);
    check_text(value);
  }
  const auto encoded = encode_user_headers(**headers);
  check(encoded.has_value() || input.size() > message_user_headers_size_max);
  if (encoded) check(decode_user_headers(*encoded).value() == **headers);
}

void fuzz_polled_messages(ByteView input) {
  auto polled = read_polled_messages(input);
  if (!polled) return;
  while (true) {
    const auto message = polled->messages.next();
    if (!message || !*message) return;
    check((*message)->payload.size() == (*message)->header.payload_size);
    check((*message)->user_headers.size() == (*message)->header.user_headers_size);
    static_cast<void>(decode_user_headers((*message)->user_headers));
  }
}

/// A kind, then what a person typed.
void fuzz_header_text(ByteView input) {
  if (input.empty()) return;
  const auto text = base::as_text(input.subspan(1));
  static_cast<void>(parse_header_kind(text));
  const auto value = HeaderValue::parse(static_cast<HeaderKind>(input[0]), text);
  if (value) check_text(*value);
}

using Decoder = void (*)(ByteView);

/// Requests at even numbers, their replies behind them; then the rest.
template <class... Commands>
std::vector<Decoder> decoders_of(std::tuple<Commands...>*) {
  std::vector<Decoder> decoders;
  ((decoders.push_back(fuzz_request<Commands>), decoders.push_back(fuzz_reply<Commands>)), ...);
  decoders.insert(decoders.end(), {fuzz_frame, fuzz_send, fuzz_user_headers, fuzz_polled_messages,
                                   fuzz_header_text});
  return decoders;
}

}  // namespace
}  // namespace iggy::wire

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto decoders =
      iggy::wire::decoders_of(static_cast<iggy::wire::DescribedCommands*>(nullptr));
  if (size == 0) return 0;
  const auto input = std::as_bytes(std::span(data, size)).subspan(1);
  decoders[data[0] % decoders.size()](input);
  return 0;
}
