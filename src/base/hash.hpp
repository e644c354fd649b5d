// The hashes of the protocol: XXH32 for keys and ids, XXH3-64 for checksums; and one for our own
// use.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"

namespace iggy::base {

/// XXH32 with seed 0: partition of a messages key, id of a named consumer, id of a client.
[[nodiscard]] std::uint32_t hash32(ByteView bytes);

/// XXH3-64 with `seed`: message checksums use seed 0.
[[nodiscard]] std::uint64_t hash64(ByteView bytes, std::uint64_t seed = 0);

struct Hash128 {
  std::uint64_t low{};
  std::uint64_t high{};

  bool operator==(const Hash128&) const = default;
};
/// XXH3-128 with `seed`: made-up message ids.
[[nodiscard]] Hash128 hash128(ByteView bytes, std::uint64_t seed);

}  // namespace iggy::base
