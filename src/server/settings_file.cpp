// Reading TOML, with toml++, which only this file knows.
#include "server/settings_file.hpp"

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_UNRELEASED_FEATURES 0
#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <sstream>

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

}  // namespace

SettingsFile parse_settings_file(std::string_view text, std::string_view file_name) {
  SettingsFile file;
  const auto result = toml::parse(text, file_name);
  if (!result) {
    const auto& at = result.error().source().begin;
    file.problems.push_back(fmt::format("{}:{}:{}: {}", file_name, at.line, at.column,
                                        std::string(result.error().description())));
    return file;
  }
  Flattener(file.values, file_name).add_table("", result.table());
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
