// The settings of the server: each one a member with its default. config/server.toml explains them.
#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "iggy/units.hpp"
#include "server/settings_types.hpp"

namespace iggy::server {

/// Applied to accepted connections, and only if `override_defaults`.
struct SocketSettings {
  bool override_defaults = false;
  ByteSize recv_buffer_size{100'000};
  ByteSize send_buffer_size{100'000};
  bool keepalive = false;
  bool nodelay = false;
  std::optional<Duration> linger;  // absent: as the system does; zero: closing resets
};
BOOST_DESCRIBE_STRUCT(SocketSettings, (),
                      (override_defaults, recv_buffer_size, send_buffer_size, keepalive, nodelay,
                       linger))

struct TcpSettings {
  bool enabled = true;
  std::string address = "127.0.0.1:8090";  // host:port; port 0: any free one
  bool socket_migration = true;            // sessions may move to the shard of their partitions
  SocketSettings socket;
};
BOOST_DESCRIBE_STRUCT(TcpSettings, (), (enabled, address, socket_migration, socket))

struct QuicSettings {
  bool enabled = true;
  std::string address = "127.0.0.1:8080";
};
BOOST_DESCRIBE_STRUCT(QuicSettings, (), (enabled, address))

struct HttpSettings {
  bool enabled = true;
  std::string address = "127.0.0.1:3000";
};
BOOST_DESCRIBE_STRUCT(HttpSettings, (), (enabled, address))

struct WebsocketSettings {
  bool enabled = true;
  std::string address = "127.0.0.1:8092";
};
BOOST_DESCRIBE_STRUCT(WebsocketSettings, (), (enabled, address))

struct RuntimeSettings {
  std::string path = "runtime";  // below system.path; emptied at each start
};
BOOST_DESCRIBE_STRUCT(RuntimeSettings, (), (path))

struct LoggingSettings {
  std::string path = "logs";   // below system.path
  std::string level = "info";  // a filter: `parse_log_level`; RUST_LOG goes before it
  bool file_enabled = true;
  ByteSize max_file_size{500'000'000};     // 0: one file without end
  ByteSize max_total_size{4'000'000'000};  // 0: unlimited
  Duration rotation_check_interval = Duration::seconds(3600);
  Duration retention = Duration::seconds(std::uint64_t{7} * 86'400);
  Duration sysinfo_print_interval = Duration::seconds(10);  // 0: never
};
BOOST_DESCRIBE_STRUCT(LoggingSettings, (),
                      (path, level, file_enabled, max_file_size, max_total_size,
                       rotation_check_interval, retention, sysinfo_print_interval))

struct StateSettings {
  bool enforce_fsync = false;
};
BOOST_DESCRIBE_STRUCT(StateSettings, (), (enforce_fsync))

struct TopicSettings {
  TopicSize max_size;
  MessageExpiry message_expiry;
};
BOOST_DESCRIBE_STRUCT(TopicSettings, (), (max_size, message_expiry))

struct PartitionSettings {
  bool enforce_fsync = false;
  bool validate_checksum = false;  // everything, at start
  bool validate_on_read = false;   // payloads, at each poll
};
BOOST_DESCRIBE_STRUCT(PartitionSettings, (), (enforce_fsync, validate_checksum, validate_on_read))

struct SegmentSettings {
  ByteSize size = 1_GiB;
};
BOOST_DESCRIBE_STRUCT(SegmentSettings, (), (size))

struct RecoverySettings {
  bool recreate_missing_state = false;
};
BOOST_DESCRIBE_STRUCT(RecoverySettings, (), (recreate_missing_state))

struct ShardingSettings {
  CpuAllocation cpu_allocation;
};
BOOST_DESCRIBE_STRUCT(ShardingSettings, (), (cpu_allocation))

struct SystemSettings {
  std::string path = "local_data";
  RuntimeSettings runtime;
  LoggingSettings logging;
  StateSettings state;
  TopicSettings topic;
  PartitionSettings partition;
  SegmentSettings segment;
  RecoverySettings recovery;
  ShardingSettings sharding;
};
BOOST_DESCRIBE_STRUCT(SystemSettings, (),
                      (path, runtime, logging, state, topic, partition, segment, recovery,
                       sharding))

/// The background sync.
struct MessageSaverSettings {
  bool enabled = true;
  bool enforce_fsync = true;
  Duration interval = Duration::seconds(30);
};
BOOST_DESCRIBE_STRUCT(MessageSaverSettings, (), (enabled, enforce_fsync, interval))

struct ClusterPorts {  // absent: the port of this node
  std::optional<std::uint16_t> tcp;
  std::optional<std::uint16_t> quic;
  std::optional<std::uint16_t> http;
  std::optional<std::uint16_t> websocket;
};
BOOST_DESCRIBE_STRUCT(ClusterPorts, (), (tcp, quic, http, websocket))

struct ClusterPeer {
  std::string name;
  std::string ip;
  ClusterPorts ports;
};
BOOST_DESCRIBE_STRUCT(ClusterPeer, (), (name, ip, ports))

struct CurrentNode {
  std::string name = "iggy-node-1";
  std::string ip = "127.0.0.1";
};
BOOST_DESCRIBE_STRUCT(CurrentNode, (), (name, ip))

struct ClusterNodes {
  CurrentNode current;
  std::vector<ClusterPeer> others = {
      {.name = "iggy-node-2",
       .ip = "127.0.0.1",
       .ports = {.tcp = 8091, .quic = 8081, .http = 3001, .websocket = 8093}}};
};
BOOST_DESCRIBE_STRUCT(ClusterNodes, (), (current, others))

/// Seen in cluster metadata alone.
struct ClusterSettings {
  bool enabled = false;
  std::string name = "iggy-cluster";
  ClusterNodes node;
};
BOOST_DESCRIBE_STRUCT(ClusterSettings, (), (enabled, name, node))

struct LimitsSettings {
  ByteSize send_frame_size = 256_MiB;
  ByteSize control_frame_size = 10_MiB;  // of every other command
  ByteSize poll_reply_size = 64_MiB;
  std::uint32_t connections = 10'000;
  ByteSize receive_bytes = 256_MiB;  // large frames under way, over all connections
};
BOOST_DESCRIBE_STRUCT(LimitsSettings, (),
                      (send_frame_size, control_frame_size, poll_reply_size, connections,
                       receive_bytes))

struct Settings {
  TcpSettings tcp;
  QuicSettings quic;
  HttpSettings http;
  WebsocketSettings websocket;
  MessageSaverSettings message_saver;
  SystemSettings system;
  ClusterSettings cluster;
  LimitsSettings limits;
};
BOOST_DESCRIBE_STRUCT(Settings, (),
                      (tcp, quic, http, websocket, message_saver, system, cluster, limits))

/// The effective configuration as TOML, with each value in its canonical form; what is absent is
/// left out. It can be loaded again.
[[nodiscard]] std::string to_toml(const Settings& settings);

/// What is wrong with the values together or alone: one line for each problem, naming key, value
/// and what is allowed.
[[nodiscard]] std::vector<std::string> check_settings(const Settings& settings);

}  // namespace iggy::server
