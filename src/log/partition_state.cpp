// Questions to a partition's state, its hints, and syncing.
#include "log/partition_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error_table.hpp"
#include "base/logging.hpp"

namespace iggy::log {

PartitionState::PartitionState(LogStore& log_store, PartitionLog::Options log_options)
    : store(log_store),
      options(std::move(log_options)),
      log(log_store.segments().next_log()),
      active{.index = SegmentIndex(log_store.settings().index_interval.bytes)} {}

std::string PartitionState::segment_path(std::uint64_t base_offset, std::string_view ending) const {
  return runtime::join_path(options.directory, fmt::format("{:020}{}", base_offset, ending));
}

std::size_t PartitionState::segment_of(std::uint64_t offset) const {
  if (offset >= active.base_offset) return sealed.size();
  const auto behind = std::ranges::upper_bound(sealed, offset, {}, &SealedSegment::base_offset);
  return behind == sealed.begin() ? 0 : static_cast<std::size_t>(behind - sealed.begin()) - 1;
}

std::optional<OffsetRange> PartitionState::damage_at_or_behind(std::uint64_t offset) const {
  const auto range = std::ranges::upper_bound(damaged, offset, {}, &OffsetRange::to);
  if (range == damaged.end()) return std::nullopt;
  return *range;
}

std::optional<ReadHint> PartitionState::hint(std::uint64_t offset) const {
  for (std::size_t i = 0; i < hints_count_; ++i) {
    if (hints_[i].place.offset == offset) return hints_[i];
  }
  return std::nullopt;
}

void PartitionState::keep_hint(std::uint64_t used, const ReadHint& hint) {
  for (std::size_t i = 0; i < hints_count_; ++i) {
    if (hints_[i].place.offset == hint.place.offset || hints_[i].place.offset == used) {
      hints_[i] = hint;
      return;
    }
  }
  hints_[next_hint_] = hint;
  next_hint_ = (next_hint_ + 1) % hints_.size();
  hints_count_ = std::min(hints_count_ + 1, hints_.size());
}

Task<Result<FileHandle>> open_sealed(PartitionState& state, std::uint64_t base_offset) {
  const SegmentKey key{state.log, base_offset};
  if (auto file = state.store.segments().file(key)) co_return file;

  const auto path = state.segment_path(base_offset, ".log");
  auto file = co_await state.store.disk().open(path, runtime::OpenMode::read);
  if (!file) {
    base::log_error("Cannot open the segment {}: {}.", path, base::describe(file.error()).text);
    co_return fail(file.error() == Error::file_not_found ? Error::damaged : file.error());
  }
  state.store.segments().keep_file(key, *file);
  co_return *file;
}

Task<Result<>> sync_log(PartitionState& state) {
  if (state.health == Health::sync_failed) co_return fail(Error::cannot_sync_file);
  if (state.durable_end >= state.written_end) co_return Result<>{};

  // What is written meanwhile may be covered or not: it doesn't count.
  const auto end = state.written_end;
  const auto file = state.active.file;
  const auto synced = co_await file->sync();
  if (!synced) {
    if (synced.error() == Error::cancelled) co_return fail(synced);
    note_failed_sync(state, synced.error());
    co_return fail(Error::cannot_sync_file);
  }
  state.durable_end = std::max(state.durable_end, end);
  co_return Result<>{};
}

void note_failed_sync(PartitionState& state, Error error) {
  state.health = Health::sync_failed;
  base::log_error("Cannot sync the log in {}: {}. The partition is read-only until a restart.",
                  state.options.directory, base::describe(error).text);
}

}  // namespace iggy::log
