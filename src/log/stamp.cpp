// The one pass that an appended byte gets: stamped, hashed, counted.
#include "log/stamp.hpp"

#include <cassert>

namespace iggy::log {

using wire::MessageField;

void stamp(const wire::Batch& batch, StampPlace place, StampGathered& gathered) {
  auto rest = batch.bytes;
  for (std::uint32_t i = 0; i < batch.count; ++i) {
    assert(rest.size() >= record_header_size);
    auto* const bytes = rest.data();
    const auto size = record_header_size +
                      std::uint64_t{base::load<std::uint32_t>(bytes + MessageField::payload_size)} +
                      base::load<std::uint32_t>(bytes + MessageField::user_headers_size);
    assert(size <= rest.size());

    if (base::load<unsigned __int128>(bytes + MessageField::id) == 0) {
      gathered.ids.next(bytes + MessageField::id);
    }
    base::store(bytes + MessageField::offset, place.first_offset + i);
    base::store(bytes + MessageField::timestamp, place.timestamp);
    base::store(bytes + MessageField::reserved, std::uint64_t{0});
    const auto checksum = wire::message_checksum(rest.first(size));
    base::store(bytes + MessageField::checksum, checksum);

    if (gathered.digest != nullptr) gathered.digest->add(checksum);
    if (place.position >= gathered.next_entry_position) {
      gathered.entries.push_back({place.first_offset + i, place.position, place.timestamp});
      gathered.next_entry_position = place.position + gathered.index_interval;
    }
    place.position += size;
    rest = rest.subspan(size);
  }
  assert(rest.empty());
}

}  // namespace iggy::log
