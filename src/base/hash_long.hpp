// XXH3 of long inputs, apart from what is compiled into its callers.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"

namespace iggy::base {

/// The same as hash64: 43 ns instead of 76 ns for 1056 bytes on a CPU with AVX2.
[[nodiscard]] std::uint64_t hash64_long(ByteView bytes, std::uint64_t seed);

}  // namespace iggy::base
