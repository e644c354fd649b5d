// The command line as a whole: global options, the command, and its own options.
#include "cli/command_line.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "cli/completion.hpp"
#include "cli/help.hpp"

namespace iggy::cli {
namespace {

constexpr std::string_view version_line = "iggy-cli 0.8.0\n";
constexpr std::string_view program_usage = "iggy [OPTIONS] [COMMAND]";
constexpr int misuse_status = 2;

using Texts = std::span<const std::string>;

std::unexpected<Ending> print(std::string text) {
  return std::unexpected(Ending{.status = 0, .output = std::move(text), .error = {}});
}

std::unexpected<Ending> refuse(std::string_view problem, std::string_view usage) {
  return std::unexpected(
      Ending{.status = misuse_status,
             .output = {},
             .error = fmt::format("error: {}\n\nUsage: {}\n\nFor more information, try '--help'.\n",
                                  problem, usage)});
}

std::unexpected<Ending> refuse_word(std::string_view word, std::string_view usage) {
  const bool is_option = word.size() > 1 && word.front() == '-';
  return refuse(is_option ? fmt::format("unexpected argument '{}' found", word)
                          : fmt::format("unrecognized subcommand '{}'", word),
                usage);
}

std::string group_usage(const CommandGroup& group) {
  return fmt::format("iggy {} <COMMAND>", group.name);
}

CommandTitle title_of(const CommandGroup& group) {
  return {.path = fmt::format("iggy {}", group.name), .summary = group.summary, .example = {}};
}

CommandTitle title_of(const CommandGroup& group, const CommandRow& row) {
  return {.path = fmt::format("iggy {} {}", group.name, row.name),
          .summary = row.summary,
          .example = row.example};
}

std::string help_of(const CommandTitle& title, Command& command) {
  Syntax syntax;
  command.declare(syntax);
  return command_help(title, syntax, HelpLength::full);
}

using Read = std::expected<std::unique_ptr<Command>, Ending>;

/// Reads the options and arguments of `command`.
Read read_command(const CommandTitle& title, std::unique_ptr<Command> command, Texts texts) {
  Syntax syntax;
  command->declare(syntax);
  const auto parsed = syntax.parse(texts);
  if (!parsed) return refuse(parsed.error().text, usage(title.path, syntax));
  if (parsed->help) return print(command_help(title, syntax, *parsed->help));
  return command;
}

/// `texts` name a command: its help.
std::unexpected<Ending> help_for(const Syntax& global, Texts texts) {
  if (texts.empty()) return print(program_help(global, HelpLength::full));
  const auto* group = find_group(texts[0]);
  if (group == nullptr) return refuse_word(texts[0], program_usage);
  if (group->commands.empty()) return print(help_of(title_of(*group), *group->make()));
  if (texts.size() == 1) return print(group_help(*group));
  const auto* row = find_command(*group, texts[1]);
  if (row == nullptr) return refuse_word(texts[1], group_usage(*group));
  return print(help_of(title_of(*group, *row), *row->make()));
}

/// Reads what follows the name of a group of several commands.
Read read_group(const Syntax& global, const CommandGroup& group, Texts texts) {
  if (texts.empty()) {
    return std::unexpected(
        Ending{.status = misuse_status, .output = {}, .error = group_help(group)});
  }
  const auto& word = texts[0];
  if (word == "-h" || word == "--help") return print(group_help(group));
  if (word == "help") {
    std::vector<std::string> path{std::string(group.name)};
    path.insert(path.end(), texts.begin() + 1, texts.end());
    return help_for(global, path);
  }
  const auto* row = find_command(group, word);
  if (row == nullptr) return refuse_word(word, group_usage(group));
  return read_command(title_of(group, *row), row->make(), texts.subspan(1));
}

Read read_words(const Syntax& global, Texts texts) {
  if (texts.empty()) return print(overview());
  if (texts[0] == "help") return help_for(global, texts.subspan(1));
  const auto* group = find_group(texts[0]);
  if (group == nullptr) return refuse_word(texts[0], program_usage);
  if (!group->commands.empty()) return read_group(global, *group, texts.subspan(1));
  return read_command(title_of(*group), group->make(), texts.subspan(1));
}

}  // namespace

std::expected<Invocation, Ending> read_command_line(std::span<const std::string> arguments) {
  Invocation invocation;
  Syntax global;
  declare_global_options(global, invocation.options);
  const auto parsed = global.parse(arguments);
  if (!parsed) return refuse(parsed.error().text, program_usage);
  if (parsed->help) return print(program_help(global, *parsed->help));
  if (parsed->version) return print(std::string(version_line));
  if (invocation.options.generate) {
    return print(completion_script(*invocation.options.generate, global));
  }

  auto command = read_words(global, arguments.subspan(parsed->used));
  if (!command) return std::unexpected(std::move(command.error()));
  invocation.command = std::move(*command);
  return invocation;
}

}  // namespace iggy::cli
