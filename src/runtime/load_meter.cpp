// How busy a shard is.
#include "runtime/load_meter.hpp"

#include <algorithm>

namespace iggy::runtime {
namespace {

constexpr unsigned load_bits = 10;
constexpr std::uint64_t full_load = 1'000;

}  // namespace

void LoadMeter::publish(Duration end) {
  const auto length = (end - begin_).microseconds;
  const auto load = (length - std::min(waited_, length)) * full_load / length;
  published_.store(end.microseconds << load_bits | load, std::memory_order_relaxed);
  begin_ = end;
  waited_ = 0;
}

double LoadMeter::load(Duration now) const {
  const auto published = published_.load(std::memory_order_relaxed);
  const auto end = Duration{published >> load_bits};
  // A loop that turns publishes each window: one that has not for so long is asleep.
  if (now > end + window + window) return 0;
  return static_cast<double>(published & ((1U << load_bits) - 1)) / full_load;
}

}  // namespace iggy::runtime
