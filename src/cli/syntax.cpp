// The options and arguments of a command: how they are declared, and how they are read.
//
// A parser of our own: CLI11 2.1 takes "[1,2]" apart into two values wherever several are allowed,
// so that a message could not be sent as it was typed.
#include "cli/syntax.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace iggy::cli {

std::string Option::spelling() const {
  return value_name.empty() ? fmt::format("--{}", name)
                            : fmt::format("--{} <{}>", name, value_name);
}

std::string Argument::spelling() const {
  switch (presence) {
    case Presence::required:
      return fmt::format("<{}>", name);
    case Presence::optional:
      return fmt::format("[{}]", name);
    case Presence::repeated:
      return fmt::format("[{}]...", name);
  }
  return {};
}

Option& Syntax::option(Option option) { return options_.emplace_back(std::move(option)); }

Option& Syntax::flag(char letter, std::string_view name, bool& target, std::string_view help) {
  const auto take = [&target](std::string_view) -> std::expected<void, std::string> {
    target = true;
    return {};
  };
  return option({.letter = letter, .name = name, .value_name = {}, .help = help, .take = take});
}

Argument& Syntax::argument(Argument argument) {
  return arguments_.emplace_back(std::move(argument));
}

void Syntax::requires_one(std::initializer_list<std::string_view> names) {
  exclusions_.emplace_back(names);
  required_choices_.emplace_back(names);
}

/// One walk over the texts of a command line.
class Syntax::Reader {
 public:
  Reader(Syntax& syntax, std::span<const std::string> texts) : syntax_(syntax), texts_(texts) {}

  std::expected<Parsed, Misuse> read() {
    while (parsed_.used < texts_.size() && !parsed_.help && !parsed_.version) {
      const std::string_view text = texts_[parsed_.used];
      if (!read_text(text)) break;
      if (misuse_) return std::unexpected(std::move(*misuse_));
    }
    return parsed_;
  }

 private:
  /// False if `text` belongs to somebody else.
  bool read_text(std::string_view text) {
    if (!options_ended_ && text == "--") {
      options_ended_ = true;
      ++parsed_.used;
    } else if (!options_ended_ && text.starts_with("--")) {
      read_name(text);
    } else if (!options_ended_ && text.size() > 1 && text.front() == '-') {
      read_letters(text);
    } else if (syntax_.stops_at_first_word_) {
      // Behind "--" stands no command.
      if (!options_ended_) return false;
      refuse(text);
    } else {
      read_argument(text);
    }
    return true;
  }

  void read_name(std::string_view text) {
    ++parsed_.used;
    const auto equals = text.find('=');
    const auto name = text.substr(2, equals == text.npos ? text.npos : equals - 2);
    if (name == "help") {
      parsed_.help = HelpLength::full;
    } else if (name == "version" && syntax_.knows_version_) {
      parsed_.version = true;
    } else if (auto* option = find([&](const Option& row) { return row.name == name; })) {
      if (equals == text.npos) return read_value(*option);
      const auto value = text.substr(equals + 1);
      if (option->value_name.empty()) {
        return stop(fmt::format("unexpected value '{}' for '--{}' found; no more were expected",
                                value, name));
      }
      take(*option, value);
    } else {
      refuse(fmt::format("--{}", name));
    }
  }

  void read_letters(std::string_view text) {
    ++parsed_.used;
    for (auto rest = text.substr(1); !rest.empty();) {
      const auto letter = rest.front();
      rest.remove_prefix(1);
      if (letter == 'h') {
        parsed_.help = HelpLength::brief;
        return;
      }
      if (letter == 'V' && syntax_.knows_version_) {
        parsed_.version = true;
        return;
      }
      auto* option = find([&](const Option& row) { return row.letter == letter; });
      if (option == nullptr) return refuse(fmt::format("-{}", letter));
      if (option->value_name.empty()) {
        take(*option, {});
        if (misuse_) return;
        continue;
      }
      if (rest.empty()) return read_value(*option);
      return take(*option, rest.front() == '=' ? rest.substr(1) : rest);
    }
  }

  /// A value in a text of its own.
  void read_value(Option& option) {
    if (option.value_name.empty()) return take(option, {});
    const bool is_there = parsed_.used < texts_.size();
    const std::string_view next = is_there ? texts_[parsed_.used] : std::string_view();
    if (!is_there || (next.size() > 1 && next.front() == '-')) {
      return stop(fmt::format("a value is required for '{}' but none was supplied{}",
                              option.spelling(), choices_text(option.choices)));
    }
    ++parsed_.used;
    take(option, next);
  }

