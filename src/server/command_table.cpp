// The commands of the protocol, one row each.
#include "server/command_table.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <type_traits>

#include "base/logging.hpp"
#include "broker/consumer_offsets.hpp"
#include "broker/messages.hpp"
#include "broker/partitions.hpp"
#include "broker/sessions.hpp"
#include "broker/streams.hpp"
#include "broker/system.hpp"
#include "broker/topics.hpp"
#include "server/message_commands.hpp"

namespace iggy::server {
namespace {

enum class Access : std::uint8_t {
  anyone,  // also before login
  logged_in,
};

struct CommandRow {
  std::uint32_t code;
  /// Adds or sends the reply; an error becomes the reply.
  Task<Result<>> (*answer)(Exchange& exchange);
};

/// What an operation takes and gives, from its signature.
template <class Operation>
struct Signature;
template <class R, class Q>
struct Signature<Task<Result<R>> (*)(broker::Context, Q)> {
  using Request = Q;
  using Reply = R;
};

template <auto operation, Access access>
Task<Result<>> answer_with(Exchange& exchange) {
  using Request = typename Signature<decltype(operation)>::Request;
  using Reply = typename Signature<decltype(operation)>::Reply;

  auto request = wire::decode<Request>(exchange.payload);
  if (!request) co_return fail(request);
  if (access == Access::logged_in && !exchange.context.session.is_logged_in()) {
    co_return fail(Error::unauthenticated);
  }
  const auto reply = co_await operation(exchange.context, std::move(*request));
  if (!reply) co_return fail(reply);
  if constexpr (std::is_void_v<Reply>) {
    exchange.replies.add_success();
  } else {
    exchange.replies.add(*reply);
  }
  co_return Result<>{};
}

/// The row of an operation: request and code follow from its signature.
template <auto operation>
constexpr CommandRow command() {
  return {Signature<decltype(operation)>::Request::code,
          &answer_with<operation, Access::logged_in>};
}
template <auto operation>
constexpr CommandRow open_command() {
  return {Signature<decltype(operation)>::Request::code, &answer_with<operation, Access::anyone>};
}

constexpr auto command_table = std::to_array<CommandRow>({
    open_command<&broker::ping>(),
    command<&broker::get_stats>(),
    command<&broker::get_cluster_metadata>(),
    command<&broker::get_me>(),
    open_command<&broker::login_user>(),
    command<&broker::logout_user>(),
    {wire::PollMessages::code, &answer_poll},
    {wire::SendMessages::code, &answer_send},
    command<&broker::flush_unsaved_buffer>(),
    command<&broker::get_consumer_offset>(),
    command<&broker::store_consumer_offset>(),
    command<&broker::delete_consumer_offset>(),
    command<&broker::get_stream>(),
    command<&broker::get_streams>(),
    command<&broker::create_stream>(),
    command<&broker::delete_stream>(),
    command<&broker::update_stream>(),
    command<&broker::purge_stream>(),
    command<&broker::get_topic>(),
    command<&broker::get_topics>(),
    command<&broker::create_topic>(),
    command<&broker::delete_topic>(),
    command<&broker::update_topic>(),
    command<&broker::purge_topic>(),
    command<&broker::create_partitions>(),
    command<&broker::delete_partitions>(),
});
static_assert(std::ranges::is_sorted(command_table, {}, &CommandRow::code));

const CommandRow* find_command(std::uint32_t code) {
  const auto found = std::ranges::lower_bound(command_table, code, {}, &CommandRow::code);
  return found != command_table.end() && found->code == code ? found : nullptr;
}

bool closes_connection(Error error) {
  return error == Error::stale_client || error == Error::client_not_found;
}

}  // namespace

Task<Result<AfterReply>> answer(std::uint32_t code, Exchange exchange) {
  const auto* command = find_command(code);
  if (!command) {
    exchange.replies.add_error(Error::invalid_command);
    co_return AfterReply::go_on;
  }

  const auto reply_start = exchange.replies.mark();
  Result<> answered = fail(Error::error);
  try {
    answered = co_await command->answer(exchange);
  } catch (const std::exception& thrown) {
    base::log_error("{}: command {} failed: {}", exchange.context.session.address, code,
                    thrown.what());
  }
  if (answered) co_return AfterReply::go_on;
  // A reply that was sent in part can't be taken back.
  if (exchange.replies.has_sent_since(reply_start)) co_return fail(answered);
  exchange.replies.cut_to(reply_start);
  exchange.replies.add_error(answered.error());
  co_return closes_connection(answered.error()) ? AfterReply::close : AfterReply::go_on;
}

}  // namespace iggy::server
