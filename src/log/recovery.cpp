// The course of opening a partition.
#include "log/recovery.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error_table.hpp"
#include "base/logging.hpp"
#include "log/checkpoint.hpp"
#include "log/torn_tail.hpp"
#include "log/verifier.hpp"

namespace iggy::log {
namespace {

/// The base offset that a file name means, if it is the name of a segment: 20 digits and ".log".
std::optional<std::uint64_t> base_offset_of(const runtime::DirectoryEntry& entry) {
  constexpr std::size_t digits_count = 20;
  const std::string_view name = entry.name;
  if (entry.is_directory || name.size() != digits_count + 4 || !name.ends_with(".log")) {
    return std::nullopt;
  }
  std::uint64_t base = 0;
  const auto* const end = name.data() + digits_count;
  const auto parsed = std::from_chars(name.data(), end, base);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  return base;
}

class Recovery {
 public:
  explicit Recovery(PartitionState& state) : state_(state), disk_(state.store.disk()) {}

  Task<Result<>> run() {
    const auto exists = co_await disk_.exists(state_.options.directory);
    if (!exists) co_return fail(exists);
    std::vector<std::uint64_t> bases;
    if (*exists) {
      const auto entries = co_await disk_.list(state_.options.directory);
      if (!entries) co_return fail(entries);
      for (const auto& entry : *entries) {
        if (const auto base = base_offset_of(entry)) bases.push_back(*base);
      }
    }
    if (bases.empty()) co_return co_await start_empty(*exists);

    auto checkpoint =
        co_await read_checkpoint(disk_, state_.options.directory, state_.options.incarnation);
    if (!checkpoint) co_return fail(checkpoint);
    checkpoint_ = *std::move(checkpoint);
    if (const auto closed = co_await close_gap(bases); !closed) co_return fail(closed);
    for (std::size_t i = 0; i + 1 < bases.size(); ++i) {
      const auto loaded = co_await load_sealed(bases[i], bases[i + 1]);
      if (!loaded) co_return fail(loaded);
    }
    const auto loaded = co_await load_last(bases.back());
    if (!loaded) co_return fail(loaded);
    finish();
    co_return Result<>{};
  }

 private:
  Task<Result<>> start_empty(bool has_directory) {
    state_.epoch = 1;
    if (state_.options.must_exist) {
      base::log_error("The partition in {} has lost its files.", state_.options.directory);
      co_return fail(Error::file_not_found);
    }
    if (!has_directory) co_return Result<>{};
    co_return co_await remove_checkpoint(state_);
  }

  /// Makes the log end where it has a gap. The segment before the last one may not have been on the
  /// disk when the last one began; if power was lost then, and a part of it with that, what stands
  /// in the last one was not said to be on the disk either. It is set aside.
  Task<Result<>> close_gap(std::vector<std::uint64_t>& bases) {
    if (bases.size() < 2 || (checkpoint_ && checkpoint_->segment == bases.back())) {
      co_return Result<>{};
    }
    const auto end_offset = bases.back();
    const auto base = bases[bases.size() - 2];
    const auto file =
        co_await disk_.open(state_.segment_path(base, ".log"), runtime::OpenMode::read);
    if (!file) co_return fail(file);
    const auto size = (*file)->size();
    if (!size) co_return fail(size);
    RecordWindow window(*file, *size);
    SegmentIndex index(state_.store.settings().index_interval.bytes);
    Verifier verifier(window, state_.options.incarnation, index);
    auto start = start_in(base);
    if (start.end.position > *size) start = {.end = {.position = 0, .offset = base}};
    const auto verified = co_await verifier.run(std::move(start));
    if (!verified) co_return fail(verified);
    if (verified->end.offset < end_offset) {
      bases.pop_back();
      co_return co_await set_aside(end_offset, verified->end.offset);
    }
    state_.unsynced = {.base_offset = base, .end_offset = end_offset};
    state_.unsynced_name = end_offset;
    co_return Result<>{};
  }

