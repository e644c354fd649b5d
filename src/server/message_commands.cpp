// The two commands whose bytes are not copied.
#include "server/message_commands.hpp"

#include "broker/messages.hpp"
#include "runtime/buffer.hpp"
#include "runtime/shard.hpp"

namespace iggy::server {
namespace {

constexpr std::size_t scratch_size = 64 * 1024;
constexpr std::size_t head_size = wire::frame_header_size + wire::polled_messages_size;

void store_head(std::byte* bytes, const broker::Polled& polled) {
  wire::store_reply_header(bytes, {.status = 0,
                                   .payload_size = static_cast<std::uint32_t>(
                                       wire::polled_messages_size + polled.messages.size)});
  wire::store_polled_messages(bytes + wire::frame_header_size, polled.head);
}

}  // namespace

Task<Result<>> answer_send(Exchange& exchange) {
  // Before the payload is looked at: the protocol wants it so for this command alone.
  if (!exchange.context.session.is_logged_in()) co_return fail(Error::unauthenticated);
  const auto request = wire::decode_send_messages(exchange.payload);
  if (!request) co_return fail(request);
  const auto sent = co_await broker::send_messages(exchange.context, *request);
  if (!sent) co_return fail(sent);
  exchange.replies.add_success();
  co_return Result<>{};
}

Task<Result<>> answer_poll(Exchange& exchange) {
  auto request = wire::decode<wire::PollMessages>(exchange.payload);
  if (!request) co_return fail(request);
  if (!exchange.context.session.is_logged_in()) co_return fail(Error::unauthenticated);

  // Head and messages stand in one block, so that a small reply is one piece.
  auto block = runtime::Shard::current().buffers().take(scratch_size);
  if (!block) co_return fail(Error::out_of_memory);
  const auto polled = co_await broker::poll_messages(
      exchange.context, std::move(*request),
      {.bytes_max = exchange.poll_reply_size_max, .scratch = block.bytes().subspan(head_size)});
  if (!polled) co_return fail(polled);

  // The messages may start anywhere in the scratch memory; in front of them there is room for a
  // head.
  const auto messages = polled->messages.bytes;
  auto* const head = messages.empty() ? block.data() : messages.data() - head_size;
  store_head(head, *polled);
  if (!polled->messages.slices.empty()) exchange.replies.file_follows();
  const auto sent = co_await exchange.replies.flush_with({head, head_size + messages.size()});
  if (!sent) co_return fail(sent);
  block = {};  // what comes from files needs none, and the peer may take its time
  for (const auto& slice : polled->messages.slices) {
    const auto moved = co_await exchange.replies.send_file(slice.file, slice.position, slice.size);
    if (!moved) co_return fail(moved);
  }
  co_return Result<>{};
}

}  // namespace iggy::server
