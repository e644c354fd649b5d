// Reading the messages of a poll reply, without copying them.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "iggy/error.hpp"
#include "wire/message_batch.hpp"
#include "wire/messages.hpp"

namespace iggy::wire {

/// One message that lies in somebody else's bytes.
struct MessageView {
  MessageHeader header;
  ByteView payload;
  ByteView user_headers;  // encoded; empty if it has none
};

/// Goes over whole messages, back to back, and stops quietly where the bytes no longer hold one.
class MessageReader {
 public:
  explicit MessageReader(ByteView messages) : rest_(messages) {}

  /// The next message, or nothing at the end. Errors: invalid_reserved_field, there and from then
  /// on: what lies here is no message.
  [[nodiscard]] Result<std::optional<MessageView>> next();

  /// What was not read yet.
  [[nodiscard]] ByteView rest() const { return rest_; }

 private:
  ByteView rest_;
};

/// A poll reply, taken apart.
struct PolledMessagesView {
  PolledMessages head;
  MessageReader messages;
};

/// Errors: invalid_command, the payload is shorter than its head.
[[nodiscard]] Result<PolledMessagesView> read_polled_messages(ByteView payload);

}  // namespace iggy::wire
