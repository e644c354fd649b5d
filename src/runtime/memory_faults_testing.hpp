// For tests that let the fake disk fail at random: their seeds, their failures, and a quiet log.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <numeric>
#include <string>
#include <vector>

#include "base/logging.hpp"
#include "runtime/memory_disk.hpp"
#include "runtime/memory_file.hpp"

namespace iggy::runtime {

/// The seeds of a random test: 1 to `count`, or to IGGY_FAULT_SEEDS if those are more, for a longer
/// run, or to IGGY_FAULT_SEEDS_MAX if those are fewer, for a slow build; IGGY_FAULT_SEED alone if
/// it is set, to repeat a failure.
inline std::vector<std::uint64_t> fault_seeds(std::uint64_t count) {
  if (const auto* const seed = std::getenv("IGGY_FAULT_SEED")) return {std::stoull(seed)};
  if (const auto* const text = std::getenv("IGGY_FAULT_SEEDS")) {
    count = std::max<std::uint64_t>(count, std::stoull(text));
  }
  if (const auto* const text = std::getenv("IGGY_FAULT_SEEDS_MAX")) {
    count = std::min<std::uint64_t>(count, std::stoull(text));
  }
  std::vector<std::uint64_t> seeds(count);
  std::iota(seeds.begin(), seeds.end(), 1);
  return seeds;
}

/// How to repeat what failed; for SCOPED_TRACE.
inline std::string repeat_with(std::uint64_t seed) {
  return "to repeat it: IGGY_FAULT_SEED=" + std::to_string(seed);
}

/// Lets a call of `kind` fail, behind `calls` others: with EIO or ENOSPC, and if it writes, after
/// nothing, a part or all of it.
inline void fail_call_somehow(MemoryDisk& disk, DiskCall kind, std::uint64_t calls, Dice& dice) {
  const auto error = dice.one_in(2) ? Error::io_error : Error::no_space;
  const auto written = dice.one_in(3)   ? 0
                       : dice.one_in(2) ? std::uint64_t{1'000'000}
                                        : dice.below(600);
  disk.fail_call(kind, calls, error, written);
}

/// No log lines while it lives: they would be those of thousands of failures.
class QuietLog {
 public:
  QuietLog() { base::set_log_level(base::LogLevel::off); }
  ~QuietLog() { base::set_log_level(level_); }
  QuietLog(const QuietLog&) = delete;
  QuietLog& operator=(const QuietLog&) = delete;

 private:
  base::LogLevel level_ = base::log_level();
};

}  // namespace iggy::runtime
