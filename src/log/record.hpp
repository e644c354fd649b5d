// The records of a segment file: messages, and the log's own records in the layout of a message.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "wire/message_batch.hpp"

namespace iggy::log {

using base::ByteView;
using base::MutableByteView;

inline constexpr std::size_t record_header_size = wire::message_header_size;
inline constexpr std::uint32_t record_body_size_max = 128;  // of our own ones
inline constexpr std::uint8_t record_version = 1;
inline constexpr std::uint32_t segment_format_version = 1;

/// The log's own records; a consumer never gets one.
enum class RecordType : std::uint8_t {
  segment = 1,  // first in each file: what the file is
  group = 2,    // the messages behind it stand or fall together
  epoch = 3,    // a new writer term starts here
  seal = 4,     // last in a file that takes no more: its totals
  packed = 5,   // kept for compression
};

/// What is known from the 64 bytes at the start of a record.
struct RecordHeader {
  enum class Kind : std::uint8_t { message, internal, unknown };

  Kind kind = Kind::unknown;  // unknown: no record of a kind that we write
  RecordType type{};          // of an internal one
  std::uint64_t offset = 0;   // of the message; of an internal one: of the next message
  std::uint64_t timestamp = 0;
  std::uint64_t size = 0;  // header and all that belongs to it
};

/// Reads the header at `bytes`, which must hold 64 of them. Sizes beyond the limits make it
/// unknown.
[[nodiscard]] RecordHeader load_record_header(const std::byte* bytes);

/// True if the header is of our own kind, but of a version or type that this program can't read.
[[nodiscard]] bool is_of_newer_format(const std::byte* bytes);

/// True if the checksum of the whole record in `record` is right.
[[nodiscard]] bool verifies(ByteView record);

/// What all of the log's own records carry.
struct RecordFields {
  RecordType type{};
  Incarnation incarnation{};
  std::uint64_t next_offset = 0;
  std::uint64_t timestamp = 0;
  std::uint64_t epoch = 0;
};
[[nodiscard]] RecordFields load_record_fields(const std::byte* bytes);

struct SegmentBody {
  static constexpr std::size_t size = 16;
  std::uint32_t format_version = segment_format_version;
  std::uint32_t key_id = 0;  // of the key that wraps the data key behind this body; 0: plain
  std::uint64_t base_offset = 0;
};

struct GroupBody {
  static constexpr std::size_t size = 24;
  std::uint32_t messages_count = 0;
  std::uint64_t size_bytes = 0;
  std::uint64_t digest = 0;  // GroupDigest over the checksums of the messages
};

struct SealBody {
  static constexpr std::size_t size = 32;
  std::uint64_t messages_count = 0;
  std::uint64_t size_bytes = 0;  // of the messages
  std::uint64_t first_timestamp = 0;
  std::uint64_t last_timestamp = 0;
};

/// The body of a whole, verified record; nothing if it is of another type or too short.
[[nodiscard]] std::optional<SegmentBody> load_segment_body(ByteView record);
[[nodiscard]] std::optional<GroupBody> load_group_body(ByteView record);
[[nodiscard]] std::optional<SealBody> load_seal_body(ByteView record);

/// The records that go in front of a write, one behind the other.
class RecordWriter {
 public:
  static constexpr std::size_t size_max =
      3 * record_header_size + SegmentBody::size + GroupBody::size;

  void segment(RecordFields fields, const SegmentBody& body);
  void epoch(RecordFields fields);
  void group(RecordFields fields, const GroupBody& body);
  void seal(RecordFields fields, const SealBody& body);

  [[nodiscard]] ByteView bytes() const { return ByteView(bytes_).first(size_); }

 private:
  std::byte* start(RecordFields fields, std::size_t body_size);
  void finish(const std::byte* record);

  std::array<std::byte, size_max> bytes_;
  std::size_t size_ = 0;
};

/// XXH3-64 over checksums: of 512 at a time, each block seeded with the digest of those before.
class GroupDigest {
 public:
  void add(std::uint64_t checksum) {
    block_[count_++] = checksum;
    if (count_ == block_.size()) fold();
  }
  /// Of all that were added. Adds no more.
  [[nodiscard]] std::uint64_t finish() {
    if (count_ > 0) fold();
    return digest_;
  }

 private:
  void fold();

  std::array<std::uint64_t, 512> block_;
  std::size_t count_ = 0;
  std::uint64_t digest_ = 0;
};

}  // namespace iggy::log
