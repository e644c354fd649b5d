// The first user.
#include "server/root_user.hpp"

#include <fmt/core.h>

#include "base/logging.hpp"
#include "broker/password.hpp"

namespace iggy::server {
namespace {

constexpr std::string_view default_name = "iggy";

std::optional<std::string> variable(const runtime::Environment& environment,
                                    std::string_view name) {
  const auto found = environment.find(name);
  if (found == environment.end()) return std::nullopt;
  return found->second;
}

std::optional<std::string> problem_of(std::string_view name, const std::string& value,
                                      std::size_t least, std::size_t most) {
  if (value.size() >= least && value.size() <= most) return std::nullopt;
  return fmt::format("{} has {} bytes; allowed are {} to {}", name, value.size(), least, most);
}

}  // namespace

std::expected<std::optional<RootCredentials>, std::string> root_credentials(
    const runtime::Environment& environment, const Options& options) {
  auto username = variable(environment, "IGGY_ROOT_USERNAME");
  auto password = variable(environment, "IGGY_ROOT_PASSWORD");
  if (options.with_default_root_credentials) {
    if (username && password) {
      base::log_warning(
          "--with-default-root-credentials is ignored: IGGY_ROOT_USERNAME and IGGY_ROOT_PASSWORD "
          "are set");
    }
    if (!username) username = default_name;
    if (!password) password = default_name;
  }
  if (!username && !password) return std::nullopt;
  if (!username || !password) {
    return std::unexpected(fmt::format("{} is set, but {} is not: set both or neither",
                                       username ? "IGGY_ROOT_USERNAME" : "IGGY_ROOT_PASSWORD",
                                       username ? "IGGY_ROOT_PASSWORD" : "IGGY_ROOT_USERNAME"));
  }
  if (auto problem = problem_of("IGGY_ROOT_USERNAME", *username, wire::username_size_min,
                                wire::username_size_max)) {
    return std::unexpected(*problem);
  }
  if (auto problem = problem_of("IGGY_ROOT_PASSWORD", *password, wire::password_size_min,
                                wire::password_size_max)) {
    return std::unexpected(*problem);
  }
  return RootCredentials{.username = std::move(*username), .password = std::move(*password)};
}

Task<Result<std::optional<RootCredentials>>> ensure_root_user(
    broker::Broker& broker, std::optional<RootCredentials> given) {
  if (broker.catalogue().find_user(root_user_id)) co_return std::nullopt;

  auto root = given ? std::move(*given)
                    : RootCredentials{
                          .username = std::string(default_name),
                          .password = broker::generate_password(runtime::Shard::current().random()),
                          .is_generated = true};
  const auto hash = co_await broker::hash_password(root.password);
  if (!hash) co_return fail(hash);
  const auto added = co_await broker.commit(
      broker::AddUser{.name = wire::Name(root.username), .password_hash = *hash}, nobody);
  if (!added) co_return fail(added);
  co_return root;
}

}  // namespace iggy::server
