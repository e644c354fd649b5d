// The options that stand in front of the command.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/syntax.hpp"
#include "cli/values.hpp"
#include "client/client.hpp"

namespace iggy::cli {

/// A shell that a completion script can be written for.
enum class Shell : std::uint8_t { bash, elvish, fish, powershell, zsh };

struct GlobalOptions {
  std::string transport = "tcp";
  std::string encryption_key;  // base64; empty: off
  std::string tcp_server_address = "127.0.0.1:8090";
  client::ReconnectionRules tcp_reconnection;
  bool tcp_tls_enabled = false;
  bool quiet = false;
  std::optional<std::string> debug_file;
  std::optional<std::string> username;
  std::optional<std::string> password;
  std::optional<std::string> token;
  std::optional<std::string> token_name;
  std::optional<Shell> generate;
};

/// Declares all of them; what is read goes to `options`. Those that only matter to another
/// transport are checked and forgotten.
void declare_global_options(Syntax& syntax, GlobalOptions& options);

template <>
std::expected<Shell, std::string> parse_value(std::string_view text);
template <>
std::vector<std::string_view> choices_of<Shell>();

}  // namespace iggy::cli
