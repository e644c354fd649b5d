// The client's commands about messages.
#include <algorithm>
#include <utility>

#include "client/client.hpp"

namespace iggy::client {

Task<Result<>> Client::send_messages(wire::SendTarget target,
                                     std::span<const wire::OutgoingMessage> messages) {
  const auto empty = [](const auto& message) { return message.payload.empty(); };
  if (std::ranges::any_of(messages, empty)) co_return fail(Error::invalid_message_payload_length);
  const auto frame = wire::encode_send_request(target, messages);
  if (!frame) co_return fail(frame);

  if (!connection_) co_return fail(Error::not_connected);
  const auto reply = co_await connection_->exchange(*frame);
  if (!reply) co_return fail(reply);
  co_return Result<>{};
}

Task<Result<PolledMessages>> Client::poll_messages(wire::PollMessages request) {
  if (request.count == 0) co_return fail(Error::invalid_messages_count);
  const auto frame = wire::encode_request(request);

  if (!connection_) co_return fail(Error::not_connected);
  auto payload = co_await connection_->exchange(frame);
  if (!payload) co_return fail(payload);
  co_return PolledMessages::decode(std::move(*payload));
}

Task<Result<>> Client::flush_unsaved_buffer(wire::FlushUnsavedBuffer request) {
  return call(std::move(request));
}

}  // namespace iggy::client
