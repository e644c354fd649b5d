// Commands about the cluster.
#include <fmt/format.h>

#include <array>

#include "cli/list.hpp"
#include "cli/nouns.hpp"

namespace iggy::cli {
namespace {

std::string role_text(wire::NodeRole role) {
  return role == wire::NodeRole::leader ? "leader" : "follower";
}

std::string status_text(wire::NodeStatus status) {
  switch (status) {
    case wire::NodeStatus::healthy:
      return "healthy";
    case wire::NodeStatus::starting:
      return "starting";
    case wire::NodeStatus::stopping:
      return "stopping";
    case wire::NodeStatus::unreachable:
      return "unreachable";
    case wire::NodeStatus::maintenance:
      return "maintenance";
    case wire::NodeStatus::unknown:
      break;
  }
  return "unknown";
}

class ClusterMetadata final : public Command {
 public:
  void declare(Syntax& syntax) override { declare_list_mode(syntax, mode_); }
  std::string explain() const override {
    return fmt::format("get cluster metadata in {} mode", to_string(mode_));
  }
  Task<Outcome> run(Session session) override {
    const auto metadata = co_await session.client.get_cluster_metadata();
    if (!metadata) co_return failure("Problem getting cluster metadata", metadata.error());
    if (metadata->nodes.empty()) {
      session.output.line("No cluster nodes found!");
      co_return Outcome{};
    }
    List list({"Name", "IP", "TCP", "QUIC", "HTTP", "WebSocket", "Role", "Status"});
    for (const auto& node : metadata->nodes) {
      list.add({node.name, node.ip, fmt::to_string(node.tcp_port), fmt::to_string(node.quic_port),
                fmt::to_string(node.http_port), fmt::to_string(node.websocket_port),
                role_text(node.role), status_text(node.status)});
    }
    session.output.line(fmt::format("Cluster name: {}", metadata->name));
    list.print(session.output, mode_);
    co_return Outcome{};
  }

 private:
  ListMode mode_ = ListMode::table;
};

}  // namespace

std::span<const CommandRow> cluster_commands() {
  static constexpr auto rows = std::to_array<CommandRow>({
      {"metadata", "m", "Show the servers of the cluster", "-l list",
       make_command<ClusterMetadata>},
  });
  return rows;
}

}  // namespace iggy::cli
