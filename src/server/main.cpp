// iggy-server: reads how it should run, and runs.
#include <fmt/core.h>

#include <csignal>
#include <cstdio>

#include "base/error_table.hpp"
#include "base/logging.hpp"
#include "broker/system.hpp"
#include "runtime/runtime.hpp"
#include "server/dotenv.hpp"
#include "server/log_files.hpp"
#include "server/options.hpp"
#include "server/root_user.hpp"
#include "server/server.hpp"
#include "server/settings_cpus.hpp"
#include "server/settings_load.hpp"

namespace iggy::server {
namespace {

int refuse(std::string_view problem) {
  fmt::print(stderr, "Error: {}\n", problem);
  return 1;
}

runtime::Environment read_environment() {
  auto environment = runtime::environment();
  const auto dotenv = load_dotenv(environment);
  if (dotenv.is_explicit && !dotenv.path.empty()) {
    fmt::print("Loaded environment variables from {}\n", dotenv.path);
  }
  for (const auto& warning : dotenv.warnings) base::log_warning("{}", warning);
  return environment;
}

Result<runtime::Backend> choose_backend(const runtime::Environment& environment) {
  const auto forced = environment.find("IGGY_RUNTIME");
  std::string reason;
  const auto backend = runtime::choose_backend(
      forced == environment.end() ? nullptr : forced->second.c_str(), reason);
  if (backend) {
    base::log_info("runtime: {}", reason);
  } else {
    (void)refuse(reason);
  }
  return backend;
}

int run(const Options& options) {
  auto environment = read_environment();
  auto loaded = load_settings(environment);
  base::set_log_level(chosen_log_level(loaded.settings.system.logging, environment));
  for (const auto& notice : loaded.notices) base::log(notice.level, "{}", notice.text);
  for (const auto& problem : loaded.problems) (void)refuse(problem);
  if (!loaded.problems.empty()) return 1;

  auto root = root_credentials(environment, options);
  if (!root) return refuse(root.error());
  const auto cpus = choose_cpus(loaded.settings.system.sharding.cpu_allocation,
                                cpu_places(runtime::available_cpus()));
  if (!cpus) return refuse(cpus.error());
  const auto backend = choose_backend(environment);
  if (!backend) return 1;

  runtime::Signals signals({SIGINT, SIGTERM, SIGHUP});
  auto machine =
      runtime::Runtime::create({.backend = *backend, .cpus = *cpus, .pin = cpus->size() > 1});
  if (!machine) {
    return refuse(
        fmt::format("the runtime cannot start: {}", base::describe(machine.error()).text));
  }
  Server server(**machine, signals,
                {.settings = std::move(loaded.settings), .options = options, .root = *root});
  return (*machine)->run([&server] { return server.run(); });
}

}  // namespace
}  // namespace iggy::server

int main(int count, char** arguments) {
  const auto line = iggy::server::parse_command_line(count, arguments);
  if (line.exit_status) {
    fmt::print("{}", line.output);
    fmt::print(stderr, "{}", line.error_output);
    return *line.exit_status;
  }
  fmt::print("Iggy server {}\n", iggy::broker::server_version);
  std::fflush(stdout);
  return iggy::server::run(line.options);
}
