// Entering segments.
#include "log/cursor.hpp"

#include <algorithm>
#include <utility>

#include "base/logging.hpp"

namespace iggy::log {

Cursor cursor_in_front_of(PartitionState& state, std::uint64_t offset) {
  const auto number = state.segment_of(offset);
  if (number == state.sealed.size()) {
    auto& active = state.active;
    return {.segment = active.base_offset,
            .file = active.file.use(),
            .end_position = active.position,
            .end_offset = state.visible_end,
            .place = {.position = 0, .offset = active.base_offset}};
  }
  auto& sealed = state.sealed[number];
  return {.segment = sealed.base_offset,
          .file = sealed.file.use(),
          .end_position = sealed.file_size,
          .end_offset = state.end_of_sealed(number),
          .place = {.position = 0, .offset = sealed.base_offset}};
}

Task<Result<Cursor>> enter_segment(PartitionState& state, std::uint64_t offset) {
  auto cursor = cursor_in_front_of(state, offset);
  if (!cursor.file) {
    auto file = co_await open_segment(state, cursor.segment);
    if (!file) co_return fail(file);
    cursor.file = *std::move(file);
  }
  co_return cursor;
}

Task<Result<bool>> enter_next_segment(PartitionState& state, Cursor& cursor) {
  if (cursor.end_offset >= state.visible_end) co_return false;
  auto next = co_await enter_segment(state, cursor.end_offset);
  if (!next) co_return fail(next);
  cursor = *std::move(next);
  co_return true;
}

std::uint64_t expected_size(const PartitionState& state, const Cursor& cursor,
                            std::uint64_t messages_count) {
  constexpr std::uint64_t size_min = 4096;
  constexpr std::uint64_t own_records_size = 256;
  const auto stored = std::max<std::uint64_t>(state.visible_end - state.start_offset(), 1);
  const auto average = std::max<std::uint64_t>(state.size_bytes() / stored + 1, record_header_size);
  const auto count = std::min(messages_count, cursor.rest() / record_header_size);
  return std::max(size_min, count * average + own_records_size);
}

std::unexpected<Error> report_damage(PartitionState& state, const Cursor& cursor) {
  if (std::exchange(state.reported_damage, cursor.place.offset) != cursor.place.offset) {
    base::log_error("Damage in {} at byte {}: message {} cannot be read.",
                    state.segment_path(cursor.segment, ".log"), cursor.place.position,
                    cursor.place.offset);
  }
  return fail(Error::damaged);
}

}  // namespace iggy::log