  /// Takes a segment out of the log that ends at `end` now; its bytes are kept.
  Task<Result<>> set_aside(std::uint64_t base, std::uint64_t end) {
    auto kept = state_.segment_path(base, ".torn");
    for (int number = 1;; ++number) {
      const auto exists = co_await disk_.exists(kept);
      if (!exists) co_return fail(exists);
      if (!*exists) break;
      kept = state_.segment_path(base, fmt::format(".{}.torn", number));
    }
    const auto path = state_.segment_path(base, ".log");
    if (const auto renamed = co_await disk_.rename(path, kept); !renamed) co_return fail(renamed);
    base::log_warning("The log ends at offset {}, before the segment {}, which is kept as {}.", end,
                      path, kept);
    const auto removed = co_await disk_.unlink(state_.segment_path(base, ".index"));
    if (!removed && removed.error() != Error::file_not_found) co_return fail(removed);
    co_return co_await disk_.sync_directory(state_.options.directory);
  }

  /// Reads the totals of a segment that another one follows.
  Task<Result<>> load_sealed(std::uint64_t base, std::uint64_t end_offset) {
    const auto path = state_.segment_path(base, ".log");
    const auto file = co_await disk_.open(path, runtime::OpenMode::read);
    if (!file) co_return fail(file);
    const auto size = (*file)->size();
    if (!size) co_return fail(size);
    SealedSegment segment{.base_offset = base, .file_size = *size};
    RecordWindow window(*file, *size);
    const auto sealed = co_await read_seal(window, segment, end_offset);
    if (!sealed) co_return fail(sealed);
    if (state_.store.settings().validate_checksum || !*sealed) {
      const auto verified = co_await verify_sealed(window, segment, end_offset);
      if (!verified) co_return fail(verified);
    }
    state_.sealed_bytes += segment.totals.size_bytes;
    state_.sealed.push_back(std::move(segment));
    co_return Result<>{};
  }

  /// Fills in the totals from the seal at the end of the file; false if there is none that is
  /// right.
  Task<Result<bool>> read_seal(RecordWindow& window, SealedSegment& segment,
                               std::uint64_t end_offset) {
    constexpr auto seal_size = record_header_size + SealBody::size;
    if (window.end() < seal_size) co_return false;
    const auto bytes = co_await window.load_only(window.end() - seal_size, seal_size);
    if (!bytes) co_return fail(bytes);
    if (bytes->size() < seal_size || !verifies(*bytes)) co_return false;
    const auto seal = load_seal_body(*bytes);
    const auto fields = load_record_fields(bytes->data());
    if (!seal || fields.incarnation != state_.options.incarnation ||
        fields.next_offset != end_offset) {
      co_return false;
    }
    epoch_ = std::max(epoch_, fields.epoch);
    segment.totals = {.size_bytes = seal->size_bytes,
                      .first_timestamp = seal->first_timestamp,
                      .last_timestamp = seal->last_timestamp};
    co_return true;
  }

  /// Goes over a whole sealed segment. Nothing is cut off one.
  Task<Result<>> verify_sealed(RecordWindow& window, SealedSegment& segment,
                               std::uint64_t end_offset) {
    SegmentIndex index(state_.store.settings().index_interval.bytes);
    Verifier verifier(window, state_.options.incarnation, index);
    const auto verified =
        co_await verifier.run({.end = {.position = 0, .offset = segment.base_offset}});
    if (!verified) co_return fail(verified);
    // Whatever the damaged file says, it ends where the next one begins.
    for (auto range : verified->damaged) {
      range.to = std::min(range.to, end_offset);
      if (range.from < range.to) note_damage({range});
    }
    if (verified->end.offset < end_offset) {
      base::log_error("Damage in {} from byte {} on: messages {} to {} are lost.",
                      window.file()->path(), verified->end.position, verified->end.offset,
                      end_offset);
      note_damage({{.from = verified->end.offset, .to = end_offset}});
    }
    segment.totals = verified->totals;
    epoch_ = std::max(epoch_, verified->epoch);
    co_return Result<>{};
  }

