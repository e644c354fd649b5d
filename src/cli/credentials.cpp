// Who logs in.
#include "cli/credentials.hpp"

#include <cstddef>
#include <utility>

namespace iggy::cli {
namespace {

constexpr std::size_t password_line_bytes_max = 4096;

Result<std::string> ask_password(runtime::StandardInput& input) {
  if (input.is_terminal()) return input.read_secret("Password: ");
  auto line = input.read_line(password_line_bytes_max);
  if (!line) return fail(line);
  auto password = std::move(*line).value_or(std::string());
  while (password.ends_with('\r')) password.pop_back();
  return password;
}

}  // namespace

std::expected<Credentials, Failure> find_credentials(const GlobalOptions& options,
                                                     const runtime::Environment& environment,
                                                     runtime::StandardInput& input) {
  if (options.token_name) {
    return std::unexpected(
        Failure{"Platform secure storage failure: this build has no key store", {}});
  }
  if (options.token) return Credentials{.username = {}, .password = {}, .token = *options.token};
  if (options.username) {
    if (options.password) {
      return Credentials{.username = *options.username, .password = *options.password};
    }
    auto password = ask_password(input);
    if (!password) return failure("Problem reading the password", password.error());
    return Credentials{.username = *options.username, .password = std::move(*password)};
  }
  const auto username = environment.find("IGGY_USERNAME");
  const auto password = environment.find("IGGY_PASSWORD");
  if (username != environment.end() && password != environment.end()) {
    return Credentials{.username = username->second, .password = password->second};
  }
  return tool_failure("Missing iggy server credentials");
}

}  // namespace iggy::cli
