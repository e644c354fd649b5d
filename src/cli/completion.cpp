// Completion scripts for shells: each looks up the words of where it stands in one list.
#include "cli/completion.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

#include <string_view>
#include <utility>
#include <vector>

#include "cli/command.hpp"

namespace iggy::cli {
namespace {

/// The words that may follow: a place is a path of commands ("", "stream", "stream list"), or such
/// a path and an option whose values are enumerated ("stream list --list-mode").
struct Place {
  std::string path;
  std::vector<std::string> words;
};

void add_options(std::vector<Place>& places, const std::string& path, const Syntax& syntax,
                 std::vector<std::string> words) {
  std::vector<Place> values;
  for (const auto& option : syntax.options()) {
    words.push_back(fmt::format("--{}", option.name));
    if (option.choices.empty()) continue;
    const auto prefix = path.empty() ? std::string() : path + " ";
    const std::vector<std::string> choices(option.choices.begin(), option.choices.end());
    values.push_back({fmt::format("{}--{}", prefix, option.name), choices});
    if (option.letter != 0)
      values.push_back({fmt::format("{}-{}", prefix, option.letter), choices});
  }
  words.emplace_back("--help");
  places.push_back({path, std::move(words)});
  std::ranges::move(values, std::back_inserter(places));
}

void add_command(std::vector<Place>& places, const std::string& path, Command& command) {
  Syntax syntax;
  command.declare(syntax);
  add_options(places, path, syntax, {});
}

std::vector<Place> all_places(const Syntax& global) {
  std::vector<std::string> top;
  for (const auto& group : command_groups()) top.emplace_back(group.name);
  top.emplace_back("help");
  std::vector<Place> places;
  add_options(places, "", global, std::move(top));

  for (const auto& group : command_groups()) {
    const std::string name(group.name);
    if (group.commands.empty()) {
      add_command(places, name, *group.make());
      continue;
    }
    Place place{name, {}};
    for (const auto& row : group.commands) place.words.emplace_back(row.name);
    place.words.emplace_back("help");
    places.push_back(std::move(place));
    for (const auto& row : group.commands) {
      add_command(places, fmt::format("{} {}", name, row.name), *row.make());
    }
  }
  return places;
}

/// One case of a `case` statement for each place.
std::string shell_cases(const std::vector<Place>& places) {
  std::string text;
  for (const auto& [path, words] : places) {
    text += fmt::format("    \"{}\") words=\"{}\" ;;\n", path, fmt::join(words, " "));
  }
  return text;
}

std::string bash_script(const std::vector<Place>& places) {
  return fmt::format(R"script(_iggy_words() {{
  local words=""
  case "$1" in
{}  esac
  printf '%s' "$words"
}}
_iggy() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" previous="${{COMP_WORDS[COMP_CWORD-1]}}"
  local path="" word next words i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="${{COMP_WORDS[i]}}"
    next="${{path:+$path }}$word"
    if [[ "$word" != -* && -n "$(_iggy_words "$next")" ]]; then path="$next"; fi
  done
  words="$(_iggy_words "${{path:+$path }}$previous")"
  if [[ "$previous" != -* || -z "$words" ]]; then words="$(_iggy_words "$path")"; fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o default -F _iggy iggy
)script",
                     shell_cases(places));
}

std::string zsh_script(const std::vector<Place>& places) {
  return fmt::format(R"script(#compdef iggy
_iggy_words() {{
  local words=""
  case "$1" in
{}  esac
  print -r -- "$words"
}}
_iggy() {{
  local place="" word next list previous="${{words[CURRENT-1]}}"
  for word in "${{(@)words[2,CURRENT-1]}}"; do
    next="${{place:+$place }}$word"
    if [[ "$word" != -* && -n "$(_iggy_words "$next")" ]]; then place="$next"; fi
  done
  list="$(_iggy_words "${{place:+$place }}$previous")"
  if [[ "$previous" != -* || -z "$list" ]]; then list="$(_iggy_words "$place")"; fi
  compadd -- ${{=list}} || _files
}}
compdef _iggy iggy
)script",
                     shell_cases(places));
}

std::string fish_script(const std::vector<Place>& places) {
  std::string cases;
  for (const auto& [path, words] : places) {
    cases +=
        fmt::format("    case '{}'\n      string split ' ' -- '{}'\n", path, fmt::join(words, " "));
  }
  return fmt::format(R"script(function __iggy_words
  switch "$argv[1]"
{}  end
end
function __iggy_complete
  set -l place ''
  set -l given (commandline -opc)
  for word in $given[2..-1]
    set -l next (string trim -- "$place $word")
    if not string match -q -- '-*' $word; and test -n "$(__iggy_words $next)"
      set place $next
    end
  end
  if string match -q -- '-*' $given[-1]
    set -l values (__iggy_words (string trim -- "$place $given[-1]"))
    if test -n "$values"
      printf '%s\n' $values
      return
    end
  end
  __iggy_words $place
end
complete -c iggy -a '(__iggy_complete)'
)script",
                     cases);
}

std::string powershell_script(const std::vector<Place>& places) {
  std::string rows;
  for (const auto& [path, words] : places) {
    rows += fmt::format("  '{}' = '{}'\n", path, fmt::join(words, " "));
  }
  return fmt::format(R"script($IggyWords = @{{
{}}}
Register-ArgumentCompleter -Native -CommandName 'iggy' -ScriptBlock {{
  param($wordToComplete, $commandAst, $cursorPosition)
  $place = ''
  $previous = ''
  foreach ($element in ($commandAst.CommandElements | Select-Object -Skip 1)) {{
    if ($element.Extent.EndOffset -ge $cursorPosition) {{ break }}
    $previous = $element.ToString()
    $next = "$place $previous".Trim()
    if (-not $previous.StartsWith('-') -and $IggyWords.ContainsKey($next)) {{ $place = $next }}
  }}
  $list = $IggyWords["$place $previous".Trim()]
  if (-not $previous.StartsWith('-') -or -not $list) {{ $list = $IggyWords[$place] }}
  $list -split ' ' | Where-Object {{ $_ -like "$wordToComplete*" }} |
    ForEach-Object {{ [System.Management.Automation.CompletionResult]::new($_) }}
}}
)script",
                     rows);
}

std::string elvish_script(const std::vector<Place>& places) {
  std::string rows;
  for (const auto& [path, words] : places) {
    rows += fmt::format("  &'{}'='{}'\n", path, fmt::join(words, " "));
  }
  return fmt::format(R"script(use str
var iggy-words = [
{}]
set edit:completion:arg-completer[iggy] = {{|@given|
  var place = ''
  var previous = ''
  for word $given[1..-1] {{
    set previous = $word
    var next = (str:trim-space $place' '$word)
    if (and (not (str:has-prefix $word '-')) (has-key $iggy-words $next)) {{
      set place = $next
    }}
  }}
  var key = (str:trim-space $place' '$previous)
  if (or (not (str:has-prefix $previous '-')) (not (has-key $iggy-words $key))) {{
    set key = $place
  }}
  str:split ' ' $iggy-words[$key]
}}
)script",
                     rows);
}

}  // namespace

std::string completion_script(Shell shell, const Syntax& global) {
  const auto places = all_places(global);
  switch (shell) {
    case Shell::bash:
      return bash_script(places);
    case Shell::zsh:
      return zsh_script(places);
    case Shell::fish:
      return fish_script(places);
    case Shell::powershell:
      return powershell_script(places);
    case Shell::elvish:
      return elvish_script(places);
  }
  return {};
}

}  // namespace iggy::cli
