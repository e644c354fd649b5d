// The appender's segments: making the first, sealing a full one, making the next.
#include <array>
#include <utility>

#include "base/error_table.hpp"
#include "base/logging.hpp"
#include "log/appender.hpp"
#include "log/checkpoint.hpp"

namespace iggy::log {

/// Makes the active segment's file, and the partition's directory before the first one. Nothing is
/// written to the first one before its name is on the disk: a crash can't lose the file alone. The
/// name of a later one is brought there with the segment before it, unless all must be at once.
/// Errors: no_space, cannot_append_message.
Task<Result<>> Appender::make_file() {
  auto& disk = state_.store.disk();
  const auto path = state_.segment_path(state_.active.base_offset, ".log");
  Result<> done;
  if (!state_.has_directory) done = co_await disk.make_directories(state_.options.directory);
  Result<FileHandle> file;
  if (done) {
    file = co_await disk.open(path, runtime::OpenMode::create);
    done = file ? Result<>{} : fail(file);
  }
  // One that an earlier attempt left is as good, but not one that holds something.
  if (done) {
    const auto size = (*file)->size();
    done = !size ? fail(size) : *size > 0 ? fail(Error::file_exists) : Result<>{};
  }
  const bool can_wait = !state_.sealed.empty() && !state_.store.settings().enforce_fsync;
  if (done && !can_wait) done = co_await disk.sync_directory(state_.options.directory);
  if (!done) {
    if (!std::exchange(write_failed_, true)) {
      base::log_error("Cannot make {}: {}.", path, base::describe(done.error()).text);
    }
    co_return fail(done.error() == Error::no_space ? Error::no_space
                                                   : Error::cannot_append_message);
  }
  state_.has_directory = true;
  if (can_wait) state_.unsynced_name = state_.active.base_offset;
  state_.active.file.keep(state_.store.files(), *std::move(file));
  if (can_wait) tasks_.spawn(settle_sealed(state_));
  co_return Result<>{};
}

/// Seals the active segment and starts the next one. The old one is brought to the disk beside
/// appends to the new one, but the one before it is there by now: a crash leaves no more than one
/// gap between two segments, before the last one, and what stands behind a gap was never said to be
/// on the disk. Errors: no_space, cannot_append_message: it is tried again with the next batch;
/// partition_read_only.
Task<Result<>> Appender::roll() {
  const auto alone = co_await state_.keeping.acquire();
  if (!alone) co_return fail(Error::cannot_append_message);
  // A sync may have failed meanwhile.
  Result<> sealed = fail(Error::partition_read_only);
  if (state_.health == Health::good) {
    const auto synced = co_await sync_sealed(state_);
    if (synced) sealed = co_await write_seal();
  }
  if (sealed) co_await write_index(state_);
  state_.keeping.release();
  if (!sealed) co_return sealed;

  state_.seal_active();
  co_return co_await make_file();
}

Task<Result<>> Appender::write_seal() {
  auto& active = state_.active;
  const auto file = co_await open_segment(state_, active.base_offset);
  if (!file) co_return fail(Error::cannot_append_message);
  RecordWriter writer;
  writer.seal(own_fields(state_.written_end, state_.last_timestamp),
              {.messages_count = state_.written_end - active.base_offset,
               .size_bytes = active.totals.size_bytes,
               .first_timestamp = active.totals.first_timestamp,
               .last_timestamp = active.totals.last_timestamp});
  const std::array pieces{writer.bytes()};
  if (const auto written = co_await (*file)->write_at(active.position, pieces); !written) {
    co_await refuse(*file, active.position, written.error());
    co_return fail(written.error() == Error::no_space ? Error::no_space
                                                      : Error::cannot_append_message);
  }
  active.position += writer.bytes().size();
  state_.unsynced = {
      .base_offset = active.base_offset, .end_offset = state_.written_end, .file = *file};
  if (!state_.store.settings().enforce_fsync) co_return Result<>{};
  co_await (*file)->give_back();
  if (!co_await sync_sealed(state_)) co_return fail(Error::partition_read_only);
  co_return Result<>{};
}

/// Writes index entries ahead of the checkpoint, so that they don't fill the memory.
Task<> Appender::write_entries() {
  if (!state_.keeping.try_acquire()) co_return;  // a checkpoint is under way, and does it
  const runtime::HeldPermit held(state_.keeping);
  co_await write_index(state_);
}

}  // namespace iggy::log
