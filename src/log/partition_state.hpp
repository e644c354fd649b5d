// All that one partition's log knows; appending, reading and recovery act on it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "log/index_cache.hpp"
#include "log/log_store.hpp"
#include "log/open_files.hpp"
#include "log/partition_log.hpp"
#include "log/segment_index.hpp"
#include "log/segment_scan.hpp"
#include "runtime/event.hpp"
#include "runtime/held_permit.hpp"

namespace iggy::log {

/// A segment that takes no more; it ends where the next one begins.
struct SealedSegment {
  std::uint64_t base_offset = 0;
  std::uint64_t file_size = 0;
  SegmentTotals totals;
  KeptFile file;
};

/// The last segment. Its figures are those of the visible messages.
struct ActiveSegment {
  std::uint64_t base_offset = 0;
  KeptFile file;
  std::uint64_t position = 0;  // where the next record goes, our own records counted
  SegmentTotals totals;
  SegmentIndex index;  // of what stands behind `indexed`
  LogPlace indexed;    // the entries of what stands before are in the index file
  std::optional<std::size_t> indexed_on_disk = 0;  // their number; nothing: nobody has looked yet
  bool index_file_is_cut = false;                  // nothing stands behind those
  std::size_t index_write_failed_at = 0;           // so many entries could not be written; 0: none
  bool is_full = false;  // it has taken its last batch and is to be sealed
};

/// The segment that was sealed last, while it is not known to be on the disk.
struct UnsyncedSegment {
  std::uint64_t base_offset = 0;
  std::uint64_t end_offset = 0;
  FileHandle file;  // held by who wrote it, since it tells of failures; null after a restart
};

/// Offsets [from, to) whose messages are damaged.
struct OffsetRange {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
};

/// Where a reader stopped, so that the next one that goes on from there need not search.
struct ReadHint {
  std::uint64_t segment = 0;  // base offset
  LogPlace place;
  std::uint64_t group_end = 0;  // position; no record of our own lies before it. 0: unknown
  std::uint64_t group_end_offset = 0;
};

enum class Health : std::uint8_t {
  good,
  cut_failed,   // bytes that were refused may lie behind the end: read-only
  sync_failed,  // what is on the disk is unknown: read-only
};

enum class Life : std::uint8_t { open, closing, closed };

struct PartitionState {
  PartitionState(LogStore& log_store, PartitionLog::Options log_options);
  ~PartitionState();
  PartitionState(const PartitionState&) = delete;
  PartitionState& operator=(const PartitionState&) = delete;

  // Questions

  [[nodiscard]] std::uint64_t start_offset() const {
    return sealed.empty() ? active.base_offset : sealed.front().base_offset;
  }
  [[nodiscard]] std::uint64_t size_bytes() const { return sealed_bytes + active.totals.size_bytes; }
  [[nodiscard]] bool is_checkpoint_due() const {
    return checkpointed_end != visible_end &&
           active.position - checkpointed_position >= store.settings().checkpoint_interval.bytes;
  }
  [[nodiscard]] std::string segment_path(std::uint64_t base_offset, std::string_view ending) const;
  /// The number of the sealed segment that holds `offset`; their count: the active one does.
  [[nodiscard]] std::size_t segment_of(std::uint64_t offset) const;
  /// Where sealed segment number `i` ends.
  [[nodiscard]] std::uint64_t end_of_sealed(std::size_t i) const {
    return i + 1 < sealed.size() ? sealed[i + 1].base_offset : active.base_offset;
  }
  /// The damaged range that holds `offset`, or else the next one.
  [[nodiscard]] std::optional<OffsetRange> damage_at_or_behind(std::uint64_t offset) const;

  /// Makes the active segment a sealed one, and starts the next, which has no file yet.
  void seal_active();

  // The active segment's index

  /// Adds an entry that is not in the file yet.
  void add_entry(const IndexEntry& entry);
  /// Notes that the first `count` entries are in the file now.
  void note_written_entries(std::size_t count);
  /// True if so many are in memory alone that they should be written before the next checkpoint.
  [[nodiscard]] bool has_many_entries() const;

  // Hints

  [[nodiscard]] std::optional<ReadHint> hint(std::uint64_t offset) const;
  /// Takes the place of the oldest one. A hint that was used stays for the time being: another
  /// reader may follow.
  void keep_hint(const ReadHint& hint);

  LogStore& store;
  PartitionLog::Options options;
  std::uint64_t log = 0;  // its number in the shard's cache

  std::vector<SealedSegment> sealed;           // ascending
  std::uint64_t sealed_bytes = 0;              // of messages in them
  std::optional<UnsyncedSegment> unsynced;     // one at most: those before it are on the disk
  std::optional<std::uint64_t> unsynced_name;  // base offset of the active one, if its name may not
                                               // be on the disk
  ActiveSegment active;

  std::uint64_t written_end = 0;  // offsets, see docs/storage.md
  std::uint64_t durable_end = 0;
  std::uint64_t visible_end = 0;
  std::uint64_t checkpointed_end = 0;
  std::uint64_t checkpointed_position = 0;  // in the active segment: recovery starts there

  std::uint64_t last_timestamp = 0;
  std::uint64_t epoch = 0;
  bool epoch_started = false;  // its record is written
  bool has_directory = false;

  std::vector<OffsetRange> damaged;                   // ascending; found at start
  std::uint64_t reported_damage = ~std::uint64_t{0};  // offset of the last log line about it

  Health health = Health::good;
  Life life = Life::open;
  runtime::Event advanced;
  runtime::Semaphore keeping{1};  // held while checkpoint or index are written

 private:
  static constexpr std::size_t hints_max = 16;
  std::vector<ReadHint> hints_;  // none before somebody reads
  std::size_t next_hint_ = 0;
};

/// The file of a segment that holds something, opened if it is not open. Errors: damaged (it is
/// gone), incarnation_gone, too_many_open_files, io_error ...
Task<Result<FileHandle>> open_segment(PartitionState& state, std::uint64_t base_offset);

/// Brings what is written to the disk. A failed sync turns the partition read-only.
/// Errors: cannot_sync_file, cancelled, those of `open_segment`.
Task<Result<>> sync_log(PartitionState& state);
/// Brings the last sealed segment and the name of the next one to the disk, if they aren't there.
/// Errors: cannot_sync_file, cancelled, those of opening a file.
Task<Result<>> sync_sealed(PartitionState& state);
/// The same as `sync_log` with the active segment's file at hand; nobody seals it meanwhile.
/// Errors: cannot_sync_file, cancelled.
Task<Result<>> sync_log(PartitionState& state, FileHandle file);
/// Notes that a sync failed, and says so.
void note_failed_sync(PartitionState& state, Error error);

}  // namespace iggy::log
