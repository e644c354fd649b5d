// What all byte streams share.
#include "net/byte_stream.hpp"

namespace iggy::net {

Task<Result<>> ByteStream::send(ByteView bytes) {
  co_return co_await send(std::span<const ByteView>(&bytes, 1));
}

}  // namespace iggy::net
