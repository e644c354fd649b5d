// The hashes of the protocol, by xxHash.
#include "base/hash.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/hash_long.hpp"

namespace iggy::base {
namespace {

// Up to here XXH3 uses no vectors, and a call would cost more than it saves.
constexpr std::size_t short_size_max = 240;

}  // namespace

std::uint32_t hash32(ByteView bytes) { return XXH32(bytes.data(), bytes.size(), 0); }

std::uint64_t hash64(ByteView bytes, std::uint64_t seed) {
  if (bytes.size() > short_size_max) return hash64_long(bytes, seed);
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

Hash128 hash128(ByteView bytes, std::uint64_t seed) {
  const auto hash = XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed);
  return {hash.low64, hash.high64};
}

}  // namespace iggy::base
