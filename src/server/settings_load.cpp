// Layering defaults, configuration file and environment into settings.
#include "server/settings_load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "server/settings_fields.hpp"
#include "server/settings_file.hpp"
#include "server/settings_names.hpp"

namespace iggy::server {
namespace {

using Kind = RawValue::Kind;

/// So many unknown names are compared with the known ones: a file of something else has thousands.
constexpr std::size_t guesses_max = 20;

/// More elements in a list of tables are taken for a mistake, not for a wish.
constexpr std::size_t list_elements_max = 64;

constexpr std::string_view masked = "******";

bool is_below(std::string_view path, std::string_view table) {
  return path.size() > table.size() && path.starts_with(table) && path[table.size()] == '.';
}

bool is_secret(std::string_view path) {
  const auto* reserved = find_reserved(path);
  return reserved != nullptr && reserved->use == ReservedUse::secret;
}

/// The value as it was written, on one line, cut where it gets long.
std::string shown(std::string_view path, const RawValue& value) {
  constexpr std::size_t size_max = 100;
  if (is_secret(path)) return std::string(masked);
  auto text = value.text.size() > size_max ? value.text.substr(0, size_max) + "..." : value.text;
  return value.kind == Kind::text || value.kind == Kind::untyped ? quoted(text) : text;
}

class Loader {
 public:
  explicit Loader(const SettingsSources& sources) : sources_(sources) {}

  LoadedSettings run() {
    read_file();
    read_environment();
    resize_lists();
    assign_fields();
    assign_rest();
    for (auto& line : check_settings(loaded_.settings)) loaded_.problems.push_back(std::move(line));
    tell_ignored();
    tell_settings();
    return std::move(loaded_);
  }

 private:
  void read_file() {
    if (sources_.file_name.empty()) {
      return notice(base::LogLevel::info, "No configuration file was found: defaults are used.");
    }
    notice(base::LogLevel::info, fmt::format("Configuration file: {}", sources_.file_name));
    auto file = parse_settings_file(sources_.file_text, sources_.file_name);
    values_ = std::move(file.values);
    loaded_.problems = std::move(file.problems);
  }

  void read_environment() {
    const auto paths = paths_by_environment_name();
    auto lists = table_lists_of(loaded_.settings);
    for (const auto& [name, text] : sources_.environment) {
      if (!name.starts_with("IGGY_") || text.empty()) continue;
      const auto found = paths.find(name);
      if (found == paths.end()) {
        tell_unknown_variable(name, paths);
        continue;
      }
      // The first variable for a list of tables drops what the file says of that list.
      std::erase_if(lists, [&](const TableList& list) {
        const bool names_it = is_below(found->second, list.path);
        if (names_it) drop(list.path);
        return names_it;
      });
      override_value(name, found->second, text);
    }
  }

  void override_value(const std::string& name, const std::string& path, const std::string& text) {
    auto& value = values_[path];
    value = {.kind = Kind::untyped, .text = text, .origin = "environment variable " + name};
    notice(base::LogLevel::info,
           fmt::format("{} value changed to: {} from environment variable", name,
                       is_secret(path) ? masked : std::string_view(text)));
  }

  void tell_unknown_variable(const std::string& name,
                             const std::map<std::string, std::string, std::less<>>& paths) {
    if (is_other_variable(name)) return;
    std::vector<std::string> known;
    for (const auto& entry : paths) known.push_back(entry.first);
    notice(base::LogLevel::warning, fmt::format("Unknown environment variable {} is ignored{}",
                                                name, did_you_mean(name, known)));
  }

  void drop(std::string_view list) {
    std::erase_if(values_, [&](const auto& entry) {
      return entry.first == list || is_below(entry.first, list);
    });
  }

  /// Makes each list of tables as long as the values for it ask.
  void resize_lists() {
    for (const auto& list : table_lists_of(loaded_.settings)) {
      if (const auto empty = values_.find(list.path); empty != values_.end() &&
                                                      empty->second.kind == Kind::texts &&
                                                      empty->second.texts.empty()) {
        values_.erase(empty);
        list.resize(0);
      }
      if (const auto count = elements_count(list.path); count > 0) list.resize(count);
    }
  }

  /// One more than the highest index; what lies behind the bound is a problem for `assign_rest`.
  std::size_t elements_count(const std::string& list) const {
    std::size_t count = 0;
    for (std::size_t i = 0; i < list_elements_max; ++i) {
      const auto element = fmt::format("{}.{}", list, i);
      const auto next = values_.lower_bound(element + '.');
      const bool has_keys = next != values_.end() && is_below(next->first, element);
      if (has_keys || values_.contains(element)) count = i + 1;
    }
    return count;
  }

  void assign_fields() {
    for (const auto& field : fields_of(loaded_.settings)) {
      const auto value = values_.find(field.path);
      if (value == values_.end()) continue;
      if (!field.type->assign(value->second, field.member)) {
        problem(field.path, value->second, fmt::format("must be {}", field.type->allowed));
      }
      values_.erase(value);
    }
  }

  /// Values that belong to no setting: without effect, misplaced or unknown.
  void assign_rest() {
    const auto known = known_paths();
    for (const auto& [path, value] : values_) {
      if (const auto* reserved = find_reserved(path)) {
        check_reserved(*reserved, path, value);
      } else if (!is_misplaced(path, value, known)) {
        notice(base::LogLevel::warning, fmt::format("Unknown key {} ({}) is ignored{}", path,
                                                    value.origin, did_you_mean(path, known)));
      }
    }
  }

