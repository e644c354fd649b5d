// Cuts the bytes of a connection into request frames.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "runtime/buffer.hpp"
#include "wire/frame.hpp"

namespace iggy::server {

/// A request as it arrived. `payload` lies in the receive buffer until the next call on it.
struct Frame {
  std::uint32_t code = 0;
  base::MutableByteView payload;
};

/// What the bytes at hand amount to.
enum class FrameState : std::uint8_t {
  complete,    // a frame can be taken
  incomplete,  // more bytes are needed
  too_short,   // the length field is below 4: the 8 bytes can be skipped
  too_large,   // above the limit for its command
};

struct FrameLimits {
  std::uint64_t send_payload_size = 256ULL << 20;
  std::uint64_t control_payload_size = 10ULL << 20;
};

/// The receive buffer of one connection: a small block while the connection is idle or sends small
/// requests, a block of the frame's size once a header has announced a larger one (above 256 KiB
/// that is a mapping of which only the touched pages exist).
class ReceiveBuffer {
 public:
  static constexpr std::size_t block_size_min = 4096;
  static constexpr std::size_t busy_block_size = 64 * 1024;  // for a connection that fills that

  ReceiveBuffer(runtime::BufferPool& pool, FrameLimits limits) : pool_(pool), limits_(limits) {}

  /// Which frames are too large depends on who sends them.
  void set_limits(FrameLimits limits) { limits_ = limits; }

  /// The size of the block that the frame at the front needs.
  [[nodiscard]] std::size_t needed_size() const;
  /// The peer has filled the small block with more than one frame: a larger one would save calls.
  [[nodiscard]] bool is_crowded() const {
    return begin_ > 0 && end_ == block_.size() && block_.size() < busy_block_size;
  }
  void make_busy() { move_to_block(busy_block_size); }
  /// How many bytes can come before others than those of the frame at the front do; of an unknown
  /// one no more than fit into the smallest block.
  [[nodiscard]] std::uint64_t rest_of_front() const;
  /// Goes on in the smallest block, into which what waits must fit.
  void shrink();
  /// Where the next bytes go, behind those that wait, which stand at the start of the block now.
  /// Never empty, unless the system refuses a block of the size that is needed.
  base::MutableByteView room();
  void received(std::size_t size) { end_ += size; }

  [[nodiscard]] FrameState state() const;
  /// The frame at the front. Only when `state()` is complete; forget it before the next call.
  Frame take();
  /// Skips a header whose length is too short.
  void skip_header() { begin_ += wire::frame_header_size; }

  /// The command of the frame at the front; nothing while its header is incomplete.
  [[nodiscard]] std::optional<std::uint32_t> front_code() const;
  /// Bytes that wait to be taken.
  [[nodiscard]] std::size_t pending() const { return end_ - begin_; }
  /// The block is larger than what an idle connection needs.
  [[nodiscard]] bool is_grown() const { return block_.size() > block_size_min; }
  [[nodiscard]] std::size_t block_size() const { return block_.size(); }
  /// Puts bytes that were received elsewhere in front of those that come; only while it is empty.
  void put(base::ByteView bytes);
  /// Takes out what waits, and gives the block back.
  base::Bytes take_rest();
  /// Gives the block back, if nothing waits in it.
  void release_if_empty();
  /// Forgets what waits, and gives the block back.
  void discard();

 private:
  [[nodiscard]] std::uint64_t frame_size() const;  // of the frame at the front, header included
  void move_to_block(std::size_t size);
  void move_into(runtime::Buffer block);

  runtime::BufferPool& pool_;
  FrameLimits limits_;
  runtime::Buffer block_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace iggy::server
