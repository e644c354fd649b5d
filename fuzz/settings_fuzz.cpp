// Fuzzes what reads a configuration: the TOML file and the dot-env file with the environment.
//
// The first byte picks one, or both, the rest is its input. No input may crash it, and settings
// that are accepted must print as a configuration that gives the same settings again.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "server/dotenv.hpp"
#include "server/settings_load.hpp"

namespace iggy::server {
namespace {

void check(bool holds) {
  if (!holds) __builtin_trap();
}

void check_loaded(const LoadedSettings& loaded) {
  if (!loaded.problems.empty()) {
    for (const auto& line : loaded.problems) check(!line.empty());
    return;
  }
  const auto printed = to_toml(loaded.settings);
  const auto again = load_settings(SettingsSources{.file_name = "printed", .file_text = printed});
  check(again.problems.empty());
  check(to_toml(again.settings) == printed);
}

/// `variables` is a dot-env file.
void fuzz_sources(std::string_view file_name, std::string_view text, std::string_view variables) {
  SettingsSources sources{.file_name = std::string(file_name), .file_text = std::string(text)};
  for (auto& [name, value] : parse_dotenv(variables).variables) {
    check(!name.empty());
    sources.environment.emplace(std::move(name), std::move(value));
  }
  check_loaded(load_settings(sources));
}

void fuzz(unsigned kind, std::string_view input) {
  constexpr std::string_view file_name = "server.toml";
  if (kind == 0) return fuzz_sources(file_name, input, {});
  if (kind == 1) return fuzz_sources({}, {}, input);
  const auto end = std::min(input.find('\0'), input.size());  // of the file
  fuzz_sources(file_name, input.substr(0, end), input.substr(std::min(end + 1, input.size())));
}

}  // namespace
}  // namespace iggy::server

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  iggy::server::fuzz(data[0] % 3, input);
  return 0;
}
