// From the setting system.sharding.cpu_allocation to the CPUs that get a shard.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "server/settings_types.hpp"

namespace iggy::server {

/// Where a CPU lies in the machine.
struct CpuPlace {
  int cpu = 0;
  std::uint32_t numa_node = 0;
  int first_sibling = 0;  // the first hardware thread of its core; itself if it is alone there
};

/// Reads the places of `cpus` from /sys; where that says nothing: node 0, a core of its own.
[[nodiscard]] std::vector<CpuPlace> cpu_places(const std::vector<int>& cpus);

/// The CPUs that `allocation` names among `available`, ascending. A count takes the first ones.
/// The error is one line that names key, value and what is allowed.
[[nodiscard]] std::expected<std::vector<int>, std::string> choose_cpus(
    const CpuAllocation& allocation, const std::vector<CpuPlace>& available);

}  // namespace iggy::server
