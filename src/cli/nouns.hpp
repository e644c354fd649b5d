// The commands that each noun's file offers to the table.
#pragma once

#include <memory>
#include <span>

#include "cli/command.hpp"

namespace iggy::cli {

[[nodiscard]] std::span<const CommandRow> stream_commands();
[[nodiscard]] std::span<const CommandRow> topic_commands();
[[nodiscard]] std::span<const CommandRow> partition_commands();
[[nodiscard]] std::span<const CommandRow> cluster_commands();
[[nodiscard]] std::span<const CommandRow> consumer_offset_commands();
[[nodiscard]] std::span<const CommandRow> message_commands();
[[nodiscard]] std::unique_ptr<Command> make_ping();
[[nodiscard]] std::unique_ptr<Command> make_me();
[[nodiscard]] std::unique_ptr<Command> make_stats();

// Of messages.cpp and those beside it.
[[nodiscard]] std::unique_ptr<Command> make_send();
[[nodiscard]] std::unique_ptr<Command> make_poll();

}  // namespace iggy::cli
