// What values must hold, alone and together.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "runtime/socket.hpp"
#include "server/settings.hpp"
#include "server/settings_file.hpp"

namespace iggy::server {
namespace {

constexpr auto second = Duration::seconds(1);

std::string text_of(std::uint32_t value) { return std::to_string(value); }
std::string text_of(const std::string& value) { return quoted(value); }
template <class T>
std::string text_of(const T& value) {
  return quoted(value.to_string());
}

class Problems {
 public:
  /// Notes a problem unless `holds`.
  template <class T>
  void require(bool holds, std::string_view key, const T& value, std::string_view allowed) {
    if (holds) return;
    lines_.push_back(fmt::format("{} = {}: must be {}", key, text_of(value), allowed));
  }

  std::vector<std::string> take() { return std::move(lines_); }

 private:
  std::vector<std::string> lines_;
};

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t") == std::string_view::npos;
}

/// "localhost:8090": a name that might be looked up, and a port.
bool is_host_and_port(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const auto host = text.substr(0, colon);
  const auto port = text.substr(colon + 1);
  std::uint16_t number{};
  const auto [rest, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  const auto is_name_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.';
  };
  // A name has a letter in it; digits and points alone are a mistyped address.
  const bool has_letter = host.find_first_not_of("0123456789.-") != std::string_view::npos;
  return error == std::errc{} && rest == port.data() + port.size() && has_letter &&
         std::ranges::all_of(host, is_name_letter);
}

void check_address(Problems& problems, std::string_view section, bool enabled,
                   const std::string& address) {
  const bool is_address =
      runtime::SocketAddress::parse(address).has_value() || is_host_and_port(address);
  problems.require(!enabled || is_address, fmt::format("{}.address", section), address,
                   R"(host:port, such as "127.0.0.1:8090", "[::1]:8090" or "0.0.0.0:0")");
}

/// The server empties or fills such a directory: it must lie below system.path.
bool is_subdirectory(std::string_view path) {
  if (path.empty() || path.front() == '/') return false;
  while (!path.empty()) {
    const auto slash = std::min(path.find('/'), path.size());
    const auto name = path.substr(0, slash);
    if (name.empty() || name == "." || name == "..") return false;
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return true;
}

/// What the data directory itself is made of.
bool is_taken(std::string_view path) {
  const auto name = path.substr(0, path.find('/'));
  return name == "state" || name == "streams" || name == "partitions" || name == "format";
}

void check_directories(Problems& problems, const SystemSettings& system) {
  problems.require(!is_blank(system.path), "system.path", system.path, "the path of a directory");
  constexpr std::string_view allowed =
      "a directory below system.path that holds nothing else, such as ";
  const auto& runtime = system.runtime.path;
  problems.require(is_subdirectory(runtime) && !is_taken(runtime), "system.runtime.path", runtime,
                   fmt::format("{}\"runtime\"", allowed));
  const auto& logs = system.logging.path;
  problems.require(is_subdirectory(logs) && !is_taken(logs) && logs != runtime &&
                       !logs.starts_with(runtime + "/"),
                   "system.logging.path", logs, fmt::format("{}\"logs\"", allowed));
}

void check_logging(Problems& problems, const LoggingSettings& logging) {
  problems.require(!is_blank(logging.level), "system.logging.level", logging.level,
                   R"(a level, such as "info", "debug" or "off")");
  problems.require(logging.retention >= second, "system.logging.retention", logging.retention,
                   "at least 1 s");
  problems.require(logging.rotation_check_interval >= second,
                   "system.logging.rotation_check_interval", logging.rotation_check_interval,
                   "at least 1 s");
  problems.require(
      logging.max_total_size == ByteSize{} || logging.max_file_size <= logging.max_total_size,
      "system.logging.max_file_size", logging.max_file_size,
      fmt::format("at most system.logging.max_total_size, which is {}",
                  logging.max_total_size.to_string()));
}

void check_storage(Problems& problems, const SystemSettings& system) {
  const auto segment = system.segment.size;
  problems.require(segment > ByteSize{} && segment <= 1_GiB && segment.bytes % 512 == 0,
                   "system.segment.size", segment, "a multiple of 512 B, at most 1 GiB");
  problems.require(system.topic.max_size.size >= segment, "system.topic.max_size",
                   system.topic.max_size,
                   fmt::format("at least system.segment.size, which is {}", segment.to_string()));
}

void check_peer_ports(Problems& problems, const std::string& path, const ClusterPorts& ports) {
  const auto check = [&](std::string_view name, const std::optional<std::uint16_t>& port) {
    problems.require(port != 0, fmt::format("{}.ports.{}", path, name),
                     std::uint32_t{port.value_or(0)}, "from 1 to 65535");
  };
  check("tcp", ports.tcp);
  check("quic", ports.quic);
  check("http", ports.http);
  check("websocket", ports.websocket);
}

/// Two nodes can't be reached at one place.
void check_peer_places(Problems& problems, const std::vector<ClusterPeer>& peers) {
  std::set<std::tuple<std::string, std::string_view, std::uint16_t>> places;
  for (std::size_t i = 0; i < peers.size(); ++i) {
    const auto check = [&](std::string_view name, const std::optional<std::uint16_t>& port) {
      const bool is_free = !port || places.emplace(peers[i].ip, name, *port).second;
      problems.require(is_free, fmt::format("cluster.node.others.{}.ports.{}", i, name),
                       std::uint32_t{port.value_or(0)},
                       fmt::format("another one than that of the other nodes on {}", peers[i].ip));
    };
    check("tcp", peers[i].ports.tcp);
    check("quic", peers[i].ports.quic);
    check("http", peers[i].ports.http);
    check("websocket", peers[i].ports.websocket);
  }
}

void check_peers(Problems& problems, const std::vector<ClusterPeer>& peers) {
  for (std::size_t i = 0; i < peers.size(); ++i) {
    const auto path = fmt::format("cluster.node.others.{}", i);
    problems.require(!is_blank(peers[i].name), path + ".name", peers[i].name, "a name");
    problems.require(!is_blank(peers[i].ip), path + ".ip", peers[i].ip, "an IP address");
  }
}

void check_cluster(Problems& problems, const ClusterSettings& cluster) {
  const auto& node = cluster.node;
  check_peers(problems, node.others);  // in any case: these keys have no default
  if (!cluster.enabled) return;
  problems.require(!is_blank(cluster.name), "cluster.name", cluster.name, "a name");
  problems.require(!is_blank(node.current.name), "cluster.node.current.name", node.current.name,
                   "a name");
  problems.require(!is_blank(node.current.ip), "cluster.node.current.ip", node.current.ip,
                   "an IP address");
  std::set<std::string> names = {node.current.name};
  for (std::size_t i = 0; i < node.others.size(); ++i) {
    const auto path = fmt::format("cluster.node.others.{}", i);
    const auto& peer = node.others[i];
    problems.require(names.insert(peer.name).second, path + ".name", peer.name,
                     "a name that no other node has");
    check_peer_ports(problems, path, peer.ports);
  }
  check_peer_places(problems, node.others);
}

void check_limits(Problems& problems, const LimitsSettings& limits) {
  constexpr ByteSize frame_max{0xffff'ffff};  // the length of a frame is a u32
  const auto check_frame = [&](std::string_view key, ByteSize size) {
    problems.require(size >= 4_KiB && size <= frame_max, key, size, "from 4 KiB to 4 GiB - 1 B");
  };
  check_frame("limits.send_frame_size", limits.send_frame_size);
  check_frame("limits.control_frame_size", limits.control_frame_size);
  check_frame("limits.poll_reply_size", limits.poll_reply_size);
  problems.require(limits.connections > 0, "limits.connections", limits.connections, "at least 1");
  problems.require(
      limits.receive_bytes >= std::max(limits.send_frame_size, limits.control_frame_size),
      "limits.receive_bytes", limits.receive_bytes,
      fmt::format("at least limits.send_frame_size and limits.control_frame_size, which are {} "
                  "and {}",
                  limits.send_frame_size.to_string(), limits.control_frame_size.to_string()));
}

}  // namespace

std::vector<std::string> check_settings(const Settings& settings) {
  Problems problems;
  check_address(problems, "tcp", settings.tcp.enabled, settings.tcp.address);
  check_address(problems, "quic", settings.quic.enabled, settings.quic.address);
  check_address(problems, "http", settings.http.enabled, settings.http.address);
  check_address(problems, "websocket", settings.websocket.enabled, settings.websocket.address);
  problems.require(!settings.message_saver.enabled || settings.message_saver.interval > Duration{},
                   "message_saver.interval", settings.message_saver.interval,
                   "more than 0 s while message_saver.enabled is true");
  check_directories(problems, settings.system);
  check_logging(problems, settings.system.logging);
  check_storage(problems, settings.system);
  check_cluster(problems, settings.cluster);
  check_limits(problems, settings.limits);
  return problems.take();
}

}  // namespace iggy::server
