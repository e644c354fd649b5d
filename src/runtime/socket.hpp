// TCP sockets of the current shard.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "iggy/error.hpp"
#include "iggy/units.hpp"
#include "runtime/disk.hpp"
#include "runtime/task.hpp"

namespace iggy::runtime {

/// An IP address with a port; `to_string` gives "127.0.0.1:8090" or "[::1]:8090".
class SocketAddress {
 public:
  SocketAddress() = default;
  /// A literal address. Errors: invalid_ip_address.
  static Result<SocketAddress> parse(std::string_view text);
  /// Also resolves a host name, on a worker; the first address wins. Errors: invalid_ip_address,
  /// cannot_establish_connection.
  static Task<Result<SocketAddress>> resolve(std::string text);

  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] std::string ip() const;
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] bool is_v6() const { return is_v6_; }
  bool operator==(const SocketAddress&) const = default;

 private:
  friend struct SocketAddressAccess;
  std::uint8_t bytes_[16] = {};
  std::uint16_t port_ = 0;
  bool is_v6_ = false;
};

/// A descriptor on its way from one shard to another. Closed if nobody takes it.
class DetachedSocket {
 public:
  DetachedSocket() = default;
  explicit DetachedSocket(int descriptor) : descriptor_(descriptor) {}
  DetachedSocket(DetachedSocket&& other) noexcept;
  DetachedSocket& operator=(DetachedSocket&& other) noexcept;
  ~DetachedSocket();
  [[nodiscard]] int release();

 private:
  int descriptor_ = -1;
};

/// A connected TCP socket. One receive and one send at a time. Memory handed in is lent until the
/// call has ended, cancelled or not. Errors of all calls: connection_reset (the peer is gone),
/// cancelled, tcp_error.
class Socket {
 public:
  Socket() = default;
  explicit Socket(DetachedSocket detached);  // belongs to the current shard from now on
  Socket(Socket&& other) noexcept;
  Socket& operator=(Socket&& other) noexcept;
  ~Socket();  // closes; nothing may be under way

  /// Errors: cannot_establish_connection.
  static Task<Result<Socket>> connect(SocketAddress address);

  /// At least one byte, at most `into`; 0 at the end of the stream.
  Task<Result<std::size_t>> receive(MutableByteView into);
  /// All of `pieces`, one behind the other.
  Task<Result<>> send(std::span<const ByteView> pieces);
  Task<Result<>> send(ByteView bytes);
  /// The next `send` comes right before a `send_file`: their bytes may leave together.
  void more_follows() { more_follows_ = true; }
  /// `size` bytes of `file` from `position`, without copying where the file has a descriptor.
  /// Errors, beside those of sending: end_of_stream if the file is shorter; io_error.
  Task<Result<>> send_file(FileHandle file, std::uint64_t position, std::uint64_t size);

  /// Says to the peer that nothing more is sent; receiving goes on.
  void shutdown_send();
  void set_no_delay(bool on);
  /// Send and receive buffer sizes, keepalive; best effort. Keepalive finds within two minutes that
  /// an idle peer has vanished.
  void set_buffer_sizes(ByteSize receive, ByteSize send);
  void set_keepalive(bool on);
  /// Closing discards what is unsent after `seconds` (0: at once, with a reset).
  void set_linger(Duration linger);

  /// Gives the descriptor up, for another shard. Nothing may be under way.
  DetachedSocket detach();
  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
  /// What the kernel has taken so far, also of a send that is under way.
  [[nodiscard]] std::uint64_t sent_bytes() const { return sent_bytes_; }
  [[nodiscard]] Result<SocketAddress> peer_address() const;
  [[nodiscard]] Result<SocketAddress> local_address() const;

 private:
  int descriptor_ = -1;
  std::uint64_t sent_bytes_ = 0;
  bool more_follows_ = false;
};

/// A listening TCP socket, without SO_REUSEPORT: a second server on the address is refused.
class Listener {
 public:
  Listener() = default;
  Listener(Listener&& other) noexcept;
  Listener& operator=(Listener&& other) noexcept;
  ~Listener();

  /// Errors: address_in_use, address_not_available, permission_denied, cannot_bind_to_socket.
  static Result<Listener> bind(const SocketAddress& address);

  /// The next connection; at once if one waits, so yield between many. Errors: cancelled,
  /// too_many_open_files (wait before trying again), tcp_error.
  Task<Result<DetachedSocket>> accept();
  [[nodiscard]] SocketAddress local_address() const;

 private:
  int descriptor_ = -1;
};

}  // namespace iggy::runtime
