// Finding the stretches of the files that hold the wanted messages, without reading them.
#pragma once

#include <cstdint>
#include <optional>

#include "log/cursor.hpp"
#include "log/read_reply.hpp"
#include "log/record.hpp"
#include "log/record_window.hpp"

namespace iggy::log {

/// Goes from group to group: a group record says how far the messages behind it reach. Inside of a
/// group that is wanted in part, the index leads to the end. Where there is no group, headers are
/// walked.
class Slicer {
 public:
  static constexpr std::uint64_t slice_size_min = 32 * 1024;  // smaller ones are better copied
  static constexpr std::size_t slices_max = 64;

  Slicer(PartitionState& state, MutableByteView scratch, Cursor& cursor, ReadLimits limits)
      : state_(state), scratch_(scratch), cursor_(cursor), limits_(limits) {}

  /// Fills the reply with slices. Errors: io_error ...
  Task<Result<ReadEnd>> fill(ReadReply& reply);

  /// True if the reply's slices are too small to be worth sending one by one.
  [[nodiscard]] static bool are_small(const ReadReply& reply) {
    return reply.slices.size() > 1 && reply.size < reply.slices.size() * slice_size_min;
  }

 private:
  Task<Result<std::optional<ReadEnd>>> step(ReadReply& reply);
  Task<Result<bool>> enter_next(ReadReply& reply);
  bool add_rest_of_group(ReadReply& reply);
  Task<Result<>> jump_in_group(ReadReply& reply);
  Task<Result<std::optional<IndexEntry>>> entry_before_end(const ReadReply& reply);
  Task<Result<ByteView>> bytes_at_cursor();
  void add(ReadReply& reply, std::uint64_t messages_count, std::uint64_t size);

  PartitionState& state_;
  MutableByteView scratch_;
  Cursor& cursor_;
  ReadLimits limits_;
  std::optional<RecordWindow> window_;
  std::uint64_t jumped_in_ = 0;  // end of the group in which the index was asked
  bool walks_ = false;           // message by message, in no group
};

}  // namespace iggy::log
