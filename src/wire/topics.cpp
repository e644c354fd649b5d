// The codecs and limits of the commands about topics.
#include "wire/topics.hpp"

#include "wire/described_codec.hpp"

namespace iggy::wire {

template struct Codec<Topic>;
template struct Codec<std::vector<Topic>>;
template struct Codec<TopicDetails>;
template struct Codec<std::optional<TopicDetails>>;
template struct Codec<GetTopic>;
template struct Codec<GetTopics>;
template struct Codec<CreateTopic>;
template struct Codec<DeleteTopic>;
template struct Codec<UpdateTopic>;
template struct Codec<PurgeTopic>;

Result<> validate(const CreateTopic& request) {
  if (request.partitions_count > partitions_per_request_max) {
    return fail(Error::too_many_partitions);
  }
  if (!is_known(request.compression_algorithm)) return fail(Error::invalid_command);
  return {};
}

Result<> validate(const UpdateTopic& request) {
  if (!is_known(request.compression_algorithm)) return fail(Error::invalid_command);
  return {};
}

}  // namespace iggy::wire
