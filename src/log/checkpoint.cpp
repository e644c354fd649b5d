// The checkpoint's bytes, reading and writing it.
#include "log/checkpoint.hpp"

#include <array>
#include <utility>

#include "base/error_table.hpp"
#include "base/hash.hpp"
#include "base/logging.hpp"
#include "log/index_loader.hpp"

namespace iggy::log {
namespace {

constexpr std::uint64_t file_magic = 0x01'54'50'4b'43'47'47'49;  // "IGGCKPT", version 1
constexpr std::string_view file_name = "checkpoint";

Task<Result<>> append_index(PartitionState& state, std::string path, std::size_t on_disk,
                            base::Bytes entries) {
  const auto file = co_await state.store.disk().open(std::move(path), runtime::OpenMode::create);
  if (!file) co_return fail(file);
  const auto size = SegmentIndex::file_header_size + on_disk * SegmentIndex::file_entry_size;
  if (!state.active.index_file_is_cut) {
    if (const auto cut = co_await (*file)->truncate(size); !cut) co_return fail(cut);
  }
  const auto header = SegmentIndex::encode_header(state.active.base_offset);
  const std::array<ByteView, 1> first{header};
  if (const auto written = co_await (*file)->write_at(0, first); !written) co_return fail(written);
  const std::array<ByteView, 1> rest{entries};
  co_return co_await (*file)->write_at(size, rest);
}

}  // namespace

base::Bytes encode_checkpoint(const Checkpoint& checkpoint) {
  base::Bytes bytes;
  base::ByteWriter writer(bytes);
  writer.integer(file_magic);
  writer.integer(number(checkpoint.incarnation));
  writer.integer(checkpoint.segment);
  writer.integer(checkpoint.place.position);
  writer.integer(checkpoint.place.offset);
  writer.integer(checkpoint.epoch);
  writer.integer(checkpoint.last_timestamp);
  writer.integer(checkpoint.totals.size_bytes);
  writer.integer(checkpoint.totals.first_timestamp);
  writer.integer(base::hash64(bytes));
  return bytes;
}

Result<Checkpoint> decode_checkpoint(base::ByteView bytes) {
  if (bytes.size() != Checkpoint::file_size) return fail(Error::damaged);
  base::ByteReader reader(bytes);
  const auto magic = reader.integer<std::uint64_t>();
  Checkpoint checkpoint;
  checkpoint.incarnation = Incarnation{reader.integer<std::uint64_t>()};
  checkpoint.segment = reader.integer<std::uint64_t>();
  checkpoint.place.position = reader.integer<std::uint64_t>();
  checkpoint.place.offset = reader.integer<std::uint64_t>();
  checkpoint.epoch = reader.integer<std::uint64_t>();
  checkpoint.last_timestamp = reader.integer<std::uint64_t>();
  checkpoint.totals.size_bytes = reader.integer<std::uint64_t>();
  checkpoint.totals.first_timestamp = reader.integer<std::uint64_t>();
  const auto checksum = base::hash64(bytes.first(reader.position()));
  if (reader.integer<std::uint64_t>() != checksum || magic != file_magic) {
    return fail(Error::damaged);
  }
  const auto [position, offset] = checkpoint.place;
  if (offset < checkpoint.segment || checkpoint.totals.size_bytes > position ||
      offset - checkpoint.segment > position / record_header_size) {
    return fail(Error::damaged);
  }
  if (checkpoint.totals.size_bytes > 0) {
    checkpoint.totals.last_timestamp = checkpoint.last_timestamp;
  }
  return checkpoint;
}

Task<Result<std::optional<Checkpoint>>> read_checkpoint(runtime::Disk& disk, std::string directory,
                                                        Incarnation incarnation) {
  const auto path = runtime::join_path(directory, file_name);
  const auto bytes = co_await runtime::read_file(disk, path, Checkpoint::file_size);
  if (!bytes && bytes.error() == Error::file_not_found) co_return std::optional<Checkpoint>{};
  if (!bytes && bytes.error() != Error::limit_reached) co_return fail(bytes);

  auto checkpoint = bytes ? decode_checkpoint(*bytes) : fail(Error::damaged);
  if (checkpoint && checkpoint->incarnation == incarnation) {
    co_return std::optional(*std::move(checkpoint));
  }
  base::log_warning("The checkpoint {} is damaged; the whole last segment is verified.", path);
  co_return std::optional<Checkpoint>{};
}

Task<Result<>> remove_checkpoint(PartitionState& state) {
  auto& disk = state.store.disk();
  const auto& directory = state.options.directory;
  const auto removed = co_await disk.unlink(runtime::join_path(directory, file_name));
  if (!removed && removed.error() == Error::file_not_found) co_return Result<>{};
  if (!removed) co_return fail(removed);
  co_return co_await disk.sync_directory(directory);
}

Task<> write_index(PartitionState& state) {
  auto& active = state.active;
  const auto count = active.index.entries().size();
  if (count == 0) co_return;

  const auto path = state.segment_path(active.base_offset, ".index");
  auto written = co_await settle_index_file(state);
  if (written) {
    written = co_await append_index(state, path, *active.indexed_on_disk,
                                    active.index.encode_entries(count));
  }
  if (!written) {
    base::log_warning("Cannot write the index {}: {}. It will be made anew when it is needed.",
                      path, base::describe(written.error()).text);
    active.index_file_is_cut = false;
    active.index_write_failed_at = count;
    co_return;
  }
  active.index_file_is_cut = true;
  *active.indexed_on_disk += count;
  state.note_written_entries(count);
}

namespace {

/// A checkpoint in the active segment; what is written does not change it.
Checkpoint checkpoint_at(const PartitionState& state, LogPlace place, SegmentTotals totals) {
  return {.incarnation = state.options.incarnation,
          .segment = state.active.base_offset,
          .place = place,
          .epoch = state.epoch,
          .last_timestamp = state.last_timestamp,
          .totals = totals};
}

/// Writes a checkpoint, all before which is on the disk. Errors: those of files.
Task<Result<>> save_checkpoint(PartitionState& state, Checkpoint checkpoint) {
  const auto bytes = encode_checkpoint(checkpoint);
  const auto path = runtime::join_path(state.options.directory, file_name);
  const auto written = co_await runtime::write_file(state.store.disk(), path, bytes);
  if (!written) {
    base::log_error("Cannot write the checkpoint {}: {}.", path,
                    base::describe(written.error()).text);
    co_return fail(written);
  }
  state.checkpointed_end = checkpoint.place.offset;
  state.checkpointed_position = checkpoint.place.position;
  co_return Result<>{};
}

}  // namespace

Task<Result<>> write_checkpoint(PartitionState& state) {
  if (const auto alone = co_await state.keeping.acquire(); !alone) co_return fail(alone);
  const runtime::HeldPermit held(state.keeping);
  if (!state.is_checkpoint_due()) co_return co_await sync_log(state);

  const auto checkpoint = checkpoint_at(
      state, {.position = state.active.position, .offset = state.visible_end}, state.active.totals);
  if (const auto synced = co_await sync_log(state); !synced) co_return fail(synced);
  co_await write_index(state);
  co_return co_await save_checkpoint(state, checkpoint);
}

Task<> settle_sealed(PartitionState& state) {
  const auto alone = co_await state.keeping.acquire();
  if (!alone) co_return;
  const runtime::HeldPermit held(state.keeping);
  if (!state.unsynced && !state.unsynced_name) co_return;  // a sync was faster

  const auto checkpoint = checkpoint_at(state, {.offset = state.active.base_offset}, {});
  const auto file = state.unsynced ? state.unsynced->file : nullptr;
  if (file != nullptr) co_await file->give_back();
  if (!co_await sync_sealed(state)) co_return;
  const auto spared = state.sealed.back().file_size;
  if (spared < state.store.settings().checkpoint_interval.bytes) co_return;
  (void)co_await save_checkpoint(state, checkpoint);
}

}  // namespace iggy::log
