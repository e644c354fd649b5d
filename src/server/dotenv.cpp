// Reading dot-env files.
#include "server/dotenv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace iggy::server {
namespace {

constexpr std::uint64_t file_size_max = std::uint64_t{1} << 20;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool is_name(std::string_view text) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.';
  };
  return !text.empty() && is_letter(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

/// True if behind a closed quote nothing stands but a comment.
bool is_end(std::string_view rest) {
  rest = trim(rest);
  return rest.empty() || rest.front() == '#';
}

std::optional<std::string> single_quoted(std::string_view text) {
  const auto end = text.find('\'');
  if (end == std::string_view::npos || !is_end(text.substr(end + 1))) return std::nullopt;
  return std::string(text.substr(0, end));
}

/// Knows \n, \t, \r, and any other character behind a backslash as itself.
std::optional<std::string> double_quoted(std::string_view text) {
  std::string value;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      if (!is_end(text.substr(i + 1))) return std::nullopt;
      return value;
    }
    if (text[i] != '\\' || i + 1 == text.size()) {
      value += text[i];
      continue;
    }
    const char escaped = text[++i];
    value += escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped == 'r' ? '\r' : escaped;
  }
  return std::nullopt;
}

/// Ends where a comment begins: at a # with a blank before it.
std::string unquoted(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '#' && is_blank(text[i - 1])) return std::string(trim(text.substr(0, i)));
  }
  return std::string(text);
}

std::optional<std::string> parse_value(std::string_view text) {
  text = trim(text);
  if (text.empty() || text.front() == '#') return std::string();
  if (text.front() == '\'') return single_quoted(text.substr(1));
  if (text.front() == '"') return double_quoted(text.substr(1));
  return unquoted(text);
}

std::optional<std::pair<std::string, std::string>> parse_line(std::string_view line) {
  constexpr std::string_view keyword = "export ";
  if (line.starts_with(keyword)) line = trim(line.substr(keyword.size()));
  const auto equals = line.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  const auto name = trim(line.substr(0, equals));
  auto value = parse_value(line.substr(equals + 1));
  // A zero byte can't be in an environment.
  if (!is_name(name) || !value || value->contains('\0')) return std::nullopt;
  return std::pair(std::string(name), std::move(*value));
}

void add_file(DotenvOutcome& outcome, std::string_view text, runtime::Environment& environment) {
  auto contents = parse_dotenv(text);
  for (const auto number : contents.bad_lines) {
    outcome.warnings.push_back(fmt::format("{}:{}: is no line NAME=value", outcome.path, number));
  }
  for (auto& [name, value] : contents.variables) {
    environment.emplace(std::move(name), std::move(value));
  }
}

}  // namespace

DotenvContents parse_dotenv(std::string_view text) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  DotenvContents contents;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    if (auto variable = parse_line(line)) {
      contents.variables.push_back(std::move(*variable));
    } else {
      contents.bad_lines.push_back(number);
    }
  }
  return contents;
}

DotenvOutcome load_dotenv(runtime::Environment& environment) {
  DotenvOutcome outcome;
  const auto named = environment.find("IGGY_ENV_PATH");
  outcome.is_explicit = named != environment.end() && !named->second.empty();
  const auto paths =
      outcome.is_explicit ? std::vector<std::string>{named->second} : runtime::upward_paths(".env");
  for (const auto& path : paths) {
    const auto text = runtime::read_small_file(path, file_size_max);
    // A directory of that name is as good as no file.
    if (!text && text.error() == Error::file_not_found) continue;
    if (!text && text.error() == Error::operation_unsupported) continue;
    outcome.path = path;
    if (text) {
      add_file(outcome, *text, environment);
    } else {
      outcome.warnings.push_back(fmt::format("{}: cannot be read", path));
      outcome.path.clear();
    }
    break;
  }
  return outcome;
}

}  // namespace iggy::server
