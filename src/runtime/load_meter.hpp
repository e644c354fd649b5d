// How busy a shard is: the share of the time in which it did not wait.
#pragma once

#include <atomic>
#include <cstdint>

#include "iggy/units.hpp"

namespace iggy::runtime {

/// Fed by the shard's own loop at every turn; read by any thread.
class LoadMeter {
 public:
  static constexpr auto window = Duration::milliseconds(100);

  /// The shard waited from `begin` to `end` (the same: it did not wait). Own thread.
  void note_wait(Duration begin, Duration end) {
    waited_ += end.microseconds - begin.microseconds;
    if (end - begin_ >= window) publish(end);
  }

  /// 0 (idle) to 1 (never waits), over the last window. Any thread.
  [[nodiscard]] double load(Duration now) const;

 private:
  void publish(Duration end);

  Duration begin_{};
  std::uint64_t waited_ = 0;  // microseconds, since `begin_`
  /// End of the last whole window in microseconds, above its load in thousandths.
  std::atomic<std::uint64_t> published_{0};
};

}  // namespace iggy::runtime
