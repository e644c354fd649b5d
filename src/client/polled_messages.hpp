// What a poll gave: the messages, in the bytes that they came in.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "iggy/error.hpp"
#include "wire/polled_messages.hpp"

namespace iggy::client {

/// Owns the reply; its messages are views into it, which a move leaves in place.
class PolledMessages {
 public:
  /// Errors: invalid_command (shorter than its head), invalid_reserved_field (no messages).
  static Result<PolledMessages> decode(base::Bytes payload);

  PolledMessages(PolledMessages&&) = default;
  PolledMessages& operator=(PolledMessages&&) = default;
  PolledMessages(const PolledMessages&) = delete;
  PolledMessages& operator=(const PolledMessages&) = delete;

  [[nodiscard]] PartitionId partition_id() const { return head_.partition_id; }
  /// Of the partition's last message; 0 if it has none.
  [[nodiscard]] std::uint64_t current_offset() const { return head_.current_offset; }
  [[nodiscard]] const std::vector<wire::MessageView>& messages() const { return messages_; }
  /// The messages as they travelled, back to back.
  [[nodiscard]] base::ByteView bytes() const;

 private:
  explicit PolledMessages(base::Bytes payload) : payload_(std::move(payload)) {}

  base::Bytes payload_;
  wire::PolledMessages head_;
  std::vector<wire::MessageView> messages_;
};

}  // namespace iggy::client
