// A connection on its way to the shard that will serve it.
#pragma once

#include <cstdint>
#include <memory>

#include "base/bytes.hpp"
#include "broker/session.hpp"
#include "net/byte_stream.hpp"

namespace iggy::server {

/// All that a connection takes along: nothing of it belongs to a shard.
struct Arrival {
  std::unique_ptr<net::ByteStream> stream;
  broker::Session session;
  bool may_move = true;      // to another shard, later
  base::Bytes received{};    // of requests that nobody has answered yet
  Duration settled_until{};  // on the monotonic clock: it was moved to spread the load
};

/// A new one, of a client that has not said anything yet.
[[nodiscard]] Arrival make_arrival(std::unique_ptr<net::ByteStream> stream,
                                   wire::Transport transport);

}  // namespace iggy::server
