// Reading messages into memory that was lent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "log/cursor.hpp"
#include "log/read_reply.hpp"
#include "log/record.hpp"

namespace iggy::log {

/// Gathers the messages from a cursor on, one behind the other, without our own records. Bytes are
/// read to where they stay unless a record of our own lies before them; then they are moved up.
class Copier {
 public:
  /// `held`: the bytes from the cursor on, if scratch holds some already.
  Copier(PartitionState& state, MutableByteView scratch, Cursor& cursor, ReadLimits limits,
         ByteView held);

  /// Fills the reply: its bytes lie in scratch. Errors: io_error ...
  Task<Result<ReadEnd>> fill(ReadReply& reply);

  /// Stretches that it had to gather.
  [[nodiscard]] std::uint64_t runs_count() const { return runs_count_; }

 private:
  void take_held_messages(ReadReply& reply);
  Task<Result<std::optional<ReadEnd>>> step(ReadReply& reply);
  Task<Result<ByteView>> load(const ReadReply& reply, std::uint64_t size);
  [[nodiscard]] ByteView bytes_at_cursor(std::uint64_t size) const;
  [[nodiscard]] bool is_intact(ByteView message) const;
  void take(ByteView message);
  void end_run();

  PartitionState& state_;
  MutableByteView scratch_;
  Cursor& cursor_;
  ReadLimits limits_;

  // Scratch, from its start: messages gathered [out_begin_, out_end_); somewhere behind, the
  // newest run of messages, still where it was read to; and the bytes of the file that are held.
  std::size_t out_begin_ = 0;
  std::size_t out_end_ = 0;
  std::size_t run_begin_ = 0;
  std::size_t run_size_ = 0;
  std::uint64_t runs_count_ = 0;
  std::size_t held_begin_ = 0;
  std::size_t held_size_ = 0;
  std::uint64_t held_position_ = 0;
};

}  // namespace iggy::log
