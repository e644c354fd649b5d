// The codecs of the commands about the server.
#include "wire/system.hpp"

#include "wire/described_codec.hpp"

namespace iggy::wire {

template struct Codec<Ping>;
template struct Codec<GetStats>;
template struct Codec<Stats>;
template struct Codec<GetClusterMetadata>;
template struct Codec<ClusterMetadata>;

}  // namespace iggy::wire
