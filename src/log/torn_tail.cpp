// Keeping a torn tail.
#include "log/torn_tail.hpp"

#include <algorithm>
#include <array>

#include "base/error_table.hpp"
#include "base/logging.hpp"
#include "log/record_window.hpp"

namespace iggy::log {
namespace {

/// Copies [from, to) of a file to the end of another. Errors: those of files, out_of_memory.
Task<Result<>> copy(FileHandle source, std::uint64_t from, std::uint64_t to, FileHandle target) {
  const auto size = target->size();
  if (!size) co_return fail(size);
  auto position = *size;
  RecordWindow window(std::move(source), to);
  while (from < to) {
    const auto bytes = co_await window.load(from, 1);
    if (!bytes) co_return fail(bytes);
    if (bytes->empty()) break;
    const std::array pieces{*bytes};
    const auto written = co_await target->write_at(position, pieces);
    if (!written) co_return fail(written);
    from += bytes->size();
    position += bytes->size();
  }
  co_return co_await target->sync();
}

Task<Result<>> keep_and_cut(PartitionState& state, FileHandle file, std::string torn_path,
                            std::uint64_t size) {
  auto& disk = state.store.disk();
  const auto& active = state.active;
  const auto torn = co_await disk.open(torn_path, runtime::OpenMode::create);
  if (!torn) co_return fail(torn);
  const auto copied = co_await copy(file, active.position, size, *torn);
  if (!copied) co_return fail(copied);
  const auto named = co_await disk.sync_directory(state.options.directory);
  if (!named) co_return fail(named);
  const auto cut = co_await file->truncate(active.position);
  if (!cut) co_return fail(cut);
  co_return co_await file->sync();
}

}  // namespace

Task<> cut_torn_tail(PartitionState& state, FileHandle file, std::uint64_t file_size) {
  const auto path = state.segment_path(state.active.base_offset, ".log");
  const auto torn_path = state.segment_path(state.active.base_offset, ".torn");
  const auto done = co_await keep_and_cut(state, std::move(file), torn_path, file_size);
  if (!done) {
    state.health = Health::cut_failed;
    base::log_error("Cannot cut {} torn bytes off {}: {}. The partition is read-only.",
                    file_size - state.active.position, path, base::describe(done.error()).text);
    co_return;
  }
  base::log_warning("Cut {} torn bytes off {}, which ends at offset {} now; they are kept in {}.",
                    file_size - state.active.position, path, state.visible_end, torn_path);
}

}  // namespace iggy::log
