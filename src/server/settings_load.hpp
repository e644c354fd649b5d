// From configuration file and environment to settings.
#pragma once

#include <string>
#include <vector>

#include "base/logging.hpp"
#include "runtime/startup_file.hpp"
#include "server/settings.hpp"

namespace iggy::server {

/// What the settings are read from; defaults lie below the file, the environment above it.
struct SettingsSources {
  std::string file_name;  // for messages; empty: no file
  std::string file_text;
  runtime::Environment environment;
};

/// A line for the log, which is set up only after the settings are known.
struct Notice {
  base::LogLevel level{};
  std::string text;
};

struct LoadedSettings {
  Settings settings;
  std::vector<std::string> problems;  // one line each; if there are any, the server must not start
  std::vector<Notice> notices;        // overrides, unknown names, keys without effect
};

/// Reads `sources`, and checks what came out. Collects all problems, not only the first.
[[nodiscard]] LoadedSettings load_settings(const SettingsSources& sources);

/// The same, with the file that `environment` and the working directory name: IGGY_CONFIG_PATH,
/// which must be there, else config/server.toml, else core/server/config.toml, else none.
[[nodiscard]] LoadedSettings load_settings(const runtime::Environment& environment);

}  // namespace iggy::server
