// Reading index files, checking them against the log, and making them anew.
#include "log/index_loader.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/error_table.hpp"
#include "base/logging.hpp"
#include "runtime/held_permit.hpp"

namespace iggy::log {
namespace {

/// True if the record that the entry points to is the message that it names.
Task<Result<bool>> agrees(RecordWindow& window, IndexEntry entry) {
  const auto held = co_await window.load(entry.position, record_header_size);
  if (!held) co_return fail(held);
  if (held->size() < record_header_size) co_return false;
  const auto header = load_record_header(held->data());
  co_return header.kind == RecordHeader::Kind::message&& header.timestamp ==
      entry.timestamp&& fits(header, entry.offset, window.end() - entry.position);
}

/// The entries of an index file, or none. Errors: io_error: of the log.
Task<Result<SegmentIndex>> read_entries(PartitionState& state, RecordWindow& window,
                                        SegmentIndex::Bounds bounds) {
  const auto interval = state.store.settings().index_interval.bytes;
  const auto path = state.segment_path(bounds.base_offset, ".index");
  const auto bytes =
      co_await runtime::read_file(state.store.disk(), path, SegmentIndex::file_size_max);
  if (!bytes) co_return SegmentIndex(interval);
  auto index = SegmentIndex::decode(*bytes, bounds, interval);
  if (!index) {
    base::log_warning("The index {} is damaged and is made anew.", path);
    co_return SegmentIndex(interval);
  }
  if (index->entries().empty()) co_return index;
  const auto right = co_await agrees(window, index->entries().back());
  if (!right) co_return fail(right);
  if (!*right) {
    base::log_warning("The index {} disagrees with the log and is made anew.", path);
    co_return SegmentIndex(interval);
  }
  co_return index;
}

Task<Result<>> replace_file(PartitionState& state, std::uint64_t base_offset, base::Bytes entries) {
  auto bytes = SegmentIndex::encode_header(base_offset);
  bytes.insert(bytes.end(), entries.begin(), entries.end());
  const auto path = state.segment_path(base_offset, ".index");
  Result<> done;
  const auto file = co_await state.store.disk().open(path, runtime::OpenMode::create);
  done = file ? co_await (*file)->truncate(0) : fail(file);
  const std::array<ByteView, 1> pieces{bytes};
  if (done) done = co_await (*file)->write_at(0, pieces);
  if (!done) {
    base::log_warning("Cannot write the index {}: {}.", path, base::describe(done.error()).text);
  }
  co_return done;
}

/// Goes over the records from the start. Errors: io_error, out_of_memory.
Task<Result<SegmentIndex>> scan_index(PartitionState& state, FileHandle file, std::uint64_t base,
                                      std::uint64_t end) {
  RecordWindow window(std::move(file), end);
  SegmentIndex index(state.store.settings().index_interval.bytes);
  SegmentTotals totals;
  const auto scanned = co_await scan_headers(window, {.position = 0, .offset = base},
                                             state.options.incarnation, index, totals);
  if (!scanned) co_return fail(scanned);
  co_return index;
}

SegmentIndexHandle keep(PartitionState& state, std::uint64_t base_offset, SegmentIndex index) {
  auto handle = std::make_shared<const SegmentIndex>(std::move(index));
  state.store.indexes().keep({state.log, base_offset}, handle);
  return handle;
}

/// What the index file of a segment is about. Errors: damaged: no such segment any more.
Result<SegmentIndex::Bounds> bounds_of(const PartitionState& state, std::uint64_t base_offset) {
  if (base_offset == state.active.base_offset) {
    return SegmentIndex::Bounds{.base_offset = base_offset,
                                .end_offset = state.active.indexed.offset,
                                .end_position = state.active.indexed.position};
  }
  const auto number = state.segment_of(base_offset);
  if (number >= state.sealed.size() || state.sealed[number].base_offset != base_offset) {
    return fail(Error::damaged);
  }
  return SegmentIndex::Bounds{.base_offset = base_offset,
                              .end_offset = state.end_of_sealed(number),
                              .end_position = state.sealed[number].file_size};
}

struct LoadedIndex {
  SegmentIndex index;
  std::size_t from_file = 0;  // entries that its file holds, the first ones
};

/// Reads an index file as far as it is within `bounds` and its last entry agrees with the log; then
/// adds the entries that are missing. A file that can't be used counts as empty.
/// Errors: io_error, out_of_memory: of the log.
Task<Result<LoadedIndex>> read_index(PartitionState& state, SegmentIndex::Bounds bounds) {
  auto file = co_await open_segment(state, bounds.base_offset);
  if (!file) co_return fail(file);
  RecordWindow window(*std::move(file), bounds.end_position);
  auto index = co_await read_entries(state, window, bounds);
  if (!index) co_return fail(index);
  LogPlace from{.position = 0, .offset = bounds.base_offset};
  if (!index->entries().empty()) {
    const auto& last = index->entries().back();
    from = {.position = last.position, .offset = last.offset};
  }
  const auto from_file = index->entries().size();
  SegmentTotals totals;
  const auto scanned =
      co_await scan_headers(window, from, state.options.incarnation, *index, totals);
  if (!scanned) co_return fail(scanned);
  co_return LoadedIndex{.index = *std::move(index), .from_file = from_file};
}

}  // namespace

Task<Result<SegmentIndexHandle>> load_index(PartitionState& state, std::uint64_t base_offset) {
  if (auto index = state.store.indexes().find({state.log, base_offset})) co_return index;

  const auto bounds = bounds_of(state, base_offset);
  if (!bounds) co_return fail(bounds);
  if (bounds->end_position == 0) {
    co_return std::make_shared<const SegmentIndex>(state.active.index.interval());
  }
  auto loaded = co_await read_index(state, *bounds);
  if (!loaded) co_return fail(loaded);
  // The active one's file is completed by the next checkpoint.
  const bool is_complete = loaded->index.entries().size() == loaded->from_file;
  if (!is_complete && base_offset != state.active.base_offset) {
    (void)co_await replace_file(state, base_offset,
                                loaded->index.encode_entries(loaded->index.entries().size()));
  }
  // More may have been written to the file meanwhile.
  if (bounds_of(state, base_offset) != bounds) {
    co_return std::make_shared<const SegmentIndex>(std::move(loaded->index));
  }
  co_return keep(state, base_offset, std::move(loaded->index));
}

Task<Result<>> settle_index_file(PartitionState& state) {
  auto& active = state.active;
  if (active.indexed_on_disk) co_return Result<>{};
  const auto loaded = co_await read_index(state, *bounds_of(state, active.base_offset));
  if (!loaded) co_return fail(loaded);
  const auto count = loaded->index.entries().size();
  if (count > loaded->from_file) {
    const auto replaced = co_await replace_file(
        state, active.base_offset, loaded->index.encode_entries(loaded->index.entries().size()));
    if (!replaced) co_return fail(replaced);
  }
  active.indexed_on_disk = count;
  co_return Result<>{};
}

Task<Result<>> rebuild_index(PartitionState& state, std::uint64_t base_offset) {
  base::log_warning("The index {} disagrees with the log and is made anew.",
                    state.segment_path(base_offset, ".index"));
  if (const auto alone = co_await state.keeping.acquire(); !alone) co_return fail(alone);
  const runtime::HeldPermit held(
      state.keeping);  // nobody else writes the file meanwhile, or seals the segment
  const auto bounds = bounds_of(state, base_offset);
  if (!bounds) co_return Result<>{};
  auto file = co_await open_segment(state, base_offset);
  if (!file) co_return fail(file);
  auto index = co_await scan_index(state, *std::move(file), base_offset, bounds->end_position);
  if (!index) co_return fail(index);
  const auto replaced =
      co_await replace_file(state, base_offset, index->encode_entries(index->entries().size()));
  if (base_offset == state.active.base_offset) {
    // If it failed, the file may hold anything.
    state.active.indexed_on_disk = replaced ? std::optional(index->entries().size()) : std::nullopt;
    state.active.index_file_is_cut = replaced.has_value();
  }
  keep(state, base_offset, *std::move(index));
  co_return Result<>{};
}

}  // namespace iggy::log
