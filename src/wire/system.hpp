// Commands about the server itself: ping, statistics, cluster metadata.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include <cstdint>

#include "base/ids.hpp"
#include "iggy/units.hpp"
#include "wire/codec.hpp"
#include "wire/primitives.hpp"

namespace iggy::wire {

/// Says that the client lives. Allowed before login.
struct Ping {
  static constexpr std::uint32_t code = 1;
  using Reply = void;

  bool operator==(const Ping&) const = default;
};
BOOST_DESCRIBE_STRUCT(Ping, (), ())

/// How well reads of a partition were served from memory. The reference never sends one.
struct CacheMetric {
  StreamId stream_id{};
  TopicId topic_id{};
  PartitionId partition_id{};
  std::uint64_t hits{};
  std::uint64_t misses{};
  float hit_ratio{};

  bool operator==(const CacheMetric&) const = default;
};
BOOST_DESCRIBE_STRUCT(CacheMetric, (), (stream_id, topic_id, partition_id, hits, misses, hit_ratio))

/// The state of the server and its machine. Old clients stop early: append only.
struct Stats {
  std::uint32_t process_id{};
  float cpu_usage{};        // percent, of the process
  float total_cpu_usage{};  // percent, of the machine
  ByteSize memory_usage{};
  ByteSize total_memory{};
  ByteSize available_memory{};
  Duration run_time{};     // whole seconds
  Timestamp start_time{};  // whole seconds
  ByteSize read_bytes{};
  ByteSize written_bytes{};
  ByteSize messages_size_bytes{};
  std::uint32_t streams_count{};
  std::uint32_t topics_count{};
  std::uint32_t partitions_count{};
  std::uint32_t segments_count{};
  std::uint64_t messages_count{};
  std::uint32_t clients_count{};
  std::uint32_t consumer_groups_count{};
  LongText hostname;
  LongText os_name;
  LongText os_version;
  LongText kernel_version;
  LongText iggy_server_version;
  std::uint32_t iggy_server_semver{};  // major * 1000000 + minor * 1000 + patch; 0: unknown
  CountedList<CacheMetric> cache_metrics;
  std::uint32_t threads_count{};
  ByteSize free_disk_space{};
  ByteSize total_disk_space{};

  bool operator==(const Stats&) const = default;
};
BOOST_DESCRIBE_STRUCT(Stats, (),
                      (process_id, cpu_usage, total_cpu_usage, memory_usage, total_memory,
                       available_memory, run_time, start_time, read_bytes, written_bytes,
                       messages_size_bytes, streams_count, topics_count, partitions_count,
                       segments_count, messages_count, clients_count, consumer_groups_count,
                       hostname, os_name, os_version, kernel_version, iggy_server_version,
                       iggy_server_semver, cache_metrics, threads_count, free_disk_space,
                       total_disk_space))

struct GetStats {
  static constexpr std::uint32_t code = 10;
  using Reply = Stats;

  bool operator==(const GetStats&) const = default;
};
BOOST_DESCRIBE_STRUCT(GetStats, (), ())

enum class NodeRole : std::uint8_t { leader = 0, follower = 1 };
BOOST_DESCRIBE_ENUM(NodeRole, leader, follower)

enum class NodeStatus : std::uint8_t {
  healthy = 0,
  starting = 1,
  stopping = 2,
  unreachable = 3,
  maintenance = 4,
  unknown = 5,
};
BOOST_DESCRIBE_ENUM(NodeStatus, healthy, starting, stopping, unreachable, maintenance, unknown)

/// One server of a cluster and where it listens.
struct ClusterNode {
  LongText name;
  LongText ip;
  std::uint16_t tcp_port{};
  std::uint16_t quic_port{};
  std::uint16_t http_port{};
  std::uint16_t websocket_port{};
  NodeRole role{};
  NodeStatus status{};

  bool operator==(const ClusterNode&) const = default;
};
BOOST_DESCRIBE_STRUCT(ClusterNode, (),
                      (name, ip, tcp_port, quic_port, http_port, websocket_port, role, status))

/// The servers of the cluster; a server alone is a cluster of one.
struct ClusterMetadata {
  LongText name;
  CountedList<ClusterNode> nodes;

  bool operator==(const ClusterMetadata&) const = default;
};
BOOST_DESCRIBE_STRUCT(ClusterMetadata, (), (name, nodes))

struct GetClusterMetadata {
  static constexpr std::uint32_t code = 12;
  using Reply = ClusterMetadata;

  bool operator==(const GetClusterMetadata&) const = default;
};
BOOST_DESCRIBE_STRUCT(GetClusterMetadata, (), ())

}  // namespace iggy::wire
