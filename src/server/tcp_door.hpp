// The TCP door: accepts on shard 0 and hands each connection to the shard that has the fewest.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/shard.hpp"
#include "runtime/socket.hpp"
#include "runtime/task_group.hpp"
#include "server/connections.hpp"
#include "server/settings.hpp"

namespace iggy::server {

/// Belongs to shard 0.
class TcpDoor {
 public:
  /// `connections[i]` are those of `shards[i]`.
  TcpDoor(std::vector<runtime::Shard*> shards, std::vector<Connections*> connections,
          TcpSettings settings, std::uint32_t connections_max);

  /// An address that is in use is tried for two seconds: the kernel may still be taking a killed
  /// server's listener apart. Errors: invalid_ip_address, those of Listener::bind.
  Task<Result<>> open();
  /// Stops accepting.
  Task<> close();

  [[nodiscard]] runtime::SocketAddress address() const { return listener_.local_address(); }

 private:
  Task<> accept_all();
  Task<> hand_over(std::size_t shard, runtime::DetachedSocket socket);
  void take_in(std::size_t shard, runtime::DetachedSocket socket);
  Task<> count_down(std::size_t shard);
  [[nodiscard]] std::size_t emptiest_shard() const;
  [[nodiscard]] std::uint64_t connections_count() const;

  std::vector<runtime::Shard*> shards_;
  std::vector<Connections*> connections_;
  TcpSettings settings_;
  std::uint32_t connections_max_;
  runtime::Listener listener_;
  std::vector<std::uint64_t> counts_;  // of each shard
  runtime::TaskGroup accepting_;
  runtime::TaskGroup handing_over_;
};

}  // namespace iggy::server
