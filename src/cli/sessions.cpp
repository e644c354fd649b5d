// The command me.
#include <fmt/format.h>

#include "cli/nouns.hpp"
#include "cli/table.hpp"

namespace iggy::cli {
namespace {

std::string transport_text(wire::Transport transport) {
  switch (transport) {
    case wire::Transport::tcp:
      return "TCP";
    case wire::Transport::quic:
      return "QUIC";
    case wire::Transport::http:
      return "HTTP";
    case wire::Transport::websocket:
      return "WebSocket";
  }
  return "Unknown";
}

class Me final : public Command {
 public:
  void declare(Syntax&) override {}
  std::string explain() const override { return "me command"; }
  Task<Outcome> run(Session session) override {
    const auto me = co_await session.client.get_me();
    if (!me) co_return failure("Problem sending get_me command", me.error());

    auto table = property_table();
    table.add_row({"Client ID", fmt::to_string(number(me->client.client_id))});
    if (me->client.user_id != nobody) {
      table.add_row({"User ID", fmt::to_string(number(me->client.user_id))});
    }
    table.add_row({"Address", me->client.address});
    table.add_row({"Transport", transport_text(me->client.transport)});
    session.output.line(table.render());
    co_return Outcome{};
  }
};

}  // namespace

std::unique_ptr<Command> make_me() { return make_command<Me>(); }

}  // namespace iggy::cli
