// Fuzzes what reads a configuration: the TOML file and the dot-env file with the environment.
//
// The first byte picks one, the rest is its input. No input may crash it, and settings that are
// accepted must print as a configuration that gives the same settings again.
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

void fuzz_file(std::string_view text) {
  check_loaded(
      load_settings(SettingsSources{.file_name = "server.toml", .file_text = std::string(text)}));
}

void fuzz_environment(std::string_view text) {
  SettingsSources sources;
  for (auto& [name, value] : parse_dotenv(text).variables) {
    check(!name.empty());
    sources.environment.emplace(std::move(name), std::move(value));
  }
  check_loaded(load_settings(sources));
}

}  // namespace
}  // namespace iggy::server

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 == 0) {
    iggy::server::fuzz_file(input);
  } else {
    iggy::server::fuzz_environment(input);
  }
  return 0;
}
