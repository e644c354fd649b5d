// A client: a connection to a server and one function for each command.
#include "client/client.hpp"

#include <algorithm>
#include <utility>

#include "net/tcp_stream.hpp"
#include "runtime/timer.hpp"

namespace iggy::client {
namespace {

/// Tells servers which program this is. Nothing depends on it.
constexpr const char* client_version = "cpp-0.8.0";

Task<Result<std::unique_ptr<net::ByteStream>>> connect_tcp(std::string address) {
  auto stream = co_await net::TcpStream::connect(std::move(address));
  if (!stream) co_return fail(stream);
  co_return std::unique_ptr<net::ByteStream>(std::move(*stream));
}

}  // namespace

Connector tcp_connector(std::string address) {
  return [address = std::move(address)] { return connect_tcp(address); };
}

Client::Client(Connector connector, ReconnectionRules rules, ConnectionLimits limits)
    : connector_(std::move(connector)), rules_(rules), limits_(limits) {}

Task<Result<>> Client::connect() {
  for (std::uint64_t retries = 0;; ++retries) {
    auto stream = co_await connector_();
    if (stream) {
      connection_ = std::make_unique<Connection>(std::move(*stream), limits_);
      co_return Result<>{};
    }
    if (stream.error() == Error::cancelled) co_return fail(stream);
    // An address that can't be read will not get better.
    if (stream.error() == Error::invalid_ip_address) break;
    if (rules_.retries_max && retries >= *rules_.retries_max) break;
    if (const auto slept = co_await runtime::sleep(rules_.interval); !slept) co_return fail(slept);
  }
  co_return fail(Error::cannot_establish_connection);
}

Task<> Client::close() {
  if (connection_) co_await connection_->close();
  connection_.reset();
}

Task<Result<wire::UserIdentity>> Client::login_user(std::string username, std::string password) {
  if (!wire::Name::is_valid(username)) co_return fail(Error::invalid_username);
  if (!wire::ShortText::is_valid(password)) co_return fail(Error::invalid_password);
  wire::LoginUser request{.username = wire::Name(std::move(username)),
                          .password = wire::ShortText(std::move(password)),
                          .version = client_version,
                          .context = {}};
  if (const auto valid = wire::validate(request); !valid) co_return fail(valid);
  co_return co_await call(std::move(request));
}

}  // namespace iggy::client
