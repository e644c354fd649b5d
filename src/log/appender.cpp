// The queue's drain: take, stamp, write, sync, show, answer.
#include "log/appender.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "base/error_table.hpp"
#include "base/logging.hpp"
#include "log/stamp.hpp"
#include "runtime/shard.hpp"

namespace iggy::log {

Task<Result<Appended>> Appender::append(wire::Batch batch) {
  assert(batch.count > 0);
  if (state_.life != Life::open) co_return fail(Error::incarnation_gone);
  if (state_.health != Health::good) co_return fail(Error::partition_read_only);

  PendingAppend pending(batch);
  queue_.push(pending);
  if (!is_running_) {
    is_running_ = true;
    tasks_.spawn(run());
  }
  co_return co_await pending;
}

Task<> Appender::finish() { co_await tasks_.join(); }

Task<> Appender::run() {
  while (!queue_.is_empty()) {
    // What else arrives in this loop turn comes along.
    co_await runtime::yield();
    Result<> prepared;
    if (!is_prepared()) prepared = co_await prepare();
    auto drain = take();
    if (!prepared) {
      settle(drain, prepared);
      continue;
    }
    compose(drain);
    const auto written = co_await write(drain);
    settle(drain, written);
    // At once: whoever counts segments sees the new one, and the next batch need not wait for it.
    if (state_.active.is_full && state_.health == Health::good) (void)co_await roll();
    if (state_.has_many_entries()) co_await write_entries();
  }
  is_running_ = false;
}

bool Appender::is_prepared() const {
  return state_.health == Health::good && state_.active.file.is_open() && !state_.active.is_full;
}

/// Makes sure that there is a segment to write to.
Task<Result<>> Appender::prepare() {
  if (state_.health != Health::good) co_return fail(Error::partition_read_only);
  if (state_.active.is_full) {
    if (const auto rolled = co_await roll(); !rolled) co_return fail(rolled);
  }
  if (state_.active.position == 0) co_return co_await make_file();
  // It was closed to make room for others.
  const auto opened = co_await open_segment(state_, state_.active.base_offset);
  if (!opened) co_return fail(Error::cannot_append_message);
  co_return Result<>{};
}

/// Takes the next batches out of the queue: to the bounds of one write, or to the end of a segment,
/// which takes one more batch after it has reached its size.
Appender::Drain Appender::take() {
  Drain drain;
  const auto size_max = state_.store.settings().segment_size.bytes;
  while (!queue_.is_empty() && drain.batches_count < drain_batches_max && !drain.fills_segment) {
    const auto& batch = queue_.front().batch();
    const bool fits = drain.messages_bytes + batch.bytes.size() <= drain_bytes_max;
    if (drain.batches_count > 0 && !fits) break;
    drain.fills_segment = state_.active.totals.size_bytes + drain.messages_bytes >= size_max;
    drain.batches.push(queue_.pop());
    ++drain.batches_count;
    drain.messages_count += batch.count;
    drain.messages_bytes += batch.bytes.size();
    drain.is_grouped |= batch.count > 1;
  }
  return drain;
}

/// Stamps the batches and lines up the pieces of the write.
void Appender::compose(Drain& drain) {
  const auto now = runtime::Shard::current().clock().now().microseconds;
  drain.timestamp = std::max(now, state_.last_timestamp);
  drain.first_offset = state_.written_end;
  const auto fields = own_fields(drain.first_offset, drain.timestamp);
  if (state_.active.position == 0) {
    drain.head.segment(fields, {.base_offset = state_.active.base_offset});
  } else if (!state_.epoch_started) {
    drain.head.epoch(fields);
  }
  const auto group_size = drain.is_grouped ? record_header_size + GroupBody::size : 0;
  const auto position = state_.active.position + drain.head.bytes().size() + group_size;
  pieces_.assign(1, {});
  const auto digest = stamp_all(drain, position);
  if (drain.is_grouped) {
    drain.head.group(fields, {.messages_count = static_cast<std::uint32_t>(drain.messages_count),
                              .size_bytes = drain.messages_bytes,
                              .digest = digest});
  }
  pieces_.front() = drain.head.bytes();
  drain.size = drain.head.bytes().size() + drain.messages_bytes;
}

/// Stamps the batches, whose first byte will stand at `position`, and adds them to the pieces.
/// Gives the digest of their group.
std::uint64_t Appender::stamp_all(const Drain& drain, std::uint64_t position) {
  const auto& index = state_.active.index;
  GroupDigest digest;
  entries_.clear();
  StampGathered gathered{.ids = state_.store.ids(),
                         .digest = drain.is_grouped ? &digest : nullptr,
                         .entries = entries_,
                         .next_entry_position = index.next_position(),
                         .index_interval = index.interval()};
  StampPlace place{
      .first_offset = drain.first_offset, .timestamp = drain.timestamp, .position = position};
  for (auto* append = &drain.batches.front(); append; append = AppendQueue::next(*append)) {
    const auto& batch = append->batch();
    stamp(batch, place, gathered);
    pieces_.emplace_back(batch.bytes);
    place.first_offset += batch.count;
    place.position += batch.bytes.size();
  }
  return digest.finish();
}

Task<Result<>> Appender::write(Drain& drain) {
  auto& active = state_.active;
  const auto file = active.file.use();  // held: it may be closed to make room for others
  const auto pieces = std::span<const ByteView>(pieces_).subspan(pieces_.front().empty() ? 1 : 0);
  file->expect_size(state_.store.settings().segment_size.bytes);
  const auto written = co_await file->write_at(active.position, pieces);
  if (!written) {
    co_await refuse(file, active.position, written.error());
    // What could not be cut off for certain may be found by a restart.
    if (state_.health != Health::good) co_return fail(Error::cannot_sync_file);
    co_return fail(written.error() == Error::no_space ? Error::no_space
                                                      : Error::cannot_append_message);
  }
  write_failed_ = false;
  state_.epoch_started = true;
  state_.written_end += drain.messages_count;
  if (state_.store.settings().enforce_fsync) {
    if (const auto synced = co_await sync_log(state_, file); !synced) co_return fail(synced);
  }
  make_visible(drain);
  co_return Result<>{};
}

/// The log before its index: an entry never points behind what is visible.
void Appender::make_visible(const Drain& drain) {
  auto& active = state_.active;
  for (const auto& entry : entries_) state_.add_entry(entry);
  active.position += drain.size;
  active.totals.add(drain.messages_bytes, drain.timestamp);
  active.is_full = drain.fills_segment;
  state_.last_timestamp = drain.timestamp;
  state_.visible_end = state_.written_end;
  state_.advanced.notify_all();
}

void Appender::settle(Drain& drain, const Result<>& outcome) {
  auto offset = drain.first_offset;
  while (!drain.batches.is_empty()) {
    auto& append = drain.batches.pop();
    if (!outcome) {
      append.settle(fail(outcome));
      continue;
    }
    const auto first = offset;
    offset += append.batch().count;
    append.settle(
        Appended{.first_offset = first, .last_offset = offset - 1, .created = first == 0});
  }
}

/// Cuts off what a failed write may have left in `file` behind `end`, so that what was refused
/// can't come back, and brings that to the disk. What can't be cut off makes the partition
/// read-only.
Task<> Appender::refuse(FileHandle file, std::uint64_t end, Error error) {
  if (!std::exchange(write_failed_, true)) {
    base::log_error("Cannot write to {}: {}.", file->path(), base::describe(error).text);
  }
  if (const auto size = file->size(); size && *size == end) co_return;
  if (const auto cut = co_await file->truncate(end); !cut) {
    state_.health = Health::cut_failed;
    base::log_error("Cannot cut {} back to {} bytes: {}. The partition is read-only.", file->path(),
                    end, base::describe(cut.error()).text);
    co_return;
  }
  if (const auto synced = co_await file->sync(); !synced) note_failed_sync(state_, synced.error());
}

RecordFields Appender::own_fields(std::uint64_t next_offset, std::uint64_t timestamp) const {
  return {.incarnation = state_.options.incarnation,
          .next_offset = next_offset,
          .timestamp = timestamp,
          .epoch = state_.epoch};
}

}  // namespace iggy::log