  void take(Option& option, std::string_view value) {
    if (!option.is_repeatable && syntax_.is_given(option.name)) {
      return stop(
          fmt::format("the argument '{}' cannot be used multiple times", option.spelling()));
    }
    syntax_.given_.push_back(option.name);
    const auto taken = option.take(value);
    if (!taken) stop(invalid_value(value, option.spelling(), taken.error(), option.choices));
  }

  void read_argument(std::string_view text) {
    ++parsed_.used;
    if (next_argument_ == syntax_.arguments_.size()) return refuse(text);
    const auto& argument = syntax_.arguments_[next_argument_];
    if (argument.presence != Presence::repeated) ++next_argument_;
    syntax_.given_.push_back(argument.name);
    const auto taken = argument.take(text);
    if (!taken) stop(invalid_value(text, argument.spelling(), taken.error(), argument.choices));
  }

  static std::string choices_text(const std::vector<std::string_view>& choices) {
    return choices.empty() ? std::string()
                           : fmt::format("\n  [possible values: {}]", fmt::join(choices, ", "));
  }

  static std::string invalid_value(std::string_view value, std::string_view spelling,
                                   std::string_view reason,
                                   const std::vector<std::string_view>& choices) {
    auto text = fmt::format("invalid value '{}' for '{}'", value, spelling);
    if (choices.empty()) return fmt::format("{}: {}", text, reason);
    return text + choices_text(choices);
  }

  template <class Predicate>
  Option* find(Predicate matches) {
    const auto found = std::ranges::find_if(syntax_.options_, matches);
    return found == syntax_.options_.end() ? nullptr : &*found;
  }

  void refuse(std::string_view text) { stop(fmt::format("unexpected argument '{}' found", text)); }
  void stop(std::string text) { misuse_ = Misuse{std::move(text)}; }

  Syntax& syntax_;
  std::span<const std::string> texts_;
  Parsed parsed_;
  std::optional<Misuse> misuse_;
  std::size_t next_argument_ = 0;
  bool options_ended_ = false;
};

std::expected<Parsed, Misuse> Syntax::parse(std::span<const std::string> texts) {
  given_.clear();
  auto parsed = Reader(*this, texts).read();
  if (!parsed || parsed->help || parsed->version) return parsed;
  if (auto misuse = check()) return std::unexpected(std::move(*misuse));
  return parsed;
}

bool Syntax::is_given(std::string_view name) const {
  return std::ranges::find(given_, name) != given_.end();
}

const Option& Syntax::option_named(std::string_view name) const {
  const auto found = std::ranges::find(options_, name, &Option::name);
  assert(found != options_.end());
  return *found;
}

std::optional<Misuse> Syntax::check() const {
  const auto conflict = [](std::string_view one, std::string_view other) {
    return Misuse{fmt::format("the argument '{}' cannot be used with '{}'", one, other)};
  };
  for (const auto& names : exclusions_) {
    std::vector<std::string_view> given;
    std::ranges::copy_if(names, std::back_inserter(given),
                         [&](auto name) { return is_given(name); });
    if (given.size() > 1) {
      return conflict(option_named(given[0]).spelling(), option_named(given[1]).spelling());
    }
  }
  for (const auto& [option, argument] : argument_exclusions_) {
    if (!is_given(option) || !is_given(argument)) continue;
    const auto found = std::ranges::find(arguments_, argument, &Argument::name);
    return conflict(option_named(option).spelling(), found->spelling());
  }

  std::string missing;
  for (const auto& names : required_choices_) {
    if (std::ranges::any_of(names, [&](auto name) { return is_given(name); })) continue;
    std::vector<std::string> spellings;
    for (const auto name : names) spellings.push_back(option_named(name).spelling());
    missing += fmt::format("\n  <{}>", fmt::join(spellings, "|"));
  }
  for (const auto& argument : arguments_) {
    if (argument.presence != Presence::required || is_given(argument.name)) continue;
    missing += fmt::format("\n  {}", argument.spelling());
  }
  if (missing.empty()) return std::nullopt;
  return Misuse{"the following required arguments were not provided:" + missing};
}

}  // namespace iggy::cli
