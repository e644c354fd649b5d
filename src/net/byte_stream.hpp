// A connection as what runs over it sees it: bytes in both directions, whatever carries them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/bytes.hpp"
#include "iggy/error.hpp"
#include "runtime/disk.hpp"
#include "runtime/task.hpp"

namespace iggy::net {

using base::ByteView;
using base::MutableByteView;
using runtime::Task;

/// A connected byte stream of the current shard. One receive and one send at a time, the two side
/// by side. Memory handed in is lent until the call has ended, cancelled or not.
///
/// Errors of all calls: connection_reset (the peer is gone), cancelled, and one that names the
/// transport (tcp_error ...). After an error or a cancelled send the stream is only good for
/// closing: how much was sent is unknown.
class ByteStream {
 public:
  virtual ~ByteStream() = default;

  /// At least one byte, at most `into`; 0 at the end of the stream.
  virtual Task<Result<std::size_t>> receive(MutableByteView into) = 0;

  /// All of `pieces`, one behind the other.
  virtual Task<Result<>> send(std::span<const ByteView> pieces) = 0;
  Task<Result<>> send(ByteView bytes);

  /// The next `send` comes right before a `send_file`: their bytes may leave together.
  virtual void more_follows() {}

  /// `size` bytes of `file` from `position`; without copying where `sends_files_directly`.
  /// Errors, beside those of sending: end_of_stream if the file is shorter, io_error.
  virtual Task<Result<>> send_file(runtime::FileHandle file, std::uint64_t position,
                                   std::uint64_t size) = 0;

  /// Says to the peer that nothing more is sent; receiving goes on.
  virtual Task<> end_sending() { co_return; }

  /// Ends the stream in the orderly way of its transport: what was sent still arrives, then the
  /// peer sees the end. Nothing may be under way. May be called again, and after errors.
  virtual Task<> close() = 0;

  /// Lets go of the current shard: the next call may come from another one. Nothing may be under
  /// way.
  virtual void leave_shard() = 0;

  /// True if `send_file` lets the kernel move the bytes.
  [[nodiscard]] virtual bool sends_files_directly() const { return false; }

  /// Bytes that have left so far, also of a send that is under way: a send during which this does
  /// not change makes no progress.
  [[nodiscard]] virtual std::uint64_t sent_bytes() const = 0;

  /// "127.0.0.1:8090": the peer; for lists of clients and log lines.
  [[nodiscard]] virtual std::string peer_address() const = 0;
};

/// Ends the sending side, then receives into `scratch` and forgets it until the peer ends too. A
/// socket that is closed with unread bytes in it is reset, and the peer may then lose what was sent
/// to it last. Give it a deadline.
Task<Result<>> drain(ByteStream& stream, MutableByteView scratch);

}  // namespace iggy::net
