// The table of all commands.
#include "cli/command.hpp"

#include <algorithm>
#include <array>

#include "cli/nouns.hpp"

namespace iggy::cli {
namespace {

template <class Row>
const Row* find_row(std::span<const Row> rows, std::string_view name) {
  const auto found = std::ranges::find_if(
      rows, [name](const Row& row) { return row.name == name || row.alias == name; });
  return name.empty() || found == rows.end() ? nullptr : &*found;
}

}  // namespace

std::span<const CommandGroup> command_groups() {
  static const auto groups = std::to_array<CommandGroup>({
      {"stream", "s", "stream operations", stream_commands()},
      {"topic", "t", "topic operations", topic_commands()},
      {"partition", "p", "partition operations", partition_commands()},
      {"ping", "", "ping iggy server", {}, make_ping},
      {"me", "", "get current client info", {}, make_me},
      {"stats", "", "get iggy server statistics", {}, make_stats},
      {"cluster", "cl", "cluster operations", cluster_commands()},
      {"consumer-offset", "o", "consumer offset operations", consumer_offset_commands()},
      {"message", "m", "message operations", message_commands()},
  });
  return groups;
}

const CommandGroup* find_group(std::string_view name) { return find_row(command_groups(), name); }

const CommandRow* find_command(const CommandGroup& group, std::string_view name) {
  return find_row(group.commands, name);
}

}  // namespace iggy::cli
