// Who logs in.
#pragma once

#include <expected>
#include <string>

#include "cli/failure.hpp"
#include "cli/global_options.hpp"
#include "runtime/startup_file.hpp"
#include "runtime/terminal.hpp"

namespace iggy::cli {

struct Credentials {
  std::string username;
  std::string password;
  std::optional<std::string> token;  // instead of the two
};

/// The first that is there: what the options say; IGGY_USERNAME with IGGY_PASSWORD. A password
/// that the options leave out is asked for, or read from the first line of standard input.
[[nodiscard]] std::expected<Credentials, Failure> find_credentials(
    const GlobalOptions& options, const runtime::Environment& environment,
    runtime::StandardInput& input);

}  // namespace iggy::cli