  void check_reserved(const ReservedKey& key, const std::string& path, const RawValue& value) {
    const auto& type = key.type();
    bool is_on = false;
    if (!type.assign(value, nullptr)) {
      problem(path, value, fmt::format("must be {}", type.allowed));
    } else if (key.use == ReservedUse::must_stay_off && value_type<bool>().assign(value, &is_on) &&
               is_on) {
      problem(path, value, "is not available in this server: must be false");
    } else {
      ignored_.push_back(path);
    }
  }

  /// A value where a table belongs, or a table where a value belongs.
  bool is_misplaced(const std::string& path, const RawValue& value,
                    const std::vector<std::string>& known) {
    for (const auto& name : known) {
      if (is_below(path, name)) {
        problem(name, value, "is a single value, not a table");
        return true;
      }
      if (!is_below(name, path)) continue;
      const bool is_list = is_below(name, path + ".0");
      const bool is_empty_list = value.kind == Kind::texts && value.texts.empty();
      if (is_list ? !is_empty_list : value.kind != Kind::table) {
        problem(path, value, is_list ? "must be a list of tables" : "must be a table");
      }
      return true;
    }
    return is_beyond_list(path, value);
  }

  /// A key below a list of tables, but not in one of the elements it may have.
  bool is_beyond_list(const std::string& path, const RawValue& value) {
    for (const auto& list : table_lists_of(loaded_.settings)) {
      if (!is_below(path, list.path)) continue;
      const auto rest = path.substr(list.path.size() + 1);
      std::size_t index = 0;
      const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), index);
      const bool is_element = end != rest.data() + rest.size() && *end == '.';
      if (error == std::errc{} && is_element && index < list_elements_max) return false;
      problem(path, value,
              fmt::format("{} must be a list of at most {} tables", list.path, list_elements_max));
      return true;
    }
    return false;
  }

  void tell_ignored() {
    if (ignored_.empty()) return;
    notice(base::LogLevel::debug,
           fmt::format("Keys without effect in this server: {}", fmt::join(ignored_, ", ")));
  }

  void tell_settings() {
    const auto wish = sources_.environment.find("IGGY_DISPLAY_CONFIG");
    const bool is_wanted = wish == sources_.environment.end() || wish->second.empty() ||
                           wish->second == "1" || wish->second == "true";
    if (!is_wanted || !loaded_.problems.empty()) return;
    std::vector<std::string> parts;
    for (const auto& field : fields_of(loaded_.settings)) {
      if (const auto text = field.type->print(field.member)) {
        parts.push_back(fmt::format("{} = {}", field.path, *text));
      }
    }
    notice(base::LogLevel::info, fmt::format("Using configuration: {}", fmt::join(parts, ", ")));
  }

  std::string did_you_mean(std::string_view name, const std::vector<std::string>& known) {
    if (guesses_count_++ >= guesses_max) return "";
    const auto names = similar_names(name, known);
    return names.empty() ? "" : fmt::format("; did you mean {}?", fmt::join(names, " or "));
  }

  void problem(std::string_view path, const RawValue& value, std::string_view what) {
    loaded_.problems.push_back(
        fmt::format("{} = {}: {} ({})", path, shown(path, value), what, value.origin));
  }

  void notice(base::LogLevel level, std::string text) {
    loaded_.notices.push_back({level, std::move(text)});
  }

  const SettingsSources& sources_;
  LoadedSettings loaded_;
  RawValues values_;
  std::vector<std::string> ignored_;
  std::size_t guesses_count_ = 0;
};

// Finding the file

constexpr std::uint64_t file_size_max = std::uint64_t{1} << 20;

std::string why(Error error) {
  switch (error) {
    case Error::file_not_found:
      return "there is no such file";
    case Error::permission_denied:
      return "the file may not be read by this user";
    case Error::limit_reached:
      return "the file is larger than 1 MiB";
    case Error::operation_unsupported:
      return "this is no regular file";
    default:
      return "the file cannot be read";
  }
}

/// Reads the first of `paths` that exists. Errors: those of reading it; file_not_found.
Result<std::string> read_first(const std::vector<std::string>& paths, std::string& path_read) {
  for (const auto& path : paths) {
    auto text = runtime::read_small_file(path, file_size_max);
    if (!text && text.error() == Error::file_not_found) continue;
    path_read = path;
    return text;
  }
  return fail(Error::file_not_found);
}

struct FileSearch {
  std::string path;
  std::string text;
  std::optional<std::string> problem;
};

FileSearch find_named_file(const std::string& name) {
  FileSearch found;
  auto text = read_first(runtime::upward_paths(name), found.path);
  if (!text) {
    found.problem = fmt::format(
        "IGGY_CONFIG_PATH = {}: {}; name a TOML file that can be read, or unset the variable",
        quoted(name), why(text.error()));
    return found;
  }
  found.text = std::move(*text);
  return found;
}

FileSearch find_default_file() {
  FileSearch found;
  auto text = read_first({"config/server.toml", "core/server/config.toml"}, found.path);
  if (!text) {
    if (!found.path.empty()) found.problem = fmt::format("{}: {}", found.path, why(text.error()));
    return found;
  }
  found.text = std::move(*text);
  return found;
}

}  // namespace

LoadedSettings load_settings(const SettingsSources& sources) { return Loader(sources).run(); }

LoadedSettings load_settings(const runtime::Environment& environment) {
  const auto name = environment.find("IGGY_CONFIG_PATH");
  const bool is_named = name != environment.end() && !name->second.empty();
  auto file = is_named ? find_named_file(name->second) : find_default_file();
  auto loaded = load_settings(SettingsSources{
      .file_name = file.problem ? "" : file.path,
      .file_text = std::move(file.text),
      .environment = environment,
  });
  if (file.problem) loaded.problems.insert(loaded.problems.begin(), *file.problem);
  return loaded;
}

}  // namespace iggy::server
