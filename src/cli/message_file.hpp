// Messages in a file: one behind the other, as they travel.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "iggy/error.hpp"
#include "wire/messages.hpp"

namespace iggy::cli {

/// What could be read from a file. The messages lie in its bytes.
struct MessageFile {
  std::vector<wire::OutgoingMessage> messages;
  std::size_t read_size = 0;    // bytes of the messages
  std::optional<Error> damage;  // what is wrong behind them
};

/// Reads messages until the end, or until something is none. Damage: invalid_command (no whole
/// header), invalid_message_payload_length and invalid_header_value (cut).
[[nodiscard]] MessageFile read_messages(base::ByteView bytes);

}  // namespace iggy::cli
