// Which shard serves which connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "runtime/shard.hpp"
#include "runtime/shared_count.hpp"
#include "server/arrival.hpp"

namespace iggy::server {

class Connections;

/// The shards as places for connections. A connection is counted from the moment a place is chosen
/// for it until it has left. Counts and loads are hints that any shard may read.
class Placement {
 public:
  /// The shards outlive it.
  explicit Placement(const std::vector<runtime::Shard*>& shards);

  /// Before the first connection comes. `connections` are those of the shard.
  void set(std::size_t shard, Connections& connections) {
    places_[shard].connections = &connections;
  }

  // On every shard from here on.

  [[nodiscard]] std::size_t emptiest() const;
  [[nodiscard]] std::uint64_t connections_count() const;
  void count_in(std::size_t shard) { places_[shard].count.add(); }
  void count_out(std::size_t shard) { places_[shard].count.subtract(); }

  /// Counts a connection in and hands it to a shard, which serves it.
  runtime::Task<> hand_over(std::size_t shard, Arrival arrival);

  /// A connection of `here` has all its partitions on `home`: it should go there, unless that would
  /// fill one shard while another has less to do.
  [[nodiscard]] bool should_move(std::size_t here, std::size_t home) const;
  /// The shard that should take a connection over from `here`, which can't do all it has to.
  [[nodiscard]] std::optional<std::size_t> relief_for(std::size_t here) const;

 private:
  struct Place {
    runtime::Shard* shard = nullptr;
    Connections* connections = nullptr;
    runtime::SharedCount count;
  };

  std::vector<Place> places_;
};

}  // namespace iggy::server
