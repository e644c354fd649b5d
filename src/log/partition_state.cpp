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
      log(log_store.indexes().next_log()),
      active{.index = SegmentIndex(log_store.settings().index_interval.bytes)} {}

PartitionState::~PartitionState() {
  store.unwritten_entries() -= active.index.entries().size();
  store.indexes().forget(log);
}

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

void PartitionState::seal_active() {
  sealed_bytes += active.totals.size_bytes;
  store.unwritten_entries() -= active.index.entries().size();
  store.indexes().forget(SegmentKey{log, active.base_offset});
  sealed.push_back({.base_offset = active.base_offset,
                    .file_size = active.position,
                    .totals = active.totals,
                    .file = std::move(active.file)});
  checkpointed_position = 0;
  active =
      ActiveSegment{.base_offset = written_end, .index = SegmentIndex(active.index.interval())};
}

void PartitionState::add_entry(const IndexEntry& entry) {
  active.index.add(entry);
  ++store.unwritten_entries();
}

void PartitionState::note_written_entries(std::size_t count) {
  active.index.drop_first(count);
  active.index_write_failed_at = 0;
  store.unwritten_entries() -= count;
  const auto rest = active.index.entries();
  active.indexed = rest.empty()
                       ? LogPlace{.position = active.position, .offset = visible_end}
                       : LogPlace{.position = rest.front().position, .offset = rest.front().offset};
  store.indexes().forget(SegmentKey{log, active.base_offset});
}

bool PartitionState::has_many_entries() const {
  constexpr std::size_t entries_max = 1024;
  constexpr std::uint64_t entries_max_of_shard = 256 * 1024;
  constexpr std::size_t entries_left_alone = 16;
  const auto count = active.index.entries().size();
  if (active.index_write_failed_at > 0) return count >= active.index_write_failed_at + entries_max;
  return count >= entries_max ||
         (count >= entries_left_alone && store.unwritten_entries() >= entries_max_of_shard);
}

std::optional<ReadHint> PartitionState::hint(std::uint64_t offset) const {
  for (const auto& hint : hints_) {
    if (hint.place.offset == offset) return hint;
  }
  return std::nullopt;
}

void PartitionState::keep_hint(const ReadHint& hint) {
  for (auto& kept : hints_) {
    if (kept.place.offset != hint.place.offset) continue;
    kept = hint;
    return;
  }
  if (hints_.size() < hints_max) {
    hints_.push_back(hint);
    return;
  }
  hints_[next_hint_] = hint;
  next_hint_ = (next_hint_ + 1) % hints_max;
}

namespace {

/// Where the file of a segment is kept. Null: there is no such segment any more.
KeptFile* find_file(PartitionState& state, std::uint64_t base_offset) {
  if (base_offset == state.active.base_offset) return &state.active.file;
  const auto number = state.segment_of(base_offset);
  if (number == state.sealed.size()) return nullptr;
  auto& segment = state.sealed[number];
  return segment.base_offset == base_offset ? &segment.file : nullptr;
}

}  // namespace

Task<Result<FileHandle>> open_segment(PartitionState& state, std::uint64_t base_offset) {
  if (state.life == Life::closed) co_return fail(Error::incarnation_gone);
  if (auto* const kept = find_file(state, base_offset); kept != nullptr && kept->is_open()) {
    co_return kept->use();
  }
  const auto mode = base_offset == state.active.base_offset ? runtime::OpenMode::read_write
                                                            : runtime::OpenMode::read;
  const auto path = state.segment_path(base_offset, ".log");
  auto file = co_await state.store.disk().open(path, mode);
  if (!file) {
    base::log_error("Cannot open the segment {}: {}.", path, base::describe(file.error()).text);
    co_return fail(file.error() == Error::file_not_found ? Error::damaged : file.error());
  }
  if (state.life == Life::closed) co_return fail(Error::incarnation_gone);
  if (auto* const kept = find_file(state, base_offset)) kept->keep(state.store.files(), *file);
  co_return *file;
}

namespace {

/// Judges the result of a sync. Errors: cannot_sync_file, cancelled.
Result<> note_synced(PartitionState& state, const Result<>& synced) {
  if (!synced) {
    if (synced.error() == Error::cancelled) return fail(synced);
    note_failed_sync(state, synced.error());
    return fail(Error::cannot_sync_file);
  }
  // The kernel tells of a failure once: one that another sync met meanwhile concerns this one too.
  if (state.health == Health::sync_failed) return fail(Error::cannot_sync_file);
  return {};
}

/// Syncs a segment's file; what stands before `end` is on the disk then, with all before the
/// segment. Errors: cannot_sync_file, cancelled.
Task<Result<>> sync_up_to(PartitionState& state, FileHandle file, std::uint64_t end) {
  if (const auto synced = note_synced(state, co_await file->sync()); !synced) {
    co_return fail(synced);
  }
  state.durable_end = std::max(state.durable_end, end);
  co_return Result<>{};
}

Task<Result<>> sync_unsynced(PartitionState& state) {
  const auto end = state.unsynced->end_offset;
  Result<FileHandle> file = state.unsynced->file;
  if (*file == nullptr) {
    const auto path = state.segment_path(state.unsynced->base_offset, ".log");
    file = co_await state.store.disk().open(path, runtime::OpenMode::read);
  }
  if (!file) co_return fail(file);
  const auto synced = co_await sync_up_to(state, *std::move(file), end);
  if (!synced) co_return fail(synced);
  if (state.unsynced && state.unsynced->end_offset == end) state.unsynced.reset();
  co_return Result<>{};
}

}  // namespace

Task<Result<>> sync_log(PartitionState& state) {
  while (true) {
    if (const auto synced = co_await sync_sealed(state); !synced) co_return fail(synced);
    if (state.durable_end >= state.written_end) co_return Result<>{};
    const auto base = state.active.base_offset;
    auto file = co_await open_segment(state, base);
    if (!file) co_return fail(file);
    // Unless the segment was sealed meanwhile.
    if (!state.unsynced && state.active.base_offset == base) {
      co_return co_await sync_log(state, *std::move(file));
    }
  }
}

Task<Result<>> sync_sealed(PartitionState& state) {
  if (state.health == Health::sync_failed) co_return fail(Error::cannot_sync_file);
  if (state.unsynced) {
    if (const auto synced = co_await sync_unsynced(state); !synced) co_return fail(synced);
  }
  if (const auto base = state.unsynced_name) {
    const auto synced =
        note_synced(state, co_await state.store.disk().sync_directory(state.options.directory));
    if (!synced) co_return fail(synced);
    if (state.unsynced_name == base) state.unsynced_name.reset();
  }
  co_return Result<>{};
}

Task<Result<>> sync_log(PartitionState& state, FileHandle file) {
  if (state.health == Health::sync_failed) co_return fail(Error::cannot_sync_file);
  if (state.durable_end >= state.written_end) co_return Result<>{};
  // What is written meanwhile may be covered or not: it doesn't count.
  const auto end = state.written_end;
  if (const auto synced = co_await sync_sealed(state); !synced) co_return fail(synced);
  co_return co_await sync_up_to(state, std::move(file), end);
}

void note_failed_sync(PartitionState& state, Error error) {
  state.health = Health::sync_failed;
  base::log_error("Cannot sync the log in {}: {}. The partition is read-only until a restart.",
                  state.options.directory, base::describe(error).text);
}

}  // namespace iggy::log
