// Ids for messages that came without one.
#pragma once

#include <array>
#include <cstddef>
#include <span>

namespace iggy::log {

/// Random UUIDs of version 4, in textual order. Asks the shard's source of randomness for 256 at a
/// time: one id costs a copy.
class RandomIds {
 public:
  static constexpr std::size_t id_size = 16;

  void next(std::byte* into);

 private:
  static constexpr std::size_t ids_at_once = 256;
  std::array<std::byte, ids_at_once * id_size> bytes_;
  std::size_t used_ = ids_at_once * id_size;
};

}  // namespace iggy::log
