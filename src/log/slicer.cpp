// Planning slices.
#include "log/slicer.hpp"

#include <algorithm>
#include <utility>

#include "log/index_loader.hpp"
#include "log/locator.hpp"

namespace iggy::log {
namespace {

constexpr std::uint64_t group_look_size = 4096;  // where the walk is expected to jump on
constexpr std::size_t slices_to_judge = 8;

}  // namespace

Task<Result<ReadEnd>> Slicer::fill(ReadReply& reply) {
  window_.emplace(cursor_.file, cursor_.end_position, scratch_);
  while (limits_.messages_left(reply, cursor_) > 0) {
    if (reply.slices.size() == slices_to_judge && are_small(reply)) co_return ReadEnd::full;
    const auto end = co_await step(reply);
    if (!end) co_return fail(end);
    if (*end) co_return **end;
  }
  co_return ReadEnd::reached;
}

/// Takes the rest of a group, or messages one by one, or passes a record of our own.
Task<Result<std::optional<ReadEnd>>> Slicer::step(ReadReply& reply) {
  constexpr std::optional<ReadEnd> go_on;
  if (cursor_.is_at_end()) {
    const auto entered = co_await enter_next(reply);
    if (!entered) co_return fail(entered);
    co_return *entered ? go_on : ReadEnd::reached;
  }
  if (cursor_.place.position < cursor_.group_end) {
    if (add_rest_of_group(reply)) co_return go_on;
    if (const auto jumped = co_await jump_in_group(reply); !jumped) co_return fail(jumped);
    if (limits_.messages_left(reply, cursor_) == 0) co_return ReadEnd::reached;
  }
  const auto bytes = co_await bytes_at_cursor();
  if (!bytes) co_return fail(bytes);
  const auto header = standing_record(*bytes, cursor_.place.offset, cursor_.rest());
  if (header.kind == RecordHeader::Kind::unknown) co_return ReadEnd::damaged;
  if (header.kind == RecordHeader::Kind::message) {
    if (!limits_.allows(reply, header.size)) co_return ReadEnd::reached;
    add(reply, 1, header.size);
    walks_ = cursor_.place.position > cursor_.group_end;
    co_return go_on;
  }
  if (reply.slices.size() == slices_max) co_return ReadEnd::full;
  walks_ = false;
  if (header.type == RecordType::group) note_group(cursor_, bytes->first(header.size));
  cursor_.place.position += header.size;
  co_return go_on;
}

Task<Result<bool>> Slicer::enter_next(ReadReply& reply) {
  if (reply.slices.size() == slices_max) co_return false;
  const auto entered = co_await enter_next_segment(state_, cursor_);
  if (!entered) co_return fail(entered);
  if (*entered) window_.emplace(cursor_.file, cursor_.end_position, scratch_);
  co_return *entered;
}

/// Takes what is left of the group at the cursor if all of it is wanted.
bool Slicer::add_rest_of_group(ReadReply& reply) {
  const auto messages_count = cursor_.group_end_offset - cursor_.place.offset;
  const auto size = cursor_.group_end - cursor_.place.position;
  if (messages_count > limits_.messages_left(reply, cursor_)) return false;
  if (size > limits_.bytes_left(reply)) return false;
  add(reply, messages_count, size);
  return true;
}

/// Takes the wanted part of a group as far as the index knows it; the rest is walked.
Task<Result<>> Slicer::jump_in_group(ReadReply& reply) {
  if (std::exchange(jumped_in_, cursor_.group_end) == cursor_.group_end) co_return Result<>{};
  const auto entry = co_await entry_before_end(reply);
  if (!entry) co_return fail(entry);
  if (!*entry || (*entry)->position <= cursor_.place.position ||
      (*entry)->position >= cursor_.group_end || (*entry)->offset <= cursor_.place.offset ||
      (*entry)->offset >= cursor_.group_end_offset) {
    co_return Result<>{};
  }
  const auto bytes = co_await window_->load((*entry)->position, record_header_size);
  if (!bytes) co_return fail(bytes);
  if (bytes->size() < record_header_size) co_return Result<>{};
  const auto header = load_record_header(bytes->data());
  if (header.kind != RecordHeader::Kind::message || header.offset != (*entry)->offset ||
      header.timestamp != (*entry)->timestamp) {
    co_return Result<>{};  // not believed: then it is walked
  }
  add(reply, (*entry)->offset - cursor_.place.offset, (*entry)->position - cursor_.place.position);
  co_return Result<>{};
}

/// The last index entry that lies within what may still be given.
Task<Result<std::optional<IndexEntry>>> Slicer::entry_before_end(const ReadReply& reply) {
  const auto offset = cursor_.place.offset + limits_.messages_left(reply, cursor_);
  const auto position = cursor_.place.position + limits_.bytes_left(reply);
  const auto look_up = [&](const SegmentIndex& index) -> std::optional<IndexEntry> {
    const auto by_offset = index.at_or_before_offset(offset);
    const auto by_position = index.at_or_before_position(position);
    if (!by_offset || !by_position) return std::nullopt;
    return by_offset->position < by_position->position ? by_offset : by_position;
  };
  co_return co_await find_entry(state_, cursor_.segment, look_up);
}

Task<Result<ByteView>> Slicer::bytes_at_cursor() {
  const auto position = cursor_.place.position;
  const auto size = look_size(cursor_.rest());
  const auto held = window_->held(position, size);
  if (!held.empty()) co_return held;
  if (walks_ || position < cursor_.group_end) co_return co_await window_->load(position, size);
  co_return co_await window_->load_only(position, group_look_size);
}

void Slicer::add(ReadReply& reply, std::uint64_t messages_count, std::uint64_t size) {
  const auto position = cursor_.place.position;
  auto* const last = reply.slices.empty() ? nullptr : &reply.slices.back();
  if (last != nullptr && last->file == cursor_.file && last->position + last->size == position) {
    last->size += size;
  } else {
    reply.slices.push_back({.file = cursor_.file, .position = position, .size = size});
  }
  give(reply, cursor_, messages_count, size);
}

}  // namespace iggy::log
