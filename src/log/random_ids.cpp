// Making UUIDs. Source: RFC 9562, 5.4.
#include "log/random_ids.hpp"

#include <cstring>

#include "runtime/shard.hpp"

namespace iggy::log {

void RandomIds::next(std::byte* into) {
  if (used_ == bytes_.size()) {
    runtime::Shard::current().random().fill(bytes_);
    used_ = 0;
  }
  std::memcpy(into, bytes_.data() + used_, id_size);
  used_ += id_size;
  into[6] = (into[6] & std::byte{0x0f}) | std::byte{0x40};
  into[8] = (into[8] & std::byte{0x3f}) | std::byte{0x80};
}

}  // namespace iggy::log
