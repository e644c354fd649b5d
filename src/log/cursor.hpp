// A place in the log, with what is needed to read on from there.
#pragma once

#include <cstdint>

#include "log/partition_state.hpp"

namespace iggy::log {

/// What it knows of its segment was true when it entered it, and stays true: visible bytes never
/// change. It sees nothing that became visible later.
struct Cursor {
  std::uint64_t segment = 0;  // base offset
  FileHandle file;
  std::uint64_t end_position = 0;  // of what is visible in the segment
  std::uint64_t end_offset = 0;
  LogPlace place;
  std::uint64_t group_end = 0;  // position; no record of our own lies before it. 0: unknown
  std::uint64_t group_end_offset = 0;

  [[nodiscard]] bool is_at_end() const { return place.offset >= end_offset; }
  [[nodiscard]] std::uint64_t rest() const {
    return place.position < end_position ? end_position - place.position : 0;
  }
};

/// A cursor at the start of the segment that holds the visible message `offset`, without its file
/// if that is not open.
[[nodiscard]] Cursor cursor_in_front_of(PartitionState& state, std::uint64_t offset);
/// The same with its file. Errors: damaged (the file is gone), io_error ...
Task<Result<Cursor>> enter_segment(PartitionState& state, std::uint64_t offset);

/// Moves a cursor that is at the end of its segment to the next one; false if there is none.
Task<Result<bool>> enter_next_segment(PartitionState& state, Cursor& cursor);

/// How many bytes of the file are likely to hold that many messages from the cursor on.
[[nodiscard]] std::uint64_t expected_size(const PartitionState& state, const Cursor& cursor,
                                          std::uint64_t messages_count);

/// Says that the record at the cursor is damaged, once for each place.
std::unexpected<Error> report_damage(PartitionState& state, const Cursor& cursor);

}  // namespace iggy::log
