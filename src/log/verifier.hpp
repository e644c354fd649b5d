// Verifying records one by one, to the end of a segment.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "log/partition_state.hpp"
#include "log/record.hpp"
#include "log/record_window.hpp"
#include "log/segment_scan.hpp"

namespace iggy::log {

/// What the walk has found.
struct Verified {
  LogPlace end;  // behind the last good record
  SegmentTotals totals;
  std::uint64_t epoch = 0;
  bool is_sealed = false;  // a seal stands at the end
  bool is_torn = false;    // what stands behind `end` was never written to its end
  std::vector<OffsetRange> damaged;
};

/// Walks a segment from a place on, verifies every checksum and every group, indexes the messages.
///
/// What does not verify is *torn* if nothing that does stands behind it: it ends the walk. A group
/// counts as one: with a part missing or wrong and nothing behind, all of it is torn. Otherwise it
/// is *damage*: the walk goes on behind it, and the offsets in between are noted. But a write that
/// never reached the disk leaves zeros up to the end of a sector: where a loss of power has left
/// such a hole, all from there on is torn, because what stands behind was not acknowledged as
/// durable, and a log has no holes.
class Verifier {
 public:
  static constexpr std::uint64_t sector_size = 512;

  Verifier(RecordWindow& window, Incarnation incarnation, SegmentIndex& index)
      : window_(window), incarnation_(incarnation), index_(index) {}

  /// `from.totals` and `from.epoch` are those of what stands before `from.end`.
  /// Errors: unsupported_format, damaged (the file of another partition), io_error, out_of_memory.
  Task<Result<Verified>> run(Verified from);

 private:
  struct Record {
    RecordHeader header;
    ByteView bytes;  // the whole record; empty: there is none that verifies
  };

  Task<Result<>> step();
  void pass_held_messages(std::uint64_t end, GroupDigest* digest);
  Task<Result<Record>> record_at(LogPlace place);
  [[nodiscard]] Result<> check_owner(const Record& record) const;
  Result<> pass(const Record& record);
  Task<Result<>> pass_group(GroupBody group, std::uint64_t record_size);
  Task<Result<bool>> check_group(GroupBody group, LogPlace end);
  Task<Result<>> pass_damaged_group(LogPlace end, LogPlace next);
  Task<Result<>> judge();
  Task<Result<std::optional<LogPlace>>> next_valid();
  Task<Result<bool>> is_at_hole(LogPlace behind);
  Task<Result<bool>> has_hole(std::uint64_t from, std::uint64_t to);
  void add_message(const RecordHeader& header);
  void step_over_damage(LogPlace next);

  RecordWindow& window_;
  Incarnation incarnation_;
  SegmentIndex& index_;
  Verified found_;
  LogPlace seal_end_;
};

}  // namespace iggy::log
