// The codecs of the commands about consumer offsets.
#include "wire/consumer_offsets.hpp"

#include "wire/described_codec.hpp"

namespace iggy::wire {

template struct Codec<ConsumerOffset>;
template struct Codec<std::optional<ConsumerOffset>>;
template struct Codec<GetConsumerOffset>;
template struct Codec<StoreConsumerOffset>;
template struct Codec<DeleteConsumerOffset>;

}  // namespace iggy::wire
