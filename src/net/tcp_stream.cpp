// A byte stream over plain TCP.
#include "net/tcp_stream.hpp"

#include <utility>

namespace iggy::net {
namespace {

std::string address_text(const runtime::Socket& socket) {
  const auto address = socket.peer_address();
  return address ? address->to_string() : std::string();
}

}  // namespace

TcpStream::TcpStream(runtime::Socket socket)
    : socket_(std::move(socket)), peer_address_(address_text(socket_)) {}

Task<Result<std::unique_ptr<TcpStream>>> TcpStream::connect(std::string address) {
  const auto resolved = co_await runtime::SocketAddress::resolve(std::move(address));
  if (!resolved) co_return fail(resolved);

  auto socket = co_await runtime::Socket::connect(*resolved);
  if (!socket) co_return fail(socket);
  socket->set_no_delay(true);
  co_return std::make_unique<TcpStream>(std::move(*socket));
}

Task<Result<std::size_t>> TcpStream::receive(MutableByteView into) { return socket_.receive(into); }

Task<Result<>> TcpStream::send(std::span<const ByteView> pieces) { return socket_.send(pieces); }

Task<Result<>> TcpStream::send_file(runtime::FileHandle file, std::uint64_t position,
                                    std::uint64_t size) {
  return socket_.send_file(std::move(file), position, size);
}

Task<> TcpStream::end_sending() {
  socket_.shutdown_send();
  co_return;
}

Task<> TcpStream::close() {
  // The destructor closes the descriptor; what the kernel still holds is sent after that.
  if (socket_.is_open()) socket_ = runtime::Socket();
  co_return;
}

}  // namespace iggy::net
