// The options that stand in front of the command.
#include "cli/global_options.hpp"

#include <algorithm>
#include <array>

namespace iggy::cli {
namespace {

constexpr auto shells = std::to_array<std::pair<std::string_view, Shell>>({
    {"bash", Shell::bash},
    {"elvish", Shell::elvish},
    {"fish", Shell::fish},
    {"powershell", Shell::powershell},
    {"zsh", Shell::zsh},
});

/// Checks that the text is a `T`, and forgets it.
template <class T>
Take check_only() {
  return [](std::string_view text) -> std::expected<void, std::string> {
    const auto value = parse_value<T>(text);
    if (!value) return std::unexpected(value.error());
    return {};
  };
}

Take take_interval(Duration& target) {
  return [&target](std::string_view text) -> std::expected<void, std::string> {
    const auto interval = parse_value<Interval>(text);
    if (!interval) return std::unexpected(interval.error());
    target = interval->value;
    return {};
  };
}

/// An option of a transport that is not in use.
struct OtherOption {
  std::string_view name;
  std::string_view value_name;
  std::string_view help;
  std::string_view default_text;
};

template <class T>
void declare_others(Syntax& syntax, std::initializer_list<OtherOption> options) {
  for (const auto& option : options) {
    syntax.option({.name = option.name,
                   .value_name = option.value_name,
                   .help = option.help,
                   .take = check_only<T>(),
                   .default_text = option.default_text});
  }
}

void declare_flag_only(Syntax& syntax, std::string_view name, std::string_view help) {
  const auto take = [](std::string_view) -> std::expected<void, std::string> { return {}; };
  syntax.option({.name = name, .value_name = {}, .help = help, .take = take});
}

void declare_general(Syntax& syntax, GlobalOptions& options) {
  syntax.option({.name = "transport",
                 .value_name = "TRANSPORT",
                 .help = "How to reach the server: tcp, quic, http or ws",
                 .take = take_into(options.transport),
                 .default_text = "tcp"});
  syntax.option({.name = "encryption-key",
                 .value_name = "ENCRYPTION_KEY",
                 .help = "Base64 of a key of 32 bytes: messages are encrypted before they are sent",
                 .take = take_into(options.encryption_key)});
  declare_others<std::string>(
      syntax, {{"credentials-username", "CREDENTIALS_USERNAME", "Accepted, without effect", ""},
               {"credentials-password", "CREDENTIALS_PASSWORD", "Accepted, without effect", ""},
               {"http-api-url", "HTTP_API_URL", "URL of the HTTP API", "http://localhost:3000"}});
  declare_others<std::uint32_t>(
      syntax, {{"http-retries", "HTTP_RETRIES", "How often HTTP requests are tried again", "3"}});
}

void declare_tcp(Syntax& syntax, GlobalOptions& options) {
  syntax.option({.name = "tcp-server-address",
                 .value_name = "TCP_SERVER_ADDRESS",
                 .help = "Address of the server, host:port",
                 .take = take_into(options.tcp_server_address),
                 .default_text = "127.0.0.1:8090"});
  syntax.option({.name = "tcp-reconnection-max-retries",
                 .value_name = "TCP_RECONNECTION_MAX_RETRIES",
                 .help = "How often connecting is tried again",
                 .take = take_into(options.tcp_reconnection.retries_max),
                 .default_text = "3"});
  syntax.option({.name = "tcp-reconnection-interval",
                 .value_name = "TCP_RECONNECTION_INTERVAL",
                 .help = "How long to wait before that",
                 .take = take_interval(options.tcp_reconnection.interval),
                 .default_text = "1s"});
  syntax.flag(0, "tcp-tls-enabled", options.tcp_tls_enabled, "Use TLS");
  declare_others<std::string>(
      syntax, {{"tcp-tls-domain", "TCP_TLS_DOMAIN", "Name in the certificate", "localhost"}});
}

void declare_quic(Syntax& syntax) {
  declare_others<std::string>(
      syntax,
      {{"quic-client-address", "QUIC_CLIENT_ADDRESS", "Local UDP address", "127.0.0.1:0"},
       {"quic-server-address", "QUIC_SERVER_ADDRESS", "Address of the server", "127.0.0.1:8080"},
       {"quic-server-name", "QUIC_SERVER_NAME", "Name in the certificate", "localhost"}});
  declare_others<std::uint32_t>(syntax,
                                {{"quic-reconnection-max-retries", "QUIC_RECONNECTION_MAX_RETRIES",
                                  "How often connecting is tried again", "3"}});
  declare_others<Interval>(syntax, {{"quic-reconnection-interval", "QUIC_RECONNECTION_INTERVAL",
                                     "How long to wait before that", "1s"}});
  declare_others<std::uint64_t>(
      syntax, {{"quic-max-concurrent-bidi-streams", "QUIC_MAX_CONCURRENT_BIDI_STREAMS",
                "Streams at a time", "10000"},
               {"quic-datagram-send-buffer-size", "QUIC_DATAGRAM_SEND_BUFFER_SIZE",
                "Bytes of datagrams that wait to be sent", "100000"}});
  declare_others<std::uint16_t>(
      syntax, {{"quic-initial-mtu", "QUIC_INITIAL_MTU", "Bytes of the first datagrams", "1200"}});
  declare_others<std::uint64_t>(
      syntax,
      {{"quic-send-window", "QUIC_SEND_WINDOW", "Bytes sent ahead of acknowledgements", "1000000"},
       {"quic-receive-window", "QUIC_RECEIVE_WINDOW", "Bytes received ahead", "1000000"},
       {"quic-response-buffer-size", "QUIC_RESPONSE_BUFFER_SIZE", "Bytes of a reply at most",
        "1048576"},
       {"quic-keep-alive-interval", "QUIC_KEEP_ALIVE_INTERVAL", "Milliseconds between keep-alives",
        "5000"},
       {"quic-max-idle-timeout", "QUIC_MAX_IDLE_TIMEOUT",
        "Milliseconds of silence that end a connection", "100000"}});
  declare_flag_only(syntax, "quic-validate-certificate", "Check the server's certificate");
}

void declare_websocket(Syntax& syntax) {
  declare_others<std::string>(syntax, {{"websocket-server-address", "WEBSOCKET_SERVER_ADDRESS",
                                        "Address of the server", "127.0.0.1:8092"}});
  declare_others<std::uint32_t>(
      syntax, {{"websocket-reconnection-max-retries", "WEBSOCKET_RECONNECTION_MAX_RETRIES",
                "How often connecting is tried again", "3"}});
  declare_others<Interval>(syntax,
                           {{"websocket-reconnection-interval", "WEBSOCKET_RECONNECTION_INTERVAL",
                             "How long to wait before that", "1s"}});
}

void declare_credentials(Syntax& syntax, GlobalOptions& options) {
  syntax.option({.letter = 'u',
                 .name = "username",
                 .value_name = "USERNAME",
                 .help = "Name of the user to log in",
                 .take = take_into(options.username)});
  syntax.option({.letter = 'p',
                 .name = "password",
                 .value_name = "PASSWORD",
                 .help = "Password of that user; asked for if it is left out",
                 .take = take_into(options.password)});
  syntax.option({.letter = 't',
                 .name = "token",
                 .value_name = "TOKEN",
                 .help = "Personal access token to log in with",
                 .take = take_into(options.token)});
  syntax.option({.letter = 'n',
                 .name = "token-name",
                 .value_name = "TOKEN_NAME",
                 .help = "Name of a personal access token in the key store",
                 .take = take_into(options.token_name)});
  syntax.excludes({"username", "token", "token-name"});
}

}  // namespace

template <>
std::expected<Shell, std::string> parse_value(std::string_view text) {
  const auto found = std::ranges::find(shells, text, [](const auto& row) { return row.first; });
  if (found == shells.end()) return std::unexpected("unknown shell");
  return found->second;
}

template <>
std::vector<std::string_view> choices_of<Shell>() {
  std::vector<std::string_view> names;
  for (const auto& [name, shell] : shells) names.push_back(name);
  return names;
}

void declare_global_options(Syntax& syntax, GlobalOptions& options) {
  declare_general(syntax, options);
  declare_tcp(syntax, options);
  declare_quic(syntax);
  declare_websocket(syntax);
  syntax.flag('q', "quiet", options.quiet, "Print nothing but what was asked for");
  syntax.option({.letter = 'd',
                 .name = "debug",
                 .value_name = "FILE",
                 .help = "Write to this file what happens",
                 .take = take_into(options.debug_file)});
  declare_credentials(syntax, options);
  syntax.option({.name = "generate",
                 .value_name = "SHELL",
                 .help = "Print a completion script for this shell",
                 .take = take_into(options.generate),
                 .choices = choices_of<Shell>()});
  syntax.knows_version();
  syntax.stops_at_first_word();
}

}  // namespace iggy::cli
