// Finding the first message that a reader wants.
#pragma once

#include <cstdint>
#include <optional>

#include "log/cursor.hpp"
#include "log/record.hpp"
#include "log/record_window.hpp"

namespace iggy::log {

/// Looks from the nearest hint or index entry on, and walks headers from there. Damage on the way
/// is stepped over if the message lies behind it.
class Locator {
 public:
  /// `scratch` is lent; `messages_count`: how many will be read from there on.
  Locator(PartitionState& state, MutableByteView scratch, std::uint64_t messages_count)
      : state_(state), scratch_(scratch), messages_count_(messages_count) {}

  /// Moves the cursor in front of the visible message `offset`. Errors: damaged, io_error ...
  Task<Result<>> find_offset(std::uint64_t offset);
  /// Moves the cursor in front of the first visible message that is not older; false if all are.
  /// Errors: damaged (it may lie in there), io_error ...
  Task<Result<bool>> find_timestamp(std::uint64_t timestamp);

  [[nodiscard]] Cursor& cursor() { return cursor_; }
  /// The bytes from the cursor on that scratch happens to hold.
  [[nodiscard]] ByteView held() const {
    return window_ ? window_->held(cursor_.place.position, 1) : ByteView{};
  }

 private:
  /// The first message that is neither before the one nor older than the other.
  struct Wanted {
    std::uint64_t offset = 0;
    std::uint64_t timestamp = 0;
  };

  Task<Result<>> start_from_index(Wanted wanted);
  Task<Result<std::optional<IndexEntry>>> index_entry(Wanted wanted);
  Task<Result<bool>> start_at(IndexEntry entry);
  Task<Result<bool>> start_at(ReadHint hint);
  Task<Result<bool>> walk(Wanted wanted);
  Task<Result<bool>> step_over_damage(Wanted wanted);
  [[nodiscard]] ByteView held_at_cursor() const;
  Task<Result<ByteView>> load_at_cursor();
  [[nodiscard]] std::uint64_t likely_size(std::uint64_t distance) const;
  void pass(const RecordHeader& header, ByteView bytes);

  PartitionState& state_;
  MutableByteView scratch_;
  std::uint64_t messages_count_;
  Cursor cursor_;
  LogPlace last_;  // in front of the record that was passed last
  std::optional<RecordWindow> window_;
};

/// Notes, in front of a whole group record that verifies, how far its group reaches.
void note_group(Cursor& cursor, ByteView group_record);

}  // namespace iggy::log
