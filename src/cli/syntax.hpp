// The options and arguments of a command: how they are declared, and how they are read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/values.hpp"

namespace iggy::cli {

/// Takes one text from the command line, or says why it can't be taken.
using Take = std::function<std::expected<void, std::string>(std::string_view)>;

template <class T>
Take take_into(T& target) {
  return [&target](std::string_view text) -> std::expected<void, std::string> {
    auto value = parse_value<T>(text);
    if (!value) return std::unexpected(std::move(value.error()));
    target = std::move(*value);
    return {};
  };
}
template <class T>
Take take_into(std::optional<T>& target) {
  return [&target](std::string_view text) -> std::expected<void, std::string> {
    auto value = parse_value<T>(text);
    if (!value) return std::unexpected(std::move(value.error()));
    target = std::move(*value);
    return {};
  };
}
/// Takes any number of texts.
template <class T>
Take add_to(std::vector<T>& target) {
  return [&target](std::string_view text) -> std::expected<void, std::string> {
    auto value = parse_value<T>(text);
    if (!value) return std::unexpected(std::move(value.error()));
    target.push_back(std::move(*value));
    return {};
  };
}

/// What stands behind dashes.
struct Option {
  char letter = 0;              // 0: none
  std::string_view name;        // "max-topic-size"
  std::string_view value_name;  // "MAX_TOPIC_SIZE"; empty: a flag, it takes no value
  std::string_view help;
  Take take;  // a flag is given an empty text
  std::string_view default_text{};
  std::vector<std::string_view> choices{};
  bool is_repeatable = false;

  /// "--max-topic-size <MAX_TOPIC_SIZE>"
  [[nodiscard]] std::string spelling() const;
};

enum class Presence : std::uint8_t { required, optional, repeated };

/// What stands without dashes.
struct Argument {
  std::string_view name;  // "STREAM_ID"
  std::string_view help;
  Presence presence = Presence::required;
  Take take;
  std::string_view default_text{};
  std::vector<std::string_view> choices{};

  /// "<STREAM_ID>", "[STREAM_ID]" or "[STREAM_ID]..."
  [[nodiscard]] std::string spelling() const;
};

/// Why the texts of a command line could not be taken, for "error: ...".
struct Misuse {
  std::string text;
};
enum class HelpLength : std::uint8_t { brief, full };

/// What became of a command line.
struct Parsed {
  std::size_t used = 0;            // texts that were read
  std::optional<HelpLength> help;  // asked for: nothing else counts
  bool version = false;            // asked for
};

/// Declared by a command, then asked to read a command line into it.
///
/// The rules: `--name value`, `--name=value`, `-n value`, `-nvalue`, `-n=value`, flags together
/// (`-qd file`), `--` ends the options. A value that begins with a dash needs the form with `=`.
class Syntax {
 public:
  Option& option(Option option);
  Option& flag(char letter, std::string_view name, bool& target, std::string_view help);
  Argument& argument(Argument argument);
  template <class T>
  Argument& argument(std::string_view name, T& target, std::string_view help) {
    return argument(Argument{
        .name = name, .help = help, .take = take_into(target), .choices = choices_of<T>()});
  }
  /// At most one of these options may be given.
  void excludes(std::initializer_list<std::string_view> names) { exclusions_.emplace_back(names); }
  /// The option and the argument exclude each other.
  void excludes_argument(std::string_view option, std::string_view argument) {
    argument_exclusions_.push_back({option, argument});
  }
  /// Exactly one of these options must be given.
  void requires_one(std::initializer_list<std::string_view> names);
  void knows_version() { knows_version_ = true; }

  /// What follows the options: words to choose from; reading stops there.
  void stops_at_first_word() { stops_at_first_word_ = true; }

  /// Reads `texts` as far as they belong here, hands each to its `Take`, and checks that all that
  /// is required is there.
  std::expected<Parsed, Misuse> parse(std::span<const std::string> texts);

  [[nodiscard]] const std::deque<Option>& options() const { return options_; }
  [[nodiscard]] const std::deque<Argument>& arguments() const { return arguments_; }
  [[nodiscard]] bool knows_version() const { return knows_version_; }
  [[nodiscard]] bool is_given(std::string_view name) const;

 private:
  class Reader;

  [[nodiscard]] std::optional<Misuse> check() const;
  [[nodiscard]] const Option& option_named(std::string_view name) const;

  std::deque<Option> options_;  // stay where they are when more are added
  std::deque<Argument> arguments_;
  std::vector<std::vector<std::string_view>> exclusions_;
  std::vector<std::pair<std::string_view, std::string_view>> argument_exclusions_;
  std::vector<std::vector<std::string_view>> required_choices_;
  std::vector<std::string_view> given_;  // names of options and arguments
  bool knows_version_ = false;
  bool stops_at_first_word_ = false;
};

}  // namespace iggy::cli
