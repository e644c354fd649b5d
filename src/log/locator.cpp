// From an offset or a time to a position.
#include "log/locator.hpp"

#include <algorithm>
#include <utility>

#include "log/index_loader.hpp"

namespace iggy::log {

Task<Result<>> Locator::find_offset(std::uint64_t offset) {
  cursor_ = cursor_in_front_of(state_, offset);
  if (!cursor_.file) {
    auto entered = co_await enter_segment(state_, offset);
    if (!entered) co_return fail(entered);
    cursor_ = *std::move(entered);
  }

  const auto hint = state_.hint(offset);
  window_.emplace(cursor_.file, cursor_.end_position, scratch_);
  last_ = cursor_.place;
  bool is_near = false;
  if (hint && hint->segment == cursor_.segment) {
    const auto started = co_await start_at(*hint);
    if (!started) co_return fail(started);
    is_near = *started;
  }
  const Wanted wanted{.offset = offset};
  if (!is_near) {
    const auto started = co_await start_from_index(wanted);
    if (!started) co_return fail(started);
  }
  const auto found = co_await walk(wanted);
  if (!found) co_return fail(found);
  if (!*found) co_return report_damage(state_, cursor_);
  co_return Result<>{};
}

Task<Result<bool>> Locator::find_timestamp(std::uint64_t timestamp) {
  const auto& sealed = state_.sealed;
  const auto segment = std::ranges::find_if(sealed, [&](const SealedSegment& candidate) {
    return candidate.totals.last_timestamp >= timestamp;
  });
  auto start = segment == sealed.end() ? state_.active.base_offset : segment->base_offset;
  while (start < state_.visible_end) {
    auto entered = co_await enter_segment(state_, start);
    if (!entered) co_return fail(entered);
    cursor_ = *std::move(entered);
    window_.emplace(cursor_.file, cursor_.end_position, scratch_);
    last_ = cursor_.place;
    const Wanted wanted{.timestamp = timestamp};
    const auto started = co_await start_from_index(wanted);
    if (!started) co_return fail(started);
    const auto found = co_await walk(wanted);
    if (!found) co_return fail(found);
    if (*found) co_return true;
    if (!cursor_.is_at_end()) co_return report_damage(state_, cursor_);
    start = cursor_.end_offset;
  }
  co_return false;
}

/// Moves the cursor to where a reader stopped; false if no record stands there: the size of the one
/// before it was wrong.
Task<Result<bool>> Locator::start_at(ReadHint hint) {
  const auto start = cursor_.place;
  cursor_.place = hint.place;
  const auto bytes = co_await load_at_cursor();
  if (!bytes) co_return fail(bytes);
  const auto header = standing_record(*bytes, cursor_.place.offset, cursor_.rest());
  if (header.kind == RecordHeader::Kind::unknown) {
    cursor_.place = start;
    co_return false;
  }
  cursor_.group_end = hint.group_end;
  cursor_.group_end_offset = hint.group_end_offset;
  last_ = cursor_.place;
  co_return true;
}

/// Moves the cursor as far as the segment's index leads.
Task<Result<>> Locator::start_from_index(Wanted wanted) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto entry = co_await index_entry(wanted);
    if (!entry) co_return fail(entry);
    if (!*entry) break;
    const auto started = co_await start_at(**entry);
    if (!started) co_return fail(started);
    if (*started || attempt > 0) break;
    const auto rebuilt = co_await rebuild_index(state_, cursor_.segment);
    if (!rebuilt) co_return fail(rebuilt);
  }
  co_return Result<>{};
}

/// The index entry to start from; nothing: the start of the segment.
Task<Result<std::optional<IndexEntry>>> Locator::index_entry(Wanted wanted) {
  const auto look_up = [&](const SegmentIndex& index) {
    return wanted.timestamp > 0 ? index.before_timestamp(wanted.timestamp)
                                : index.at_or_before_offset(wanted.offset);
  };
  const auto entry = co_await find_entry(state_, cursor_.segment, look_up);
  if (!entry) co_return fail(entry);
  // One that became visible after the cursor entered is none of ours.
  if (!*entry || (*entry)->position >= cursor_.end_position) co_return std::optional<IndexEntry>{};
  co_return *entry;
}

