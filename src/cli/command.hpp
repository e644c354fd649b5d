// A command: what it takes, what it says that it does, and how it does it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "cli/failure.hpp"
#include "cli/output.hpp"
#include "cli/syntax.hpp"
#include "client/client.hpp"
#include "runtime/disk.hpp"
#include "runtime/task.hpp"
#include "runtime/terminal.hpp"

namespace iggy::cli {

using runtime::Task;

/// What a command works with. All of it outlives the command.
struct Session {
  client::Client& client;
  Output& output;
  runtime::Disk& disk;
  runtime::StandardInput& input;
};

class Command {
 public:
  virtual ~Command() = default;

  /// Declares options and arguments, which are then read into this object.
  virtual void declare(Syntax& syntax) = 0;
  [[nodiscard]] virtual bool needs_login() const { return true; }
  /// "create stream with name: dev ...": printed behind "Executing".
  [[nodiscard]] virtual std::string explain() const = 0;
  virtual Task<Outcome> run(Session session) = 0;
};

template <class C>
std::unique_ptr<Command> make_command() {
  return std::make_unique<C>();
}

/// A command, as its group lists it.
struct CommandRow {
  std::string_view name;
  std::string_view alias;  // empty: none
  std::string_view summary;
  std::string_view example;  // what follows "iggy <group> <name> "
  std::unique_ptr<Command> (*make)();
};

/// Commands about one noun, or a single command that stands on its own.
struct CommandGroup {
  std::string_view name;
  std::string_view alias;
  std::string_view summary;
  std::span<const CommandRow> commands{};        // empty: stands on its own
  std::unique_ptr<Command> (*make)() = nullptr;  // of one that stands on its own
};

/// All of them, in the order of the overview.
[[nodiscard]] std::span<const CommandGroup> command_groups();

/// The one called `name`, or null; also by its alias.
[[nodiscard]] const CommandGroup* find_group(std::string_view name);
[[nodiscard]] const CommandRow* find_command(const CommandGroup& group, std::string_view name);

}  // namespace iggy::cli
