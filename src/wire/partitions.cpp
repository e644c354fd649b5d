// The codecs and limits of the commands about partitions.
#include "wire/partitions.hpp"

#include "wire/described_codec.hpp"

namespace iggy::wire {

template struct Codec<Partition>;
template struct Codec<CreatePartitions>;
template struct Codec<DeletePartitions>;

Result<> validate(const CreatePartitions& request) {
  if (request.partitions_count == 0 || request.partitions_count > partitions_per_request_max) {
    return fail(Error::too_many_partitions);
  }
  return {};
}

Result<> validate(const DeletePartitions& request) {
  if (request.partitions_count == 0) return fail(Error::too_many_partitions);
  return {};
}

}  // namespace iggy::wire
