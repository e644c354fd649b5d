// A connection on its way to the shard that will serve it.
#include "server/arrival.hpp"

#include "base/hash.hpp"

namespace iggy::server {

Arrival make_arrival(std::unique_ptr<net::ByteStream> stream, wire::Transport transport) {
  auto address = stream->peer_address();
  const ClientId client_id{base::hash32(base::as_bytes(address))};
  return {
      .stream = std::move(stream),
      .session = {.client_id = client_id, .transport = transport, .address = std::move(address)}};
}

}  // namespace iggy::server
