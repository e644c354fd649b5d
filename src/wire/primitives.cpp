// What the shared values of commands can do.
#include "wire/primitives.hpp"

#include <algorithm>

#include "base/hash.hpp"

namespace iggy::wire {

ConsumerId consumer_number(const Identifier& consumer) {
  if (consumer.is_numeric()) return ConsumerId{consumer.id()};
  return ConsumerId{base::hash32(base::as_bytes(consumer.name()))};
}

bool Partitioning::operator==(const Partitioning& other) const {
  return kind == other.kind && partition_id == other.partition_id &&
         std::ranges::equal(key, other.key);
}

}  // namespace iggy::wire
