// Addresses as text, as the kernel wants them, and from names.
#include "runtime/socket_address.hpp"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netdb.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

#include "base/logging.hpp"
#include "runtime/workers.hpp"

namespace iggy::runtime {
namespace {

constexpr std::size_t host_size_max = 253;  // of a DNS name

struct HostAndPort {
  std::string host;
  std::uint16_t port = 0;
  bool is_bracketed = false;
};

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

/// "host:port" or "[host]:port".
std::optional<HostAndPort> split(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = parse_port(text.substr(colon + 1));
  auto host = text.substr(0, colon);
  const bool is_bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (is_bracketed) host = host.substr(1, host.size() - 2);
  if (!port || host.empty() || host.size() > host_size_max) return std::nullopt;
  if (host.find('\0') != std::string_view::npos) return std::nullopt;
  return HostAndPort{std::string(host), *port, is_bracketed};
}

/// Asks the system's resolver; blocks.
Result<SocketAddress> look_up(const HostAndPort& name) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(name.host.c_str(), nullptr, &hints, &found);
  if (error != 0) {
    base::log_debug("Cannot resolve {}: {}", name.host, gai_strerror(error));
    return fail(Error::cannot_establish_connection);
  }
  KernelAddress address;
  address.size = std::min<socklen_t>(found->ai_addrlen, sizeof address.storage);
  std::memcpy(&address.storage, found->ai_addr, address.size);
  ::freeaddrinfo(found);
  if (address.storage.ss_family == AF_INET) {
    reinterpret_cast<sockaddr_in*>(&address.storage)->sin_port = htons(name.port);
  } else {
    reinterpret_cast<sockaddr_in6*>(&address.storage)->sin6_port = htons(name.port);
  }
  const auto result = SocketAddressAccess::from_kernel(address);
  if (!result) return fail(Error::cannot_establish_connection);
  return result;
}

}  // namespace

KernelAddress SocketAddressAccess::to_kernel(const SocketAddress& address) {
  KernelAddress result;
  if (address.is_v6_) {
    auto& v6 = *reinterpret_cast<sockaddr_in6*>(&result.storage);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(address.port_);
    std::memcpy(&v6.sin6_addr, address.bytes_, sizeof v6.sin6_addr);
    result.size = sizeof v6;
  } else {
    auto& v4 = *reinterpret_cast<sockaddr_in*>(&result.storage);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(address.port_);
    std::memcpy(&v4.sin_addr, address.bytes_, sizeof v4.sin_addr);
    result.size = sizeof v4;
  }
  return result;
}

Result<SocketAddress> SocketAddressAccess::from_kernel(const KernelAddress& address) {
  SocketAddress result;
  if (address.storage.ss_family == AF_INET6) {
    const auto& v6 = *reinterpret_cast<const sockaddr_in6*>(&address.storage);
    std::memcpy(result.bytes_, &v6.sin6_addr, sizeof v6.sin6_addr);
    result.port_ = ntohs(v6.sin6_port);
    result.is_v6_ = true;
    return result;
  }
  if (address.storage.ss_family != AF_INET) return fail(Error::invalid_ip_address);
  const auto& v4 = *reinterpret_cast<const sockaddr_in*>(&address.storage);
  std::memcpy(result.bytes_, &v4.sin_addr, sizeof v4.sin_addr);
  result.port_ = ntohs(v4.sin_port);
  return result;
}

Result<SocketAddress> SocketAddress::parse(std::string_view text) {
  const auto parts = split(text);
  if (!parts) return fail(Error::invalid_ip_address);
  SocketAddress result;
  result.port_ = parts->port;
  result.is_v6_ = parts->is_bracketed;
  const int family = result.is_v6_ ? AF_INET6 : AF_INET;
  if (::inet_pton(family, parts->host.c_str(), result.bytes_) != 1) {
    return fail(Error::invalid_ip_address);
  }
  return result;
}

Task<Result<SocketAddress>> SocketAddress::resolve(std::string text) {
  if (const auto literal = parse(text)) co_return literal;
  const auto parts = split(text);
  if (!parts || parts->is_bracketed) co_return fail(Error::invalid_ip_address);
  co_return co_await offload([&] { return look_up(*parts); });
}

std::string SocketAddress::ip() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(is_v6_ ? AF_INET6 : AF_INET, bytes_, text.data(), text.size());
  return text.data();
}

std::string SocketAddress::to_string() const {
  return is_v6_ ? fmt::format("[{}]:{}", ip(), port_) : fmt::format("{}:{}", ip(), port_);
}

}  // namespace iggy::runtime
