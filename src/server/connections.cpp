// The connections of one shard.
#include "server/connections.hpp"

#include "base/hash.hpp"
#include "base/logging.hpp"
#include "runtime/timer.hpp"

namespace iggy::server {
namespace {

constexpr auto deadline_check_interval = Duration::seconds(1);

}  // namespace

Connections::Connections(broker::Broker& broker, ConnectionLimits limits,
                         std::uint64_t receive_bytes)
    : broker_(broker), limits_(limits), budget_(receive_bytes) {
  watch_.spawn(watch_deadlines());
}

void Connections::serve(std::unique_ptr<net::ByteStream> stream, wire::Transport transport,
                        std::function<Task<>()> ended) {
  tasks_.spawn(serve_one(std::move(stream), transport, std::move(ended)));
}

Task<> Connections::serve_one(std::unique_ptr<net::ByteStream> stream, wire::Transport transport,
                              std::function<Task<>()> ended) {
  auto address = stream->peer_address();
  const ClientId client_id{base::hash32(base::as_bytes(address))};
  Connection connection(
      broker_, budget_, limits_, std::move(stream),
      {.client_id = client_id, .transport = transport, .address = std::move(address)});
  const auto number = next_number_++;
  open_.emplace(number, &connection);
  ++broker_.here().clients_count;
  changed_.notify_all();
  if (is_stopping_) connection.stop();

  co_await connection.serve();

  --broker_.here().clients_count;
  open_.erase(number);
  changed_.notify_all();
  co_await ended();
}

Task<> Connections::watch_deadlines() {
  while (true) {
    // A shard without connections sleeps undisturbed.
    Result<> waited;
    if (open_.empty()) {
      waited = co_await changed_.wait();
    } else {
      waited = co_await runtime::sleep(deadline_check_interval);
    }
    if (!waited) co_return;
    const auto now = runtime::Shard::current().clock().monotonic();
    for (const auto& [_, connection] : open_) connection->check_deadline(now);
  }
}

Task<> Connections::stop(Duration limit) {
  is_stopping_ = true;
  watch_.cancel();
  co_await watch_.join();

  for (const auto& [_, connection] : open_) connection->stop();
  const auto& clock = runtime::Shard::current().clock();
  const auto end = clock.monotonic() + limit;
  while (!open_.empty() && clock.monotonic() < end) {
    (void)co_await changed_.wait_for(end - clock.monotonic());
  }
  if (!open_.empty()) {
    base::log_warning("{} connections did not end in time and are cut off", open_.size());
    tasks_.cancel();
  }
  co_await tasks_.join();
}

}  // namespace iggy::server
