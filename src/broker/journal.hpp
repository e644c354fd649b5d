// The journal: every change to the catalogue, on the disk before it is acknowledged.
#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "broker/journal_format.hpp"
#include "iggy/error.hpp"
#include "runtime/disk.hpp"
#include "runtime/event.hpp"
#include "runtime/task.hpp"

namespace iggy::broker {

using runtime::Task;

/// A numbered sequence of records in the file `journal`, and beside it the file `snapshot`, which
/// holds what the records up to a certain one came to. See docs/metadata.md for the bytes.
///
/// Belongs to one shard. One `append` at a time; `compact` may run beside it.
class Journal {
 public:
  /// What lies behind each other's back on the disk, in order.
  struct Contents {
    std::optional<base::Bytes> snapshot;  // as given to `compact`
    std::uint64_t snapshot_index = 0;     // the last record that it holds; 0: there is none
    std::vector<JournalRecord> records;   // those behind it, without gaps
  };
  struct Opened;

  /// Room for records that is reserved ahead of the end of the file, so that a full disk refuses
  /// new things, not the deletion of old ones.
  static constexpr std::uint64_t reserve_bytes = 1 << 20;

  /// Opens the journal in `directory`, making both if there is neither journal nor snapshot.
  ///
  /// A last write that was torn is cut off, with one log line: it was never acknowledged. Errors,
  /// each with a log line that names file, position and remedy, and nothing is changed:
  /// invalid_state_entry_checksum (a damaged record or snapshot), state_file_corrupted (a part is
  /// missing, or does not fit), unsupported_format (a newer server wrote it), and those of the
  /// disk.
  static Task<Result<Opened>> open(runtime::Disk& disk, std::string directory);

  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// Writes `records`, whose indexes follow the last one, in one write, and syncs them once.
  ///
  /// Errors: no_space, io_error and others of the disk: nothing was written, or it is cut off
  /// again, also for the time after a loss of power. limit_reached: a body is larger than
  /// `record_body_bytes_max`; nothing was written. cannot_sync_file: it is unknown what is on the
  /// disk; every later call fails too, and the process should end.
  Task<Result<>> append(std::span<const JournalRecord> records);

  /// True if there is room for a change that takes space: at least half of the reserve, which is
  /// restored if it can be. False on a full disk: only what frees space should be appended then.
  Task<bool> has_room();

  /// Stores `snapshot`, which holds the records up to `index`, and drops those from the file. The
  /// bytes are lent. A crash at any moment leaves either the old files or the new ones, or the new
  /// snapshot beside the old journal, which means the same.
  ///
  /// Errors: those of the disk; the journal goes on as it was, except after cannot_sync_file.
  Task<Result<>> compact(std::uint64_t index, base::ByteView snapshot);

  [[nodiscard]] std::uint64_t last_index() const { return last_.index; }
  [[nodiscard]] std::uint64_t snapshot_index() const { return snapshot_index_; }
  [[nodiscard]] std::uint64_t size_bytes() const { return end_; }  // of the journal file
  [[nodiscard]] bool has_failed() const { return failed_; }        // by a failed sync

 private:
  struct Place {  // of a record in the file, for a compaction that starts behind it
    JournalLink link;
    std::uint64_t end = 0;
  };

  Journal(runtime::Disk& disk, std::string directory);

  Task<Result<Contents>> recover();
  Task<Result<>> read_snapshot(Contents& contents);
  Task<Result<>> read_journal(Contents& contents);
  Task<Result<>> create(Contents& contents);
  Task<Result<>> take_over(JournalScan scan, Contents& contents);
  Task<Result<>> cut_off();
  Task<Result<>> restart_behind(Place place);
  Task<Result<>> exchange_file(base::Bytes bytes);
  [[nodiscard]] Place place_of(std::uint64_t index) const;
  std::unexpected<Error> fail_for_good();
  std::unexpected<Error> refuse(const std::string& path, const FileDamage& damage) const;

  runtime::Disk& disk_;
  std::string directory_;
  std::string journal_path_;
  std::string snapshot_path_;
  runtime::FileHandle file_;
  runtime::Semaphore file_use_{1};  // by an append, or by the exchange of the file
  JournalLink last_;                // what the next record is chained to
  std::uint64_t end_ = 0;
  std::uint64_t reserved_until_ = 0;
  std::uint64_t snapshot_index_ = 0;
  std::deque<Place> places_;  // of the journal's start, then of its records
  bool failed_ = false;
};

struct Journal::Opened {
  std::unique_ptr<Journal> journal;
  Contents contents;
};

}  // namespace iggy::broker
