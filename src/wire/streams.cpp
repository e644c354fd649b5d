// The codecs of the commands about streams.
#include "wire/streams.hpp"

#include "wire/described_codec.hpp"

namespace iggy::wire {

template struct Codec<Stream>;
template struct Codec<std::vector<Stream>>;
template struct Codec<StreamDetails>;
template struct Codec<std::optional<StreamDetails>>;
template struct Codec<GetStream>;
template struct Codec<GetStreams>;
template struct Codec<CreateStream>;
template struct Codec<DeleteStream>;
template struct Codec<UpdateStream>;
template struct Codec<PurgeStream>;

}  // namespace iggy::wire
