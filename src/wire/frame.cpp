// Reading and writing the headers of frames.
#include "wire/frame.hpp"

#include "base/error_table.hpp"
#include "wire/messages.hpp"

namespace iggy::wire {
namespace {

constexpr std::uint32_t code_size = 4;  // counted by a request's length field

}  // namespace

Result<RequestHeader> load_request_header(const std::byte* bytes) {
  const auto length = base::load<std::uint32_t>(bytes);
  if (length < code_size) return fail(Error::invalid_command);
  return RequestHeader{.code = base::load<std::uint32_t>(bytes + 4),
                       .payload_size = length - code_size};
}

void store_request_header(std::byte* bytes, RequestHeader header) {
  base::store(bytes, header.payload_size + code_size);
  base::store(bytes + 4, header.code);
}

ReplyHeader load_reply_header(const std::byte* bytes) {
  return {.status = base::load<std::uint32_t>(bytes),
          .payload_size = base::load<std::uint32_t>(bytes + 4)};
}

void store_reply_header(std::byte* bytes, ReplyHeader header) {
  base::store(bytes, header.status);
  base::store(bytes + 4, header.payload_size);
}

Result<> check_payload_size(RequestHeader header, std::uint64_t send_payload_size_max) {
  const auto size_max =
      header.code == SendMessages::code ? send_payload_size_max : control_payload_size_max;
  if (header.payload_size > size_max) return fail(Error::invalid_command);
  return {};
}

std::array<std::byte, frame_header_size> error_reply(Error error) {
  std::array<std::byte, frame_header_size> reply{};
  store_reply_header(reply.data(), {.status = base::wire_code(error)});
  return reply;
}

}  // namespace iggy::wire
