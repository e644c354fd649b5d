// The command line as a whole: global options, the command, and its own options.
#pragma once

#include <expected>
#include <memory>
#include <span>
#include <string>

#include "cli/command.hpp"
#include "cli/global_options.hpp"

namespace iggy::cli {

/// What the program was asked to do.
struct Invocation {
  GlobalOptions options;
  std::unique_ptr<Command> command;
};

/// Nothing is left to do but to print this and to end: help, version, or a misuse.
struct Ending {
  int status = 0;  // 0, or 2 for a misuse
  std::string output;
  std::string error;
};

/// Reads the arguments behind the name of the program.
[[nodiscard]] std::expected<Invocation, Ending> read_command_line(
    std::span<const std::string> arguments);

}  // namespace iggy::cli
