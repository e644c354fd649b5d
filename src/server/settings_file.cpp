// Reading TOML, with toml++, which only this file knows.
#include "server/settings_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

namespace iggy::server::toml_parser {

/// The parser asserts where it should refuse: "[:x]" is enough. Its assertions are made to throw,
/// so that a mistyped file is an error with its line.
struct BrokenAssumption {};

[[noreturn]] inline void refuse() { throw BrokenAssumption(); }

}  // namespace iggy::server::toml_parser

#define TOML_EXCEPTIONS 1
#define TOML_ASSERT(expression) \
  (static_cast<bool>(expression) ? void(0) : ::iggy::server::toml_parser::refuse())
#include <toml++/toml.h>

namespace iggy::server {
namespace {

bool is_bare(std::string_view key) {
  return !key.empty() && std::ranges::all_of(key, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

std::string below(const std::string& path, std::string_view key) {
  const auto name = is_bare(key) ? std::string(key) : quoted(key);
  return path.empty() ? name : path + '.' + name;
}

std::string shown(const toml::node& node) {
  std::ostringstream stream;
  node.visit([&](const auto& value) { stream << value; });
  auto text = stream.str();
  std::ranges::replace(text, '\n', ' ');
  return text;
}

bool is_list_of(const toml::array& array, toml::node_type type) {
  return std::ranges::all_of(array, [&](const auto& element) { return element.type() == type; });
}

class Flattener {
 public:
  Flattener(RawValues& values, std::string_view file_name)
      : values_(values), file_name_(file_name) {}

  void add_table(const std::string& path, const toml::table& table) {
    if (table.empty() && !path.empty()) return add_value(path, table);
    for (const auto& [key, node] : table) add_node(below(path, key.str()), node);
  }

 private:
  void add_node(const std::string& path, const toml::node& node) {
    if (const auto* table = node.as_table()) return add_table(path, *table);
    const auto* array = node.as_array();
    const bool has_tables =
        array != nullptr && !array->empty() && is_list_of(*array, toml::node_type::table);
    if (!has_tables) return add_value(path, node);
    for (std::size_t i = 0; i < array->size(); ++i) {
      add_table(below(path, std::to_string(i)), *array->get_as<toml::table>(i));
    }
  }

  void add_value(const std::string& path, const toml::node& node) {
    auto value = raw(node);
    const auto& at = node.source().begin;
    value.origin = fmt::format("{}:{}:{}", file_name_, at.line, at.column);
    values_.insert_or_assign(path, std::move(value));
  }

  static RawValue raw(const toml::node& node) {
    using Kind = RawValue::Kind;
    if (const auto* text = node.as_string()) return {.kind = Kind::text, .text = text->get()};
    RawValue value{.text = shown(node)};
    if (const auto* boolean = node.as_boolean()) {
      value.kind = Kind::boolean;
      value.boolean = boolean->get();
    } else if (const auto* integer = node.as_integer()) {
      value.kind = Kind::integer;
      value.integer = integer->get();
    } else if (node.is_table()) {
      value.kind = Kind::table;
    } else if (const auto* array = node.as_array();
               array != nullptr && is_list_of(*array, toml::node_type::string)) {
      value.kind = Kind::texts;
      for (const auto& element : *array) value.texts.push_back(element.as_string()->get());
    }
    return value;
  }

  RawValues& values_;
  std::string_view file_name_;
};

bool breaks_assumption(std::string_view text) {
  try {
    (void)toml::parse(text);
  } catch (const toml_parser::BrokenAssumption&) {
    return true;
  } catch (const toml::parse_error&) {
    return false;
  }
  return false;
}

/// The line on which the parser breaks, from 1: the text up to a line breaks it if, and only if,
/// that line is included.
std::size_t broken_line(std::string_view text) {
  std::vector<std::size_t> line_ends;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') line_ends.push_back(i + 1);
  }
  line_ends.push_back(text.size());
  const auto broken = std::ranges::partition_point(
      line_ends, [&](std::size_t end) { return !breaks_assumption(text.substr(0, end)); });
  return static_cast<std::size_t>(broken - line_ends.begin()) + 1;
}

}  // namespace

SettingsFile parse_settings_file(std::string_view text, std::string_view file_name) {
  SettingsFile file;
  try {
    const auto table = toml::parse(text, file_name);
    Flattener(file.values, file_name).add_table("", table);
  } catch (const toml::parse_error& error) {
    const auto& at = error.source().begin;
    file.problems.push_back(
        fmt::format("{}:{}:{}: {}", file_name, at.line, at.column, error.description()));
  } catch (const toml_parser::BrokenAssumption&) {
    file.problems.push_back(fmt::format("{}:{}: a key must begin with a letter, digit or quote",
                                        file_name, broken_line(text)));
  }
  return file;
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      result += fmt::format("\\u{:04x}", byte);
    } else {
      result += c;
    }
  }
  return result + '"';
}

}  // namespace iggy::server
