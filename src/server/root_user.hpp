// The first user: made when there is none yet, from the environment or by chance.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "broker/broker.hpp"
#include "runtime/startup_file.hpp"
#include "server/options.hpp"
#include "wire/sessions.hpp"

namespace iggy::server {

using runtime::Task;

struct RootCredentials {
  std::string username;
  std::string password;
  bool is_generated = false;  // the password; to be shown once
};

/// What the environment (IGGY_ROOT_USERNAME, IGGY_ROOT_PASSWORD) and the command line say; nothing:
/// they are silent. Errors: one line that names the variable and what is allowed.
[[nodiscard]] std::expected<std::optional<RootCredentials>, std::string> root_credentials(
    const runtime::Environment& environment, const Options& options);

/// Makes the root user if the catalogue has no user yet, with `given` or a made-up password. Gives
/// what it was made with, or nothing if there is one. Errors: those of hash_password and of commit.
Task<Result<std::optional<RootCredentials>>> ensure_root_user(broker::Broker& broker,
                                                              std::optional<RootCredentials> given);

}  // namespace iggy::server
