// Printing settings as TOML.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/settings.hpp"
#include "server/settings_fields.hpp"
#include "server/settings_names.hpp"

namespace iggy::server {
namespace {

/// The keys of one table; "" is the one at the top.
struct Section {
  std::string path;
  std::string lines;
};

Section& section_of(std::vector<Section>& sections, const std::string& path) {
  const auto found = std::ranges::find(sections, path, &Section::path);
  return found == sections.end() ? sections.emplace_back(Section{path, ""}) : *found;
}

/// "[tcp.socket]"; "[[cluster.node.others]]" of an element, and what lies below it belongs to the
/// last such element.
std::string header(std::string_view path) {
  const auto generic = without_indices(path);
  if (!generic.ends_with(".#")) {
    std::string name = generic;
    for (auto at = name.find(".#"); at != std::string::npos; at = name.find(".#")) {
      name.erase(at, 2);
    }
    return fmt::format("[{}]", name);
  }
  return fmt::format("[[{}]]", generic.substr(0, generic.size() - 2));
}

}  // namespace

std::string to_toml(const Settings& settings) {
  auto copy = settings;
  std::vector<Section> sections;
  for (const auto& field : fields_of(copy)) {
    const auto dot = field.path.rfind('.');
    auto& section = section_of(sections, field.path.substr(0, dot));
    if (const auto value = field.type->print(field.member)) {
      section.lines += fmt::format("{} = {}\n", field.path.substr(dot + 1), *value);
    }
  }

  std::string text;
  for (const auto& list : table_lists_of(copy)) {
    // An empty list has no element that would show it.
    const auto dot = list.path.rfind('.');
    const bool is_empty = std::ranges::none_of(sections, [&](const Section& section) {
      return section.path.starts_with(list.path + ".");
    });
    if (!is_empty) continue;
    auto& parent = section_of(sections, list.path.substr(0, dot));
    parent.lines += fmt::format("{} = []\n", list.path.substr(dot + 1));
  }
  for (const auto& section : sections) {
    text += fmt::format("{}{}\n{}", text.empty() ? "" : "\n", header(section.path), section.lines);
  }
  return text;
}

}  // namespace iggy::server
