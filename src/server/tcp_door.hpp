// The TCP door: accepts on shard 0 and hands each connection to the shard that has the fewest.
#pragma once

#include <cstdint>

#include "runtime/shard.hpp"
#include "runtime/socket.hpp"
#include "runtime/task_group.hpp"
#include "server/placement.hpp"
#include "server/settings.hpp"

namespace iggy::server {

using runtime::Task;

/// Belongs to shard 0.
class TcpDoor {
 public:
  /// `placement` outlives it.
  TcpDoor(Placement& placement, TcpSettings settings, std::uint32_t connections_max);

  /// An address that is in use is tried for two seconds: the kernel may still be taking a killed
  /// server's listener apart. Errors: invalid_ip_address, those of Listener::bind.
  Task<Result<>> open();
  /// Stops accepting.
  Task<> close();

  [[nodiscard]] runtime::SocketAddress address() const { return listener_.local_address(); }

 private:
  Task<> accept_all();
  void take_in(runtime::DetachedSocket detached);

  /// Lets one line into the log per second: a flood of connections is no flood of lines.
  class RareLine {
   public:
    /// How often it was to be told since it was; 0: not now.
    std::uint64_t count();

   private:
    Duration told_{};
    std::uint64_t count_ = 0;
  };

  Placement& placement_;
  TcpSettings settings_;
  std::uint32_t connections_max_;
  runtime::Listener listener_;
  RareLine refused_;
  RareLine failed_;
  runtime::TaskGroup accepting_;
  runtime::TaskGroup handing_over_;
};

}  // namespace iggy::server
