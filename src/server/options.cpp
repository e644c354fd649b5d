// Reading the command line, with CLI11.
#include "server/options.hpp"

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "broker/system.hpp"

namespace iggy::server {
namespace {

constexpr const char* description =
    "Iggy server: a persistent message-streaming server over TCP, QUIC, HTTP and WebSocket.";

constexpr const char* footer = R"(
Configuration:
  The file config/server.toml in the working directory, or the one that IGGY_CONFIG_PATH names,
  holds the settings; a key that it leaves out has its default. Environment variables go before
  the file: IGGY_ and the path of the key in capitals, with _ between its parts.

    IGGY_TCP_ADDRESS=0.0.0.0:8090   sets tcp.address
    IGGY_SYSTEM_PATH=/var/lib/iggy  sets system.path
    IGGY_SYSTEM_PARTITION_ENFORCE_FSYNC=true

Other environment variables:
  IGGY_CONFIG_PATH     the configuration file; it must be there
  IGGY_ENV_PATH        a file of NAME=value lines that add to the environment; default: .env
  IGGY_ROOT_USERNAME   name and password of the root user, when it is created at the first start;
  IGGY_ROOT_PASSWORD   if unset, a random password is made and printed once
  IGGY_DISPLAY_CONFIG  0: do not log the configuration
  IGGY_RUNTIME         io_uring or epoll; default: the first of them that works here
  RUST_LOG             level of the log, before system.logging.level: trace, debug, info, warn,
                       error or off
  NO_COLOR             if set, no colours on the terminal

Exit status:
  0 after an orderly stop, 1 if the server cannot start or run, 2 for a wrong command line.
)";

void define(CLI::App& app, Options& options, std::string& config_provider) {
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.set_version_flag("-V,--version", fmt::format("iggy-server {}", broker::server_version),
                       "Print the version and exit");
  app.add_option("-c,--config-provider", config_provider,
                 "Accepted and ignored: the configuration always comes from a file")
      ->take_last()
      ->type_name("NAME");
  app.add_flag("-f,--fresh", options.fresh,
               "Delete the data directory (system.path) with all it holds before the start");
  app.add_flag("--with-default-root-credentials", options.with_default_root_credentials,
               "Name the root user iggy with the password iggy, if it has to be created and the "
               "environment does not name it. Not for production");
  app.add_flag("--follower", options.follower,
               "Report the role follower in cluster metadata, if cluster.enabled is true");
  app.footer(footer);
}

}  // namespace

CommandLine parse_command_line(int count, const char* const* arguments) {
  CommandLine line;
  std::string config_provider = "file";
  CLI::App app(description, "iggy-server");
  define(app, line.options, config_provider);
  try {
    app.parse(count, arguments);
  } catch (const CLI::CallForHelp&) {
    line.exit_status = 0;
    line.output = app.help();
  } catch (const CLI::CallForVersion& version) {
    line.exit_status = 0;
    line.output = fmt::format("{}\n", version.what());
  } catch (const CLI::Error& error) {
    line.exit_status = 2;
    line.error_output = fmt::format(
        "Error: {}\nUsage: iggy-server [OPTIONS]\nTry iggy-server --help for the options.\n",
        error.what());
  }
  return line;
}

}  // namespace iggy::server
