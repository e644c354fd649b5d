// XXH3 of long inputs: the library's own code, which picks the widest registers of this CPU.
#include "base/hash_long.hpp"

#if defined(__x86_64__)
#include <xxh_x86dispatch.h>
#else
#include <xxhash.h>
#endif

namespace iggy::base {

// On x86-64 the header turns the name into that of the function that picks.
std::uint64_t hash64_long(ByteView bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace iggy::base
