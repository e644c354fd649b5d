// The connections of one shard: takes them in, watches their deadlines, ends them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "broker/broker.hpp"
#include "runtime/event.hpp"
#include "runtime/task_group.hpp"
#include "server/arrival.hpp"
#include "server/connection.hpp"
#include "server/placement.hpp"
#include "server/receive_budget.hpp"

namespace iggy::server {

/// Belongs to one shard. Joined by `stop` before it is destroyed.
class Connections {
 public:
  /// Those of the current shard, as `placement` counts them.
  Connections(broker::Broker& broker, Placement& placement, ConnectionLimits limits,
              std::shared_ptr<ReceiveMemory> receive_memory);

  /// Serves a connection, which `placement` has counted in, until it ends or moves on.
  void serve(Arrival arrival);

  /// Ends every connection after its request under way, waits for that at most `limit`, then cuts
  /// them off. Those that come afterwards are closed at once.
  Task<> stop(Duration limit);

  [[nodiscard]] std::size_t size() const { return open_.size(); }

 private:
  Task<> serve_one(Arrival arrival);
  Task<std::optional<Departure>> serve_here(Arrival arrival);
  void spread_load();
  void end_slow_ones(Duration now);
  Task<> watch_deadlines();

  broker::Broker& broker_;
  Placement& placement_;
  const std::size_t shard_;
  ConnectionLimits limits_;
  ReceiveBudget budget_;
  std::map<std::uint64_t, Connection*> open_;  // in the order of their coming
  std::uint64_t next_number_ = 0;
  bool is_stopping_ = false;
  bool has_stopped_ = false;
  runtime::Event changed_;  // one came, or the last one went
  runtime::TaskGroup tasks_;
  runtime::TaskGroup watch_;
};

}  // namespace iggy::server
