// Frames: the eight bytes in front of each request and each reply.
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "base/bytes.hpp"
#include "iggy/error.hpp"
#include "wire/codec.hpp"

namespace iggy::wire {

inline constexpr std::size_t frame_header_size = 8;
/// The largest payload of every command but send_messages. Source: the protocol, 1.2.
inline constexpr std::uint64_t control_payload_size_max = 10'485'760;

/// In front of a request. On the wire its length field counts the code too, not itself.
struct RequestHeader {
  std::uint32_t code{};
  std::uint32_t payload_size{};

  bool operator==(const RequestHeader&) const = default;
};

/// In front of a reply. On the wire its length field counts the payload alone.
struct ReplyHeader {
  std::uint32_t status{};  // 0: success, else the code of an error, and no payload
  std::uint32_t payload_size{};

  bool operator==(const ReplyHeader&) const = default;
};

/// Reads the header at `bytes`, which must hold 8 of them. Errors: invalid_command, a length below
/// 4: nothing follows, the next request stands behind these 8 bytes.
[[nodiscard]] Result<RequestHeader> load_request_header(const std::byte* bytes);
void store_request_header(std::byte* bytes, RequestHeader header);

[[nodiscard]] ReplyHeader load_reply_header(const std::byte* bytes);
void store_reply_header(std::byte* bytes, ReplyHeader header);

/// Is the payload that `header` announces within the limit of its command? Errors: invalid_command.
[[nodiscard]] Result<> check_payload_size(RequestHeader header,
                                          std::uint64_t send_payload_size_max);

/// The whole reply for `error`: its protocol code and no payload.
[[nodiscard]] std::array<std::byte, frame_header_size> error_reply(Error error);

/// The whole reply of success without a payload.
inline constexpr std::array<std::byte, frame_header_size> empty_reply{};

/// A whole request: header and payload.
template <class Request>
[[nodiscard]] base::Bytes encode_request(const Request& request) {
  base::Bytes frame(frame_header_size);
  base::ByteWriter writer(frame);
  encode_to(writer, request);
  const auto payload_size = frame.size() - frame_header_size;
  assert(payload_size <= std::numeric_limits<std::uint32_t>::max() - 4);
  store_request_header(frame.data(), {.code = Request::code,
                                      .payload_size = static_cast<std::uint32_t>(payload_size)});
  return frame;
}

/// A whole reply of success: header and payload.
template <class Reply>
[[nodiscard]] base::Bytes encode_reply(const Reply& reply) {
  base::Bytes frame(frame_header_size);
  base::ByteWriter writer(frame);
  encode_to(writer, reply);
  const auto payload_size = frame.size() - frame_header_size;
  assert(payload_size <= std::numeric_limits<std::uint32_t>::max());
  store_reply_header(frame.data(),
                     {.status = 0, .payload_size = static_cast<std::uint32_t>(payload_size)});
  return frame;
}

}  // namespace iggy::wire
