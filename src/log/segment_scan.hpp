// Walking the records of a segment by their headers, and finding the way again behind damage.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "log/record.hpp"
#include "log/record_window.hpp"
#include "log/segment_index.hpp"

namespace iggy::log {

/// A place between two records.
struct LogPlace {
  std::uint64_t position = 0;
  std::uint64_t offset = 0;  // of the next message
  bool operator==(const LogPlace&) const = default;
};

/// What a segment's messages add up to.
struct SegmentTotals {
  std::uint64_t size_bytes = 0;
  std::uint64_t first_timestamp = 0;  // 0 if there is no message
  std::uint64_t last_timestamp = 0;

  void add(std::uint64_t size, std::uint64_t timestamp) {
    if (first_timestamp == 0) first_timestamp = timestamp;
    last_timestamp = timestamp;
    size_bytes += size;
  }
  bool operator==(const SegmentTotals&) const = default;
};

/// True if the record with this header, `rest` bytes before the end of the log, may stand where the
/// next message has the offset `expected`.
[[nodiscard]] inline bool fits(const RecordHeader& header, std::uint64_t expected,
                               std::uint64_t rest) {
  return header.kind != RecordHeader::Kind::unknown && header.offset == expected &&
         header.size <= rest;
}

/// How many bytes at the start of a record, which lies `rest` bytes before the end of the log, it
/// takes to know whether it stands: all of one of our own.
[[nodiscard]] inline std::uint64_t look_size(std::uint64_t rest) {
  return std::min<std::uint64_t>(rest, record_header_size + record_body_size_max);
}

/// The header at the start of `bytes`, which hold `look_size(rest)`. Unknown: no record that may
/// stand there; one of our own does only if it verifies.
[[nodiscard]] inline RecordHeader standing_record(ByteView bytes, std::uint64_t expected,
                                                  std::uint64_t rest) {
  if (bytes.size() < record_header_size) return {};
  const auto header = load_record_header(bytes.data());
  if (!fits(header, expected, rest)) return {};
  if (header.kind == RecordHeader::Kind::message) return header;
  if (bytes.size() < header.size || !verifies(bytes.first(header.size))) return {};
  return header;
}

/// What a search behind damage may find: a record that verifies, with an offset that the messages
/// lost in between allow.
struct RecordSearch {
  std::uint64_t from = 0;        // first position to look at
  std::uint64_t offset_min = 0;  // of the record
  Incarnation incarnation{};     // of an internal record
};

/// The first whole record with a right checksum, searched byte by byte.
Task<Result<std::optional<LogPlace>>> find_record(RecordWindow& window, RecordSearch search);

/// Walks headers from `from` to the end of the window's file. Messages due for an entry get one in
/// `index`, and all count in `totals`. Damage is stepped over: the size of
/// the record before it may be wrong too, so the search starts inside of that one. Gives the place
/// where the walk ended.
Task<Result<LogPlace>> scan_headers(RecordWindow& window, LogPlace from, Incarnation incarnation,
                                    SegmentIndex& index, SegmentTotals& totals);

}  // namespace iggy::log
