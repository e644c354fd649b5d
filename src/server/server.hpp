// The server: everything it starts, in order, and ends in the opposite one.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "broker/broker.hpp"
#include "runtime/disk.hpp"
#include "runtime/runtime.hpp"
#include "server/connections.hpp"
#include "server/options.hpp"
#include "server/placement.hpp"
#include "server/root_user.hpp"
#include "server/settings.hpp"
#include "server/tcp_door.hpp"

namespace iggy::server {

class Server {
 public:
  struct Start {
    Settings settings;
    Options options;
    std::optional<RootCredentials> root;
  };

  /// `runtime` and `signals` outlive the server.
  Server(runtime::Runtime& runtime, runtime::Signals& signals, Start start);
  ~Server();

  /// Starts, serves until a signal asks for the end, and stops. On shard 0. Gives the exit status:
  /// 0 after an orderly stop, 1 if it could not start; the log says why.
  Task<int> run();

 private:
  Task<Result<>> begin();
  Task<Result<>> begin_broker();
  Task<> begin_connections();
  Task<Result<>> open_doors();
  Task<Result<>> tell_configuration();
  [[nodiscard]] wire::ClusterMetadata cluster_metadata() const;
  Task<> save_periodically();
  Task<int> wait_for_the_end();
  Task<> end_at_second_signal();
  Task<> end_connections(std::size_t shard);
  Task<> end();

  runtime::Runtime& runtime_;
  runtime::Signals& signals_;
  Start start_;
  Settings bound_;  // the settings with the addresses that were really bound
  std::vector<runtime::Shard*> shards_;
  std::unique_ptr<runtime::Disk> disk_;
  std::unique_ptr<runtime::DirectoryLock> lock_;
  std::unique_ptr<broker::Broker> broker_;
  std::unique_ptr<Placement> placement_;
  std::vector<std::unique_ptr<Connections>> connections_;  // one for each shard
  std::unique_ptr<TcpDoor> tcp_;
  runtime::TaskGroup saving_;
  runtime::TaskGroup jobs_;
};

}  // namespace iggy::server
