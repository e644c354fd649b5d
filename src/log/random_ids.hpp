// Ids for messages that came without one.
#pragma once

#include <cstddef>
#include <cstdint>

namespace iggy::log {

/// UUIDs of version 4 in textual order: hashes of a counter, which starts at a random number and
/// has a random seed. They are unique, not secret: that would cost 30 ns each.
class RandomIds {
 public:
  static constexpr std::size_t id_size = 16;

  void next(std::byte* into);

 private:
  struct State {
    std::uint64_t seed = 0;
    std::uint64_t counter = 0;
  };
  State state_;
  bool has_begun_ = false;
};

}  // namespace iggy::log
