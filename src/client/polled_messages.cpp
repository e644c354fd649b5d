// What a poll gave: the messages, in the bytes that they came in.
#include "client/polled_messages.hpp"

namespace iggy::client {

Result<PolledMessages> PolledMessages::decode(base::Bytes payload) {
  PolledMessages polled(std::move(payload));
  auto reply = wire::read_polled_messages(polled.payload_);
  if (!reply) return fail(reply);
  polled.head_ = reply->head;

  while (true) {
    const auto message = reply->messages.next();
    if (!message) return fail(message);
    if (!*message) return polled;
    polled.messages_.push_back(**message);
  }
}

base::ByteView PolledMessages::bytes() const {
  std::uint64_t size = 0;
  for (const auto& message : messages_) size += message.header.message_size();
  return base::ByteView(payload_).subspan(wire::polled_messages_size, size);
}

}  // namespace iggy::client