/// Moves the cursor to an entry's message; false if the record there is not that message.
Task<Result<bool>> Locator::start_at(IndexEntry entry) {
  const auto size = likely_size(state_.store.settings().index_interval.bytes);
  const auto loaded = co_await window_->load_only(entry.position, size);
  if (!loaded) co_return fail(loaded);
  if (loaded->size() < record_header_size) co_return false;
  const auto header = load_record_header(loaded->data());
  if (header.kind != RecordHeader::Kind::message || header.timestamp != entry.timestamp ||
      !fits(header, entry.offset, cursor_.end_position - entry.position)) {
    co_return false;
  }
  last_ = cursor_.place = {.position = entry.position, .offset = entry.offset};
  co_return true;
}

/// Walks headers to the first wanted message. False: the segment ends before it.
Task<Result<bool>> Locator::walk(Wanted wanted) {
  while (!cursor_.is_at_end()) {
    Result<ByteView> bytes = held_at_cursor();
    if (bytes->empty()) bytes = co_await load_at_cursor();
    if (!bytes) co_return fail(bytes);
    const auto header = standing_record(*bytes, cursor_.place.offset, cursor_.rest());
    if (header.kind == RecordHeader::Kind::unknown) {
      const auto stepped = co_await step_over_damage(wanted);
      if (!stepped) co_return fail(stepped);
      if (!*stepped) co_return false;
      continue;
    }
    if (header.kind == RecordHeader::Kind::message && header.offset >= wanted.offset &&
        header.timestamp >= wanted.timestamp) {
      co_return true;
    }
    pass(header, *bytes);
  }
  co_return false;
}

/// Moves the cursor to the next record that verifies. False: there is none in this segment.
/// Errors: damaged: the wanted message is, or may be, among those that are lost.
Task<Result<bool>> Locator::step_over_damage(Wanted wanted) {
  const auto from = cursor_.place;
  const auto damage = report_damage(state_, cursor_);
  // The record behind may be larger than what was lent.
  RecordWindow window(cursor_.file, cursor_.end_position);
  const auto found = co_await find_record(window, {.from = last_.position + 1,
                                                   .offset_min = last_.offset,
                                                   .incarnation = state_.options.incarnation});
  if (!found) co_return fail(found);
  if (!*found) co_return false;
  if (wanted.timestamp == 0 && (*found)->offset > wanted.offset) co_return damage;
  last_ = cursor_.place = **found;
  cursor_.group_end = 0;
  if (wanted.timestamp == 0) co_return true;

  const auto bytes = co_await load_at_cursor();
  if (!bytes) co_return fail(bytes);
  const bool is_older = load_record_header(bytes->data()).timestamp < wanted.timestamp;
  if (!is_older && (*found)->offset > from.offset) co_return damage;
  co_return true;
}

/// The bytes from the cursor on if enough of them are held to tell what stands there, else none.
ByteView Locator::held_at_cursor() const {
  return window_->held(cursor_.place.position, look_size(cursor_.rest()));
}

Task<Result<ByteView>> Locator::load_at_cursor() {
  return window_->load_only(cursor_.place.position, likely_size(0));
}

/// How much to read where the first message is `distance` bytes away at most: it, and those behind
/// it, unless they are too many for scratch.
std::uint64_t Locator::likely_size(std::uint64_t distance) const {
  constexpr std::uint64_t size_min = 4096;
  const auto size = distance + expected_size(state_, cursor_, messages_count_);
  return size <= scratch_.size() ? size : distance + size_min;
}

void Locator::pass(const RecordHeader& header, ByteView bytes) {
  last_ = cursor_.place;
  if (header.kind == RecordHeader::Kind::message) {
    ++cursor_.place.offset;
  } else if (header.type == RecordType::group) {
    note_group(cursor_, bytes.first(header.size));
  }
  cursor_.place.position += header.size;
}

void note_group(Cursor& cursor, ByteView group_record) {
  cursor.group_end = 0;
  const auto group = load_group_body(group_record);
  const auto start = cursor.place.position + group_record.size();
  if (!group || group->size_bytes > cursor.end_position - start ||
      group->messages_count > cursor.end_offset - cursor.place.offset) {
    return;
  }
  cursor.group_end = start + group->size_bytes;
  cursor.group_end_offset = cursor.place.offset + group->messages_count;
}

}  // namespace iggy::log
