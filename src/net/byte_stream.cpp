// What all byte streams share.
#include "net/byte_stream.hpp"

namespace iggy::net {

Task<Result<>> ByteStream::send(ByteView bytes) {
  co_return co_await send(std::span<const ByteView>(&bytes, 1));
}

Task<Result<>> drain(ByteStream& stream, MutableByteView scratch) {
  co_await stream.end_sending();
  while (true) {
    const auto received = co_await stream.receive(scratch);
    if (!received) co_return fail(received);
    if (*received == 0) co_return Result<>{};
  }
}

}  // namespace iggy::net