  /// Verifies the last segment from the checkpoint on and cuts off what is torn.
  Task<Result<>> load_last(std::uint64_t base) {
    const auto path = state_.segment_path(base, ".log");
    const auto file = co_await disk_.open(path, runtime::OpenMode::read_write);
    if (!file) co_return fail(file);
    const auto size = (*file)->size();
    if (!size) co_return fail(size);

    auto& active = state_.active;
    active.base_offset = base;
    // Nothing is written before all names are on the disk. If nothing was, they may not be there.
    state_.has_directory = *size > 0 || !state_.sealed.empty();
    if (is_behind_checkpoint(base, *size)) {
      if (const auto forgotten = co_await forget_checkpoint(); !forgotten)
        co_return fail(forgotten);
    }
    RecordWindow window(*file, *size);
    auto start = start_in(base);
    state_.durable_end = state_.unsynced ? state_.unsynced->base_offset : start.end.offset;
    // What stands before is indexed in the file, and looked at when it is needed.
    active.indexed = start.end;
    if (start.end.position > 0) active.indexed_on_disk = std::nullopt;
    state_.checkpointed_position = start.end.position;
    Verifier verifier(window, state_.options.incarnation, active.index);
    const auto verified = co_await verifier.run(std::move(start));
    state_.store.unwritten_entries() += active.index.entries().size();
    if (!verified) co_return fail(verified);
    active.position = verified->end.position;
    active.totals = verified->totals;
    state_.written_end = state_.visible_end = verified->end.offset;
    epoch_ = std::max(epoch_, verified->epoch);
    note_damage(verified->damaged);
    if (verified->is_torn) co_await cut_torn_tail(state_, *file, *size);
    // What is shown is on the disk in this mode, also what a killed process has left in memory. If
    // that fails the log is read-only.
    if (state_.store.settings().enforce_fsync) {
      const auto synced = co_await sync_sealed(state_);
      if (synced) (void)co_await sync_log(state_, *file);
    }
    if (verified->is_sealed && !verified->is_torn) co_await close_last();
    co_return Result<>{};
  }

  /// True if what was on the disk once, up to the checkpoint, is not there any more.
  [[nodiscard]] bool is_behind_checkpoint(std::uint64_t base, std::uint64_t size) const {
    if (!checkpoint_ || checkpoint_->segment < base) return false;
    if (checkpoint_->segment == base && checkpoint_->place.position <= size) return false;
    base::log_error(
        "{} ends at byte {}, before the checkpoint at {} of the segment {} (offset {}).",
        state_.segment_path(base, ".log"), size, checkpoint_->place.position, checkpoint_->segment,
        checkpoint_->place.offset);
    return true;
  }

  /// Behind new messages the log would reach up to it again, and it would be believed.
  Task<Result<>> forget_checkpoint() {
    epoch_ = std::max(epoch_, checkpoint_->epoch);
    last_timestamp_ = checkpoint_->last_timestamp;
    checkpoint_.reset();
    co_return co_await remove_checkpoint(state_);
  }

  /// Where verification starts: at the checkpoint if it is one of this segment.
  [[nodiscard]] Verified start_in(std::uint64_t base) const {
    Verified start{.end = {.position = 0, .offset = base}};
    if (!checkpoint_ || checkpoint_->segment != base) return start;
    if (state_.store.settings().validate_checksum) return start;
    start.end = checkpoint_->place;
    start.totals = checkpoint_->totals;
    return start;
  }

  /// The last segment is sealed: its successor is not there yet.
  Task<> close_last() {
    (void)co_await sync_sealed(state_);  // one that is not on the disk is enough
    state_.unsynced = {.base_offset = state_.active.base_offset, .end_offset = state_.written_end};
    state_.seal_active();
    if (state_.store.settings().enforce_fsync) (void)co_await sync_sealed(state_);
  }

  void note_damage(const std::vector<OffsetRange>& damaged) {
    state_.damaged.insert(state_.damaged.end(), damaged.begin(), damaged.end());
  }

  void finish() {
    state_.last_timestamp = std::max(last_timestamp_, state_.active.totals.last_timestamp);
    for (const auto& segment : state_.sealed) {
      state_.last_timestamp = std::max(state_.last_timestamp, segment.totals.last_timestamp);
    }
    if (checkpoint_) {
      state_.last_timestamp = std::max(state_.last_timestamp, checkpoint_->last_timestamp);
      state_.checkpointed_end = checkpoint_->place.offset;
      epoch_ = std::max(epoch_, checkpoint_->epoch);
    }
    state_.epoch = epoch_ + 1;
  }

  PartitionState& state_;
  runtime::Disk& disk_;
  std::optional<Checkpoint> checkpoint_;
  std::uint64_t epoch_ = 0;
  std::uint64_t last_timestamp_ = 0;  // of a checkpoint that was forgotten
};

}  // namespace

Task<Result<>> recover(PartitionState& state) {
  Recovery recovery(state);
  co_return co_await recovery.run();
}

}  // namespace iggy::log
