// Making UUIDs. Source: RFC 9562, 5.4.
#include "log/random_ids.hpp"

#include <span>

#include "base/hash.hpp"
#include "runtime/shard.hpp"

namespace iggy::log {

void RandomIds::next(std::byte* into) {
  if (!has_begun_) {
    runtime::Shard::current().random().fill(std::as_writable_bytes(std::span(&state_, 1)));
    has_begun_ = true;
  }
  ++state_.counter;
  const auto hash = base::hash128(std::as_bytes(std::span(&state_.counter, 1)), state_.seed);
  base::store(into, hash.low);
  base::store(into + sizeof hash.low, hash.high);
  into[6] = (into[6] & std::byte{0x0f}) | std::byte{0x40};
  into[8] = (into[8] & std::byte{0x3f}) | std::byte{0x80};
}

}  // namespace iggy::log
