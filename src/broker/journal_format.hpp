// The bytes of the files `journal` and `snapshot`, as pure functions. See docs/metadata.md.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "broker/changes.hpp"
#include "iggy/error.hpp"

namespace iggy::broker {

/// One change, as it stands in the journal.
struct JournalRecord {
  ChangeMeta meta;
  EncodedChange change;
};

/// What a record is chained to: the one before it, or the journal's header.
struct JournalLink {
  std::uint64_t index = 0;
  std::uint64_t checksum = 0;
  bool operator==(const JournalLink&) const = default;
};

/// A record, and where it lies in its file.
struct PlacedRecord {
  JournalRecord record;
  JournalLink link;       // what the next one is chained to
  std::uint64_t end = 0;  // where the next one starts
};

/// All that is good in a journal file.
struct JournalScan {
  JournalLink base;  // what the first record is chained to: the last one that was dropped
  std::vector<PlacedRecord> records;
  std::uint64_t end = 0;  // behind the last of them
  bool is_torn = false;   // something else than zeros lies behind: a write that never ended
};

/// Why a file is refused, for the log line.
struct FileDamage {
  Error error;
  std::uint64_t position = 0;
  std::string_view problem;
};

/// Larger bodies are neither written nor believed.
inline constexpr std::uint32_t record_body_bytes_max = 16 << 20;
inline constexpr std::uint64_t journal_header_size = 40;

/// The start of a journal whose first record follows `base`.
[[nodiscard]] base::Bytes encode_journal_header(const JournalLink& base);

/// Appends `records` as one group, which is written at once; gives where each of them ends, in
/// bytes from the start of the group. The bodies are within `record_body_bytes_max`.
std::vector<PlacedRecord> encode_group(base::Bytes& bytes, const JournalLink& before,
                                       std::span<const JournalRecord> records);

/// Reads a whole journal file.
///
/// The end of a file whose last group was not written completely is left out: a group is
/// acknowledged, and followed by another, only when it is on the disk as a whole. So a bad record
/// is damage exactly if a record of a later group stands behind it.
/// Damage: unsupported_format, state_file_corrupted, invalid_state_entry_checksum.
[[nodiscard]] std::expected<JournalScan, FileDamage> scan_journal(base::ByteView bytes);

/// A snapshot of the records up to `index`.
struct SnapshotFile {
  std::uint64_t index = 0;
  base::Bytes body;
};
[[nodiscard]] base::Bytes encode_snapshot_file(std::uint64_t index, base::ByteView body);
/// Damage: as above.
[[nodiscard]] std::expected<SnapshotFile, FileDamage> decode_snapshot_file(base::ByteView bytes);

}  // namespace iggy::broker
