// A run of the program, from the command line to the exit status.
#include "cli/program.hpp"

#include <fmt/format.h>

#include <expected>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "base/bytes.hpp"
#include "cli/command_line.hpp"
#include "cli/credentials.hpp"
#include "cli/encryption_key.hpp"
#include "client/client.hpp"
#include "runtime/disk.hpp"
#include "runtime/runtime.hpp"
#include "runtime/terminal.hpp"

namespace iggy::cli {
namespace {

using runtime::StandardStream;

/// What is told on standard error.
struct Report {
  std::string text;
};
using Ran = std::expected<void, Report>;

void tell(StandardStream stream, std::string_view text) {
  // Where nobody reads, nothing can be told.
  static_cast<void>(runtime::write_standard(stream, text));
}

/// Can this build speak as `options` ask?
Ran check_transport(const GlobalOptions& options) {
  const auto unbuilt = [](std::string_view what) {
    return std::unexpected(Report{client_report(
        "TransportUnavailable", fmt::format("{}: this build speaks plain tcp only", what))});
  };
  const auto& transport = options.transport;
  for (const auto* const other : {"quic", "http", "ws", "websocket"}) {
    if (transport == other) return unbuilt(other);
  }
  if (transport != "tcp") {
    return std::unexpected(Report{client_report("InvalidTransport", transport)});
  }
  if (options.tcp_tls_enabled) return unbuilt("tcp with TLS");
  return {};
}

/// Messages must never travel in clear because of a key that is not used.
Outcome check_encryption_key(std::string_view text) {
  if (text.empty()) return {};
  if (!parse_encryption_key(text)) return tool_failure("Invalid encryption key provided");
  return tool_failure("Encryption by the client is not available in this build");
}

/// One run: its parts, and the steps in their order.
class Run {
 public:
  Run(Invocation& invocation, const runtime::Environment& environment)
      : options_(invocation.options),
        command_(*invocation.command),
        environment_(environment),
        output_(options_.quiet ? Verbosity::quiet : Verbosity::normal,
                [](std::string_view text) {
                  return runtime::write_standard(StandardStream::output, text);
                }),
        disk_(runtime::make_real_disk()) {}

  Task<int> run() {
    auto ran = co_await run_steps();
    if (!ran) output_.trace(ran.error().text);
    if (const auto written = co_await write_trace(); !written && ran) {
      ran = std::unexpected(
          Report{report({fmt::format("Problem writing debug file: {}", *options_.debug_file),
                         file_error_text(written.error())})});
    }
    if (ran) co_return 0;
    tell(StandardStream::error, ran.error().text + "\n");
    co_return 1;
  }

 private:
  Task<Ran> run_steps() {
    std::optional<Credentials> credentials;
    if (command_.needs_login()) {
      auto found = find_credentials(options_, environment_, input_);
      if (!found) co_return reported(found.error());
      credentials = std::move(*found);
    }
    if (const auto key = check_encryption_key(options_.encryption_key); !key) {
      co_return reported(key.error());
    }
    if (const auto transport = check_transport(options_); !transport) co_return transport;

    output_.trace(fmt::format("connecting to {}", options_.tcp_server_address));
    client::Client client(client::tcp_connector(options_.tcp_server_address),
                          options_.tcp_reconnection);
    if (const auto connected = co_await client.connect(); !connected) {
      co_return std::unexpected(Report{client_report(connected.error())});
    }
    const auto outcome = co_await run_connected(client, std::move(credentials));
    co_await client.close();
    if (!outcome) co_return reported(outcome.error());
    co_return Ran{};
  }

  /// Logs in if there is somebody to log in, runs the command, and logs out.
  Task<Outcome> run_connected(client::Client& client, std::optional<Credentials> credentials) {
    const bool has_login = credentials.has_value();
    if (has_login) {
      const auto logged_in = co_await log_in(client, std::move(*credentials));
      if (!logged_in) co_return logged_in;
    }
    output_.line(fmt::format("Executing {}", command_.explain()));
    const auto outcome = co_await command_.run(
        {.client = client, .output = output_, .disk = *disk_, .input = input_});
    if (!has_login || !client.is_connected()) co_return outcome;

    const auto logged_out = co_await client.logout_user();
    if (outcome && !logged_out) {
      co_return failure("Problem with server logout", logged_out.error());
    }
    co_return outcome;
  }

  Task<Outcome> log_in(client::Client& client, Credentials credentials) {
    if (credentials.token) {
      const bool is_empty = credentials.token->empty();
      co_return failure("Problem with server login with token",
                        is_empty ? Error::invalid_format : Error::feature_unavailable);
    }
    output_.trace(fmt::format("logging in as {}", credentials.username));
    const auto identity =
        co_await client.login_user(credentials.username, std::move(credentials.password));
    if (!identity) {
      co_return failure(
          fmt::format("Problem with server login for username: {}", credentials.username),
          identity.error());
    }
    co_return Outcome{};
  }

  /// Writes the debug file, if one is asked for.
  Task<Result<>> write_trace() {
    if (!options_.debug_file) co_return Result<>{};
    const auto& path = *options_.debug_file;
    if (const auto made = co_await disk_->make_directories(runtime::parent_path(path)); !made) {
      co_return fail(made);
    }
    co_return co_await runtime::write_file(*disk_, path, base::as_bytes(output_.traced()));
  }

  static std::unexpected<Report> reported(const Failure& failure) {
    return std::unexpected(Report{report(failure)});
  }

  GlobalOptions& options_;
  Command& command_;
  const runtime::Environment& environment_;
  Output output_;
  std::unique_ptr<runtime::Disk> disk_;
  runtime::StandardInput input_;
};

Task<int> run_invocation(Invocation& invocation, const runtime::Environment& environment) {
  Run run(invocation, environment);
  co_return co_await run.run();
}

/// epoll unless IGGY_RUNTIME says otherwise: one connection gains nothing from a ring that has to
/// be set up first.
Result<runtime::Backend> backend_of(const runtime::Environment& environment) {
  const auto forced = environment.find("IGGY_RUNTIME");
  if (forced == environment.end()) return runtime::Backend::epoll;
  std::string reason;
  return runtime::choose_backend(forced->second.c_str(), reason);
}

int refuse_start(Error error) {
  tell(StandardStream::error, report({"Problem starting", error_text(error)}) + "\n");
  return 1;
}

}  // namespace

int run_program(const std::vector<std::string>& arguments,
                const runtime::Environment& environment) {
  auto invocation = read_command_line(arguments);
  if (!invocation) {
    const auto& [status, output, error] = invocation.error();
    tell(StandardStream::output, output);
    tell(StandardStream::error, error);
    return status;
  }
  const auto backend = backend_of(environment);
  if (!backend) return refuse_start(backend.error());
  const auto runtime = runtime::Runtime::create({.backend = *backend, .shards = 1});
  if (!runtime) return refuse_start(runtime.error());
  return (*runtime)->run([&] { return run_invocation(*invocation, environment); });
}

}  // namespace iggy::cli
