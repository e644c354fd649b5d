// The connections of one shard.
#include "server/connections.hpp"

#include "base/logging.hpp"
#include "runtime/timer.hpp"

namespace iggy::server {
namespace {

constexpr auto deadline_check_interval = Duration::seconds(1);

}  // namespace

Connections::Connections(broker::Broker& broker, Placement& placement, ConnectionLimits limits,
                         std::shared_ptr<ReceiveMemory> receive_memory)
    : broker_(broker),
      placement_(placement),
      shard_(runtime::Shard::current().index()),
      limits_(limits),
      budget_(std::move(receive_memory)) {
  watch_.spawn(watch_deadlines());
}

void Connections::serve(Arrival arrival) {
  if (has_stopped_) return placement_.count_out(shard_);
  tasks_.spawn(serve_one(std::move(arrival)));
}

Task<> Connections::serve_one(Arrival arrival) {
  auto departure = co_await serve_here(std::move(arrival));
  placement_.count_out(shard_);
  if (!departure) co_return;
  base::log_debug("{} moves from shard {} to shard {}", departure->arrival.session.address, shard_,
                  departure->shard);
  co_await placement_.hand_over(departure->shard, std::move(departure->arrival));
}

Task<std::optional<Departure>> Connections::serve_here(Arrival arrival) {
  Connection connection(broker_, budget_, placement_, limits_, std::move(arrival));
  const auto number = next_number_++;
  open_.emplace(number, &connection);
  ++broker_.here().clients_count;
  changed_.notify_all();
  if (is_stopping_) connection.stop();

  auto departure = co_await connection.serve();

  --broker_.here().clients_count;
  open_.erase(number);
  changed_.notify_all();
  co_return departure;
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
    spread_load();
    for (const auto& [_, connection] : open_) connection->check_deadline(now);
    if (budget_.is_short()) end_slow_ones(now);
  }
}

void Connections::end_slow_ones(Duration now) {
  std::size_t count = 0;
  for (const auto& [_, connection] : open_) count += connection->end_if_slow(now) ? 1 : 0;
  if (count == 0) return;
  base::log_warning(
      "connections ended: {}, because limits.receive_bytes is spent and their requests arrive too "
      "slowly",
      count);
}

/// One at a time: what it brings shows before the next.
void Connections::spread_load() {
  const auto shard = placement_.relief_for(shard_);
  if (!shard) return;
  for (const auto& [_, connection] : open_) {
    if (connection->is_active() && connection->send_away(*shard)) return;
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
  co_await budget_.close();
  has_stopped_ = true;
}

}  // namespace iggy::server
