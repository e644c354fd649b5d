// Time and randomness as the machine has them.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "runtime/shard.hpp"

namespace iggy::runtime {

/// The clocks of the kernel.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] Timestamp now() const override;
  [[nodiscard]] Duration monotonic() const override;
  [[nodiscard]] Duration blocked() const override;
};

/// The random numbers of the kernel. They are fetched ahead, as one is needed for each message that
/// comes without an id, and forgotten when they are given out. Belongs to one shard.
class SystemRandom final : public Random {
 public:
  void fill(std::span<std::byte> bytes) override;

 private:
  std::array<std::byte, 1024> ahead_{};
  std::size_t left_ = 0;  // the last `left_` bytes are not given out yet
};

}  // namespace iggy::runtime
