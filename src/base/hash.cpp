// The hashes of the protocol, by xxHash.
#include "base/hash.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace iggy::base {

std::uint32_t hash32(ByteView bytes) { return XXH32(bytes.data(), bytes.size(), 0); }

std::uint64_t hash64(ByteView bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace iggy::base
