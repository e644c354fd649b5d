// A byte stream over plain TCP.
#pragma once

#include <memory>
#include <string>

#include "net/byte_stream.hpp"
#include "runtime/socket.hpp"

namespace iggy::net {

class TcpStream final : public ByteStream {
 public:
  explicit TcpStream(runtime::Socket socket);

  /// Connects to `address`, a literal one or "host:port". Sets no-delay.
  /// Errors: invalid_ip_address, cannot_establish_connection, cancelled.
  static Task<Result<std::unique_ptr<TcpStream>>> connect(std::string address);

  Task<Result<std::size_t>> receive(MutableByteView into) override;
  using ByteStream::send;
  Task<Result<>> send(std::span<const ByteView> pieces) override;
  void more_follows() override { socket_.more_follows(); }
  Task<Result<>> send_file(runtime::FileHandle file, std::uint64_t position,
                           std::uint64_t size) override;
  Task<> end_sending() override;
  Task<> close() override;
  void leave_shard() override { socket_ = runtime::Socket(socket_.detach()); }
  [[nodiscard]] bool sends_files_directly() const override { return true; }
  [[nodiscard]] std::uint64_t sent_bytes() const override { return socket_.sent_bytes(); }
  [[nodiscard]] std::string peer_address() const override { return peer_address_; }

  /// For options (linger, keepalive, buffer sizes).
  [[nodiscard]] runtime::Socket& socket() { return socket_; }

 private:
  runtime::Socket socket_;
  std::string peer_address_;
};

}  // namespace iggy::net
