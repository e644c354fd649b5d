// The limit that a cgroup puts on CPU time.
#pragma once

#include <cstddef>
#include <limits>
#include <string_view>

namespace iggy::runtime {

inline constexpr std::size_t no_cpu_quota = std::numeric_limits<std::size_t>::max();

/// How many CPUs the content of a cgroup's `cpu.max` allows, "200000 100000", rounded up.
[[nodiscard]] std::size_t parse_cpu_quota(std::string_view cpu_max);

}  // namespace iggy::runtime
