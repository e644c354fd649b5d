// Reading poll replies.
#include "wire/polled_messages.hpp"

namespace iggy::wire {

Result<std::optional<MessageView>> MessageReader::next() {
  if (rest_.size() < message_header_size) return std::nullopt;
  const auto header = load_message_header(rest_.data());
  if (header.message_size() > rest_.size()) return std::nullopt;
  if (header.reserved != 0) return fail(Error::invalid_reserved_field);

  const auto message = rest_.first(header.message_size());
  rest_ = rest_.subspan(message.size());
  return MessageView{.header = header,
                     .payload = message.subspan(message_header_size, header.payload_size),
                     .user_headers = message.subspan(message_header_size + header.payload_size)};
}

Result<PolledMessagesView> read_polled_messages(ByteView payload) {
  const auto head = decode<PolledMessages>(payload);
  if (!head) return fail(head);
  return PolledMessagesView{.head = *head,
                            .messages = MessageReader(payload.subspan(polled_messages_size))};
}

}  // namespace iggy::wire
