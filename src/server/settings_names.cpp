// Naming settings, and guessing what a mistyped name was meant as.
#include "server/settings_names.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

namespace iggy::server {
namespace {

constexpr auto other_variables = std::to_array<std::string_view>({
    "IGGY_CI_BUILD",
    "IGGY_CONFIG_PATH",
    "IGGY_CONNECTORS_CONFIG_PATH",
    "IGGY_DISPLAY_CONFIG",
    "IGGY_ENV_PATH",
    "IGGY_MCP_CONFIG_PATH",
    "IGGY_ROOT_PASSWORD",
    "IGGY_ROOT_USERNAME",
    "IGGY_RUNTIME",
    "IGGY_TEST_CLEANUP_DISABLED",
    "IGGY_TEST_VERBOSE",
});

constexpr auto other_prefixes = std::to_array<std::string_view>({
    "IGGY_CONNECTORS_SINK_",
    "IGGY_CONNECTORS_SOURCE_",
});

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// `path` once for each index that its # can be.
std::vector<std::string> with_indices(std::string_view path) {
  const auto at = path.find('#');
  if (at == std::string_view::npos) return {std::string(path)};
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < indexed_elements_max; ++i) {
    paths.push_back(std::string(path).replace(at, 1, std::to_string(i)));
  }
  return paths;
}

/// How many letters must be added, dropped or replaced to make one text of the other.
std::size_t edit_distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); ++i) {
    auto diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < to.size(); ++j) {
      const auto replaced = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string environment_name(std::string_view path) {
  std::string name = "IGGY_";
  for (const char c : path) {
    name += c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  }
  return name;
}

std::string without_indices(std::string_view path) {
  std::string result;
  while (true) {
    const auto dot = path.find('.');
    const auto part = path.substr(0, dot);
    result += is_number(part) ? "#" : part;
    if (dot == std::string_view::npos) return result;
    result += '.';
    path.remove_prefix(dot + 1);
  }
}

const ReservedKey* find_reserved(std::string_view path) {
  const auto keys = reserved_keys();
  const auto found = std::ranges::find(keys, without_indices(path), &ReservedKey::path);
  return found == keys.end() ? nullptr : &*found;
}

std::vector<std::string> known_paths() {
  Settings settings;
  for (const auto& list : table_lists_of(settings)) list.resize(indexed_elements_max);
  std::vector<std::string> paths;
  for (auto& field : fields_of(settings)) paths.push_back(std::move(field.path));
  for (const auto& key : reserved_keys()) {
    for (auto& path : with_indices(key.path)) paths.push_back(std::move(path));
  }
  return paths;
}

std::map<std::string, std::string, std::less<>> paths_by_environment_name() {
  std::map<std::string, std::string, std::less<>> paths;
  for (auto& path : known_paths()) paths.emplace(environment_name(path), std::move(path));
  return paths;
}

bool is_other_variable(std::string_view name) {
  return std::ranges::find(other_variables, name) != other_variables.end() ||
         std::ranges::any_of(other_prefixes,
                             [&](std::string_view prefix) { return name.starts_with(prefix); });
}

std::vector<std::string> similar_names(std::string_view name,
                                       const std::vector<std::string>& candidates) {
  constexpr std::size_t name_size_max = 200;  // beyond it is no typing error
  if (name.size() > name_size_max) return {};
  const auto distance_max = std::max<std::size_t>(3, name.size() * 3 / 10);
  std::vector<std::pair<std::size_t, std::string>> close;
  for (const auto& candidate : candidates) {
    const auto distance = edit_distance(name, candidate);
    if (distance <= distance_max) close.emplace_back(distance, candidate);
  }
  std::ranges::sort(close);
  if (close.size() > 3) close.resize(3);
  std::vector<std::string> names;
  for (auto& [distance, candidate] : close) names.push_back(std::move(candidate));
  return names;
}

}  // namespace iggy::server
