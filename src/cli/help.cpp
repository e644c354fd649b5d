// Help texts: made of what the commands declare.
#include "cli/help.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace iggy::cli {
namespace {

constexpr std::string_view banner =
    " ___                     ____ _     ___ \n"
    "|_ _|__ _  __ _ _   _   / ___| |   |_ _|\n"
    " | |/ _` |/ _` | | | | | |   | |    | | \n"
    " | | (_| | (_| | |_| | | |___| |___ | | \n"
    "|___\\__, |\\__, |\\__, |  \\____|_____|___|\n"
    "    |___/ |___/ |___/                   \n";
constexpr std::string_view about = "CLI for Iggy message streaming platform";

/// A term and what it means.
struct Entry {
  std::string term;
  std::string meaning;
  std::vector<std::string> notes{};  // "[default: table]"
};

std::string option_term(const Option& option) {
  if (option.letter == 0) return "    " + option.spelling();
  return fmt::format("-{}, {}", option.letter, option.spelling());
}

template <class Item>
std::vector<std::string> notes_of(const Item& item) {
  std::vector<std::string> notes;
  if (!item.default_text.empty()) notes.push_back(fmt::format("[default: {}]", item.default_text));
  if (!item.choices.empty()) {
    notes.push_back(fmt::format("[possible values: {}]", fmt::join(item.choices, ", ")));
  }
  return notes;
}

std::vector<Entry> option_entries(const Syntax& syntax) {
  std::vector<Entry> entries;
  for (const auto& option : syntax.options()) {
    entries.push_back({option_term(option), std::string(option.help), notes_of(option)});
  }
  entries.push_back({"-h, --help", "Print help (see more with '--help')"});
  if (syntax.knows_version()) entries.push_back({"-V, --version", "Print version"});
  return entries;
}

std::vector<Entry> argument_entries(const Syntax& syntax) {
  std::vector<Entry> entries;
  for (const auto& argument : syntax.arguments()) {
    entries.push_back({argument.spelling(), std::string(argument.help), notes_of(argument)});
  }
  return entries;
}

/// One line for each entry, the meanings below each other.
std::string brief_section(std::string_view title, const std::vector<Entry>& entries) {
  std::size_t width = 0;
  for (const auto& entry : entries) width = std::max(width, entry.term.size());
  auto text = fmt::format("\n{}:\n", title);
  for (const auto& [term, meaning, notes] : entries) {
    text += fmt::format("  {:<{}}  {}{}{}\n", term, width, meaning, notes.empty() ? "" : " ",
                        fmt::join(notes, " "));
  }
  return text;
}

/// Each entry on lines of its own.
std::string full_section(std::string_view title, const std::vector<Entry>& entries) {
  auto text = fmt::format("\n{}:", title);
  for (const auto& [term, meaning, notes] : entries) {
    text += fmt::format("\n  {}\n          {}\n", term, meaning);
    for (const auto& note : notes) text += fmt::format("\n          {}\n", note);
  }
  return text;
}

std::string section(std::string_view title, const std::vector<Entry>& entries, HelpLength length) {
  if (entries.empty()) return {};
  return length == HelpLength::brief ? brief_section(title, entries) : full_section(title, entries);
}

template <class Row>
std::string command_lines(std::span<const Row> rows) {
  constexpr std::size_t name_columns = 17;
  std::string text = "Commands:\n";
  const auto add = [&](std::string_view name, std::string_view summary, std::string_view alias) {
    text += fmt::format("  {:<{}}{}{}\n", name, name_columns, summary,
                        alias.empty() ? "" : fmt::format(" [aliases: {}]", alias));
  };
  for (const auto& row : rows) add(row.name, row.summary, row.alias);
  add("help", "Print this message or the help of the given subcommand(s)", "");
  return text;
}

}  // namespace

std::string usage(std::string_view path, const Syntax& syntax) {
  auto text = fmt::format("{}{}", path, syntax.options().empty() ? "" : " [OPTIONS]");
  for (const auto& argument : syntax.arguments()) text += " " + argument.spelling();
  return text;
}

std::string overview() {
  return fmt::format(
      "{}\n{}\n\nUsage: iggy [OPTIONS] [COMMAND]\n\n{}\n\n"
      "Run 'iggy --help' for full help message.\n"
      "Run 'iggy COMMAND --help' for more information on a command.\n\n"
      "For more help on what's Iggy and how to use it, head to https://iggy.apache.org\n",
      banner, about, command_lines(command_groups()));
}

std::string program_help(const Syntax& global, HelpLength length) {
  return fmt::format("{}\n\nUsage: iggy [OPTIONS] [COMMAND]\n\n{}{}", about,
                     command_lines(command_groups()),
                     section("Options", option_entries(global), length));
}

std::string group_help(const CommandGroup& group) {
  return fmt::format("{}\n\nUsage: iggy {} <COMMAND>\n\n{}\nOptions:\n  -h, --help  Print help\n",
                     group.summary, group.name, command_lines(group.commands));
}

std::string command_help(const CommandTitle& title, const Syntax& syntax, HelpLength length) {
  auto text = fmt::format("{}\n\n", title.summary);
  if (length == HelpLength::full && !title.example.empty()) {
    text += fmt::format("Example:\n  {} {}\n\n", title.path, title.example);
  }
  return text + fmt::format("Usage: {}\n{}{}", usage(title.path, syntax),
                            section("Arguments", argument_entries(syntax), length),
                            section("Options", option_entries(syntax), length));
}

}  // namespace iggy::cli
