// For tests that let the fake disk fail at random: which seeds they use.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <numeric>
#include <string>
#include <vector>

namespace iggy::runtime {

/// The seeds of a random test: 1 to `count`, or to IGGY_FAULT_SEEDS if those are more, for a longer
/// run; IGGY_FAULT_SEED alone if it is set, to repeat a failure.
inline std::vector<std::uint64_t> fault_seeds(std::uint64_t count) {
  if (const auto* const seed = std::getenv("IGGY_FAULT_SEED")) return {std::stoull(seed)};
  if (const auto* const text = std::getenv("IGGY_FAULT_SEEDS")) {
    count = std::max<std::uint64_t>(count, std::stoull(text));
  }
  std::vector<std::uint64_t> seeds(count);
  std::iota(seeds.begin(), seeds.end(), 1);
  return seeds;
}

/// How to repeat what failed; for SCOPED_TRACE.
inline std::string repeat_with(std::uint64_t seed) {
  return "to repeat it: IGGY_FAULT_SEED=" + std::to_string(seed);
}

}  // namespace iggy::runtime
