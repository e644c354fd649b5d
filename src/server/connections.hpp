// The connections of one shard: takes them in, watches their deadlines, ends them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include "broker/broker.hpp"
#include "net/byte_stream.hpp"
#include "runtime/event.hpp"
#include "runtime/task_group.hpp"
#include "server/connection.hpp"
#include "server/receive_budget.hpp"

namespace iggy::server {

/// Belongs to one shard. Joined by `stop` before it is destroyed.
class Connections {
 public:
  Connections(broker::Broker& broker, ConnectionLimits limits, std::uint64_t receive_bytes);

  /// Serves `stream` until it ends; then awaits `ended`, on this shard.
  void serve(std::unique_ptr<net::ByteStream> stream, wire::Transport transport,
             std::function<Task<>()> ended);

  /// Ends every connection after its request under way, waits for that at most `limit`, then cuts
  /// them off. None is taken in afterwards.
  Task<> stop(Duration limit);

  [[nodiscard]] std::size_t size() const { return open_.size(); }

 private:
  Task<> serve_one(std::unique_ptr<net::ByteStream> stream, wire::Transport transport,
                   std::function<Task<>()> ended);
  Task<> watch_deadlines();

  broker::Broker& broker_;
  ConnectionLimits limits_;
  ReceiveBudget budget_;
  std::map<std::uint64_t, Connection*> open_;  // in the order of their coming
  std::uint64_t next_number_ = 0;
  bool is_stopping_ = false;
  runtime::Event changed_;  // one came, or the last one went
  runtime::TaskGroup tasks_;
  runtime::TaskGroup watch_;
};

}  // namespace iggy::server
