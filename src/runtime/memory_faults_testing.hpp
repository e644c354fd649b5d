// For tests that let the fake disk fail at random: which seeds they use.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <numeric>
#include <string>
#include <vector>

namespace iggy::runtime {

/// The seeds of a random test: 1 to `count`. IGGY_FAULT_SEEDS sets another count, for a longer run;
/// IGGY_FAULT_SEED one seed alone, to repeat a failure.
inline std::vector<std::uint64_t> fault_seeds(std::uint64_t count) {
  if (const auto* const seed = std::getenv("IGGY_FAULT_SEED")) return {std::stoull(seed)};
  if (const auto* const text = std::getenv("IGGY_FAULT_SEEDS")) count = std::stoull(text);
  std::vector<std::uint64_t> seeds(count);
  std::iota(seeds.begin(), seeds.end(), 1);
  return seeds;
}

/// How to repeat what failed; for SCOPED_TRACE.
inline std::string repeat_with(std::uint64_t seed) {
  return "to repeat it: IGGY_FAULT_SEED=" + std::to_string(seed);
}

}  // namespace iggy::runtime
