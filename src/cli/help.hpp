// Help texts: made of what the commands declare.
#pragma once

#include <string>
#include <string_view>

#include "cli/command.hpp"
#include "cli/syntax.hpp"

namespace iggy::cli {

/// What is printed if no command is given.
[[nodiscard]] std::string overview();
/// Of the program.
[[nodiscard]] std::string program_help(const Syntax& global, HelpLength length);
/// Of a group of commands.
[[nodiscard]] std::string group_help(const CommandGroup& group);

/// What a command is called by, for its help: "iggy stream create".
struct CommandTitle {
  std::string path;
  std::string_view summary;
  std::string_view example;  // what follows the path; empty: none
};
[[nodiscard]] std::string command_help(const CommandTitle& title, const Syntax& syntax,
                                       HelpLength length);

/// "iggy stream create [OPTIONS] <NAME>"
[[nodiscard]] std::string usage(std::string_view path, const Syntax& syntax);

}  // namespace iggy::cli
