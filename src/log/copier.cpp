// Gathering messages in scratch memory.
#include "log/copier.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "log/locator.hpp"

namespace iggy::log {

Copier::Copier(PartitionState& state, MutableByteView scratch, Cursor& cursor, ReadLimits limits,
               ByteView held)
    : state_(state), scratch_(scratch), cursor_(cursor), limits_(limits) {
  if (held.empty()) return;
  held_begin_ = static_cast<std::size_t>(held.data() - scratch.data());
  held_size_ = held.size();
  held_position_ = cursor.place.position;
}

Task<Result<ReadEnd>> Copier::fill(ReadReply& reply) {
  std::optional<ReadEnd> end;
  while (!end) {
    take_held_messages(reply);
    if (limits_.messages_left(reply, cursor_) == 0) break;
    const auto stepped = co_await step(reply);
    if (!stepped) co_return fail(stepped);
    end = *stepped;
  }
  end_run();
  reply.bytes = scratch_.subspan(out_begin_, out_end_ - out_begin_);
  co_return end.value_or(ReadEnd::reached);
}

/// Gives messages as long as they are held as a whole: the fast path.
void Copier::take_held_messages(ReadReply& reply) {
  while (limits_.messages_left(reply, cursor_) > 0) {
    const auto bytes = bytes_at_cursor(record_header_size);
    if (bytes.empty()) return;
    const auto header = load_record_header(bytes.data());
    if (header.kind != RecordHeader::Kind::message || bytes.size() < header.size ||
        !fits(header, cursor_.place.offset, cursor_.rest()) ||
        !limits_.allows(reply, header.size) || !is_intact(bytes.first(header.size))) {
      return;
    }
    take(bytes.first(header.size));
    give(reply, cursor_, 1, header.size);
  }
}

/// Does what the fast path can't: goes to the next segment, reads, passes a record of our own, or
/// finds out why the next message is not given.
Task<Result<std::optional<ReadEnd>>> Copier::step(ReadReply& reply) {
  constexpr std::optional<ReadEnd> go_on;
  if (cursor_.is_at_end()) {
    end_run();
    held_size_ = 0;
    const auto entered = co_await enter_next_segment(state_, cursor_);
    if (!entered) co_return fail(entered);
    co_return *entered ? go_on : ReadEnd::reached;
  }
  const auto rest = cursor_.rest();
  auto bytes = bytes_at_cursor(look_size(rest));
  if (bytes.empty() && rest > 0) {
    const auto loaded = co_await load(reply, look_size(rest));
    if (!loaded) co_return fail(loaded);
    if (loaded->empty()) co_return ReadEnd::full;
    bytes = *loaded;
  }
  const auto header = standing_record(bytes, cursor_.place.offset, rest);
  if (header.kind == RecordHeader::Kind::unknown) co_return ReadEnd::damaged;
  if (header.kind == RecordHeader::Kind::internal) {
    end_run();
    if (header.type == RecordType::group) note_group(cursor_, bytes.first(header.size));
    cursor_.place.position += header.size;
    co_return go_on;
  }
  if (!limits_.allows(reply, header.size)) co_return ReadEnd::reached;
  if (bytes.size() >= header.size) {
    co_return is_intact(bytes.first(header.size)) ? go_on : ReadEnd::damaged;
  }
  const auto loaded = co_await load(reply, header.size);
  if (!loaded) co_return fail(loaded);
  co_return loaded->size() < header.size ? ReadEnd::full : go_on;
}

/// Reads from the cursor on, behind what was gathered: `size` bytes at least if they fit there,
/// else none.
Task<Result<ByteView>> Copier::load(const ReadReply& reply, std::uint64_t size) {
  end_run();
  held_size_ = 0;
  if (reply.count == 0) out_begin_ = out_end_ = 0;
  const auto room = scratch_.size() - out_end_;
  if (room < size) co_return ByteView{};

  const auto expected = expected_size(state_, cursor_, limits_.messages_left(reply, cursor_));
  const auto wanted = std::max(size, std::min(expected, limits_.bytes_left(reply) + size));
  const auto most = std::min<std::uint64_t>({wanted, room, cursor_.rest()});
  const auto read =
      co_await cursor_.file->read(cursor_.place.position, scratch_.subspan(out_end_, most));
  if (!read) co_return fail(read);
  held_begin_ = out_end_;
  held_size_ = *read;
  held_position_ = cursor_.place.position;
  co_return ByteView(scratch_).subspan(held_begin_, held_size_);
}

ByteView Copier::bytes_at_cursor(std::uint64_t size) const {
  const auto position = cursor_.place.position;
  if (position < held_position_ || position - held_position_ + size > held_size_) return {};
  const auto passed = position - held_position_;
  return ByteView(scratch_).subspan(held_begin_ + passed, held_size_ - passed);
}

bool Copier::is_intact(ByteView message) const {
  return !state_.store.settings().validate_on_read || verifies(message);
}

void Copier::take(ByteView message) {
  const auto begin = static_cast<std::size_t>(message.data() - scratch_.data());
  if (run_size_ == 0) run_begin_ = begin;
  run_size_ += message.size();
}

/// Moves the newest run up to those before it. The first one stays where it is.
void Copier::end_run() {
  if (run_size_ == 0) return;
  if (out_begin_ == out_end_) out_begin_ = out_end_ = run_begin_;
  if (run_begin_ != out_end_) {
    std::memmove(scratch_.data() + out_end_, scratch_.data() + run_begin_, run_size_);
  }
  out_end_ += run_size_;
  run_size_ = 0;
  ++runs_count_;
}

}  // namespace iggy::log
