// Which shard serves which connection.
#include "server/placement.hpp"

#include <algorithm>

#include "runtime/on.hpp"
#include "server/connections.hpp"

namespace iggy::server {
namespace {

// Shares of the time that a shard is busy.
constexpr double has_room = 0.7;
constexpr double is_full = 0.95;
constexpr double is_free = 0.5;

void take_in(Connections& connections, Arrival& arrival) { connections.serve(std::move(arrival)); }

}  // namespace

Placement::Placement(const std::vector<runtime::Shard*>& shards) : places_(shards.size()) {
  for (std::size_t i = 0; i < shards.size(); ++i) places_[i].shard = shards[i];
}

std::size_t Placement::emptiest() const {
  const auto place =
      std::ranges::min_element(places_, {}, [](const Place& place) { return place.count.value(); });
  return static_cast<std::size_t>(place - places_.begin());
}

std::uint64_t Placement::connections_count() const {
  std::uint64_t sum = 0;
  for (const auto& place : places_) sum += place.count.value();
  return sum;
}

runtime::Task<> Placement::hand_over(std::size_t shard, Arrival arrival) {
  count_in(shard);
  auto& connections = *places_[shard].connections;
  co_await runtime::on(*places_[shard].shard, [&connections, &arrival] {
    take_in(connections, arrival);
    return true;
  });
}

bool Placement::should_move(std::size_t here, std::size_t home) const {
  return places_[home].shard->load() < has_room ||
         places_[home].count.value() <= places_[here].count.value();
}

std::optional<std::size_t> Placement::relief_for(std::size_t here) const {
  if (places_[here].count.value() < 2 || places_[here].shard->load() < is_full) return std::nullopt;
  for (std::size_t i = 0; i < places_.size(); ++i) {
    const bool has_fewer = places_[i].count.value() < places_[here].count.value();
    if (i != here && has_fewer && places_[i].shard->load() < is_free) return i;
  }
  return std::nullopt;
}

}  // namespace iggy::server
