// The journal on its disk: opening and mending, appending, compacting.
#include "broker/journal.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "base/error_table.hpp"
#include "base/logging.hpp"
#include "runtime/held_permit.hpp"

namespace iggy::broker {

namespace {

constexpr std::uint64_t file_bytes_max = std::uint64_t{1} << 30;

std::string_view name_of(Error error) { return base::describe(error).name; }

}  // namespace

Journal::Journal(runtime::Disk& disk, std::string directory)
    : disk_(disk),
      directory_(std::move(directory)),
      journal_path_(runtime::join_path(directory_, "journal")),
      snapshot_path_(runtime::join_path(directory_, "snapshot")) {}

Task<Result<Journal::Opened>> Journal::open(runtime::Disk& disk, std::string directory) {
  Opened opened{.journal = std::unique_ptr<Journal>(new Journal(disk, std::move(directory))),
                .contents = {}};
  auto contents = co_await opened.journal->recover();
  if (!contents) co_return fail(contents);
  opened.contents = std::move(*contents);
  co_return opened;
}

std::unexpected<Error> Journal::refuse(const std::string& path, const FileDamage& damage) const {
  base::log_error(
      "{}, position {}: {} ({}). Nothing was changed. Restore the directory {} from a backup{}.",
      path, damage.position, damage.problem, name_of(damage.error), directory_,
      damage.error == Error::unsupported_format ? ", or start the newer server" : "");
  return fail(damage.error);
}

std::unexpected<Error> Journal::fail_for_good() {
  failed_ = true;
  return fail(Error::cannot_sync_file);
}

Task<Result<Journal::Contents>> Journal::recover() {
  Contents contents;
  if (const auto made = co_await disk_.make_directories(directory_); !made) co_return fail(made);
  if (const auto read = co_await read_snapshot(contents); !read) co_return fail(read);
  if (const auto read = co_await read_journal(contents); !read) co_return fail(read);
  (void)co_await has_room();
  co_return contents;
}

Task<Result<>> Journal::read_snapshot(Contents& contents) {
  const auto bytes = co_await runtime::read_file(disk_, snapshot_path_, file_bytes_max);
  if (!bytes && bytes.error() == Error::file_not_found) co_return Result<>{};
  if (!bytes) co_return refuse(snapshot_path_, {bytes.error(), 0, "it can't be read"});
  auto snapshot = decode_snapshot_file(*bytes);
  if (!snapshot) co_return refuse(snapshot_path_, snapshot.error());
  snapshot_index_ = snapshot->index;
  contents.snapshot_index = snapshot->index;
  contents.snapshot = std::move(snapshot->body);
  co_return Result<>{};
}

Task<Result<>> Journal::read_journal(Contents& contents) {
  const auto bytes = co_await runtime::read_file(disk_, journal_path_, file_bytes_max);
  if (!bytes && bytes.error() == Error::file_not_found) {
    if (!contents.snapshot) co_return co_await create(contents);
    co_return refuse(journal_path_, {Error::state_file_not_found, 0,
                                     "it is missing, though there is a snapshot beside it"});
  }
  if (!bytes) co_return refuse(journal_path_, {bytes.error(), 0, "it can't be read"});
  auto scan = scan_journal(*bytes);
  if (!scan) co_return refuse(journal_path_, scan.error());
  if (scan->base.index > snapshot_index_) {
    co_return refuse(journal_path_,
                     {Error::state_file_corrupted, 0, "the snapshot that it continues is missing"});
  }
  if (scan->is_torn) {
    base::log_warning("{}: the last write, at position {}, was torn: {} bytes are cut off",
                      journal_path_, scan->end, bytes->size() - scan->end);
  }
  co_return co_await take_over(std::move(*scan), contents);
}

/// The first start: an empty journal.
Task<Result<>> Journal::create(Contents& contents) {
  const auto header = encode_journal_header({});
  const auto written = co_await runtime::write_file(disk_, journal_path_, header);
  if (!written) co_return fail(written);
  JournalScan empty;
  empty.end = header.size();
  co_return co_await take_over(std::move(empty), contents);
}

/// Goes on behind what was read: the rest of the file is cut off.
Task<Result<>> Journal::take_over(JournalScan scan, Contents& contents) {
  const auto file = co_await disk_.open(journal_path_, runtime::OpenMode::read_write);
  if (!file) co_return fail(file);
  file_ = *file;
  end_ = scan.end;
  last_ = scan.base;
  places_.push_back({last_, journal_header_size});
  for (auto& placed : scan.records) {
    last_ = placed.link;
    places_.push_back({placed.link, placed.end});
    if (last_.index > snapshot_index_) contents.records.push_back(std::move(placed.record));
  }
  const auto size = file_->size();
  if (!size) co_return fail(size);
  if (*size > end_) {
    if (const auto cut = co_await file_->truncate(end_); !cut) co_return fail(cut);
  }
  // What was read, and the names of the files, may not have been synced before the last end of the
  // process. From now on others see it, so it has to stay.
  if (const auto synced = co_await file_->sync(); !synced) co_return fail(synced);
  if (const auto named = co_await disk_.sync_directory(directory_); !named) co_return fail(named);

  // Only a torn write can have taken records that the snapshot holds.
  if (last_.index < snapshot_index_) {
    co_return co_await restart_behind({{snapshot_index_, last_.checksum}, end_});
  }
  co_return Result<>{};
}

Task<bool> Journal::has_room() {
  if (reserved_until_ >= end_ + reserve_bytes / 2) co_return true;
  const auto wanted = end_ + reserve_bytes;
  const auto file = file_;  // a compaction may exchange it
  const auto reserved = co_await file->preallocate(wanted);
  if (!reserved && reserved.error() == Error::no_space) co_return false;
  if (file != file_) co_return true;
  // Where space can't be reserved a full disk refuses deletions too.
  reserved_until_ = wanted;
  co_return true;
}

Task<Result<>> Journal::append(std::span<const JournalRecord> records) {
  assert(!records.empty());
  if (failed_) co_return fail(Error::cannot_sync_file);
  for (const auto& record : records) {
    if (record.change.body.size() > record_body_bytes_max) co_return fail(Error::limit_reached);
  }
  if (const auto free = co_await file_use_.acquire(); !free) co_return fail(free);
  const runtime::HeldPermit permit(file_use_);
  if (failed_) co_return fail(Error::cannot_sync_file);

  base::Bytes bytes;
  const auto placed = encode_group(bytes, last_, records);
  const std::array<base::ByteView, 1> pieces{bytes};
  if (const auto written = co_await file_->write_at(end_, pieces); !written) {
    base::log_error("{}: could not write {} bytes at position {}: {}", journal_path_, bytes.size(),
                    end_, name_of(written.error()));
    if (const auto cut = co_await cut_off(); !cut) co_return fail(cut);
    co_return fail(written);
  }
  if (const auto synced = co_await file_->sync(); !synced) {
    base::log_error("{}: could not be synced: {}", journal_path_, name_of(synced.error()));
    co_return fail_for_good();
  }
  for (const auto& record : placed) places_.push_back({record.link, end_ + record.end});
  last_ = placed.back().link;
  end_ += bytes.size();
  co_return Result<>{};
}

/// Takes back a write that failed. Synced, so that no part of it is found after a loss of power:
/// whoever asked for it is told that it did not happen.
Task<Result<>> Journal::cut_off() {
  reserved_until_ = 0;  // truncation gives the reserve back
  auto cut = co_await file_->truncate(end_);
  if (cut) cut = co_await file_->sync();
  if (cut) co_return cut;
  base::log_error("{}: could not be cut at position {} after a failed write: {}", journal_path_,
                  end_, name_of(cut.error()));
  co_return fail_for_good();
}

Task<Result<>> Journal::compact(std::uint64_t index, base::ByteView snapshot) {
  assert(index >= places_.front().link.index && index <= last_.index && index > snapshot_index_);
  if (failed_) co_return fail(Error::cannot_sync_file);
  const auto bytes = encode_snapshot_file(index, snapshot);
  const auto stored = co_await runtime::write_file(disk_, snapshot_path_, bytes);
  if (!stored) co_return fail(stored);
  snapshot_index_ = index;

  if (const auto free = co_await file_use_.acquire(); !free) co_return fail(free);
  const runtime::HeldPermit permit(file_use_);
  if (failed_) co_return fail(Error::cannot_sync_file);
  co_return co_await restart_behind(place_of(index));
}

Journal::Place Journal::place_of(std::uint64_t index) const {
  const auto offset = index - places_.front().link.index;
  assert(offset < places_.size() && places_[offset].link.index == index);
  return places_[offset];
}

/// Replaces the file with one that holds only what lies behind `place`.
Task<Result<>> Journal::restart_behind(Place place) {
  auto bytes = encode_journal_header(place.link);
  const auto kept = end_ - place.end;
  bytes.resize(bytes.size() + kept);
  const auto read = co_await file_->read(place.end, std::span(bytes).subspan(journal_header_size));
  if (!read) co_return fail(read);
  if (*read != kept) co_return fail(Error::state_file_corrupted);

  const auto size = bytes.size();
  if (const auto done = co_await exchange_file(std::move(bytes)); !done) co_return done;
  const auto shift = place.end - journal_header_size;
  std::erase_if(places_, [&](const Place& old) { return old.link.index <= place.link.index; });
  for (auto& later : places_) later.end -= shift;
  places_.push_front({place.link, journal_header_size});
  last_ = places_.back().link;
  end_ = size;
  reserved_until_ = 0;
  co_return Result<>{};
}

/// Puts a file with `bytes` in the place of the journal, as a whole or not at all.
Task<Result<>> Journal::exchange_file(base::Bytes bytes) {
  const auto draft_path = journal_path_ + ".new";
  const auto draft = co_await disk_.open(draft_path, runtime::OpenMode::create);
  if (!draft) co_return fail(draft);
  const std::array<base::ByteView, 1> pieces{bytes};
  auto done = co_await (*draft)->truncate(0);
  if (done) done = co_await (*draft)->write_at(0, pieces);
  if (done) done = co_await (*draft)->sync();
  if (!done) {
    (void)co_await disk_.unlink(draft_path);  // room for others; the next try would replace it
    co_return done;
  }
  const auto renamed = co_await disk_.rename(draft_path, journal_path_);
  if (!renamed && renamed.error() == Error::no_space) co_return fail(renamed);
  if (!renamed) {
    // It may have happened all the same.
    base::log_error("{}: could not be replaced: {}", journal_path_, name_of(renamed.error()));
    co_return fail_for_good();
  }
  // Which of the two a loss of power would leave is unknown until the directory is synced, so what
  // is appended to either could be lost.
  if (const auto synced = co_await disk_.sync_directory(directory_); !synced) {
    base::log_error("{}: could not be synced: {}", directory_, name_of(synced.error()));
    co_return fail_for_good();
  }
  file_ = *draft;
  co_return Result<>{};
}

}  // namespace iggy::broker
