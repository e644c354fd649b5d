// The log of one partition: append, read, recover.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "iggy/units.hpp"
#include "runtime/disk.hpp"
#include "runtime/event.hpp"
#include "runtime/task.hpp"
#include "wire/message_batch.hpp"

namespace iggy::log {

using runtime::FileHandle;
using runtime::MutableByteView;
using runtime::Task;

/// What all partitions share, as configured.
struct LogSettings {
  ByteSize segment_size = 1_GiB;     // a segment that has reached it takes one more batch
  bool enforce_fsync = false;        // acknowledge only what is on the disk
  bool validate_checksum = false;    // verify everything at start, not only from the checkpoint on
  bool validate_on_read = false;     // verify payloads when they are read
  ByteSize index_interval = 16_KiB;  // log bytes for each index entry
  // Log bytes that a checkpoint spares the next recovery, at least: verifying less takes less time
  // than the syncs of a checkpoint.
  ByteSize checkpoint_interval = 256_KiB;
  ByteSize index_memory = 16_MiB;  // for indexes that were read from files, per shard
  std::size_t files_max = 2048;    // kept open, per shard
};

/// What the partitions of one shard use together. It outlives them and stays on its shard.
class LogStore;

/// Where the messages that were stored went.
struct Appended {
  std::uint64_t first_offset = 0;
  std::uint64_t last_offset = 0;
  bool created = false;  // the first batch of the partition: its directory was made for it
  bool operator==(const Appended&) const = default;
};

struct ReadRequest {
  enum class From : std::uint8_t { offset, timestamp, first, last };
  From from = From::first;
  std::uint64_t value = 0;      // the offset, or the timestamp in microseconds
  std::uint32_t count = 0;      // messages, at most
  std::uint64_t bytes_max = 0;  // at most, but one message is given whatever its size
};

/// A stretch of a segment file that holds nothing but whole messages. Its bytes never change.
struct FileSlice {
  FileHandle file;
  std::uint64_t position = 0;
  std::uint64_t size = 0;
};

/// What a poll gets: `count` messages of consecutive offsets, either as bytes in the scratch memory
/// that the reader lent, or, when they don't fit there, as slices to be sent in order.
struct ReadReply {
  std::uint64_t current_offset = 0;  // last visible offset, 0 if there never was a message
  std::uint32_t count = 0;
  std::uint64_t first_offset = 0;  // meaningful if count > 0
  std::uint64_t last_offset = 0;
  std::uint64_t size = 0;  // bytes of the messages, all together
  MutableByteView bytes;   // inside the scratch memory; empty if there are slices
  std::vector<FileSlice> slices;
};

/// The log of one partition. Belongs to one shard; all calls come from there.
///
/// Three marks: what is written, what is on the disk, what is visible; readers, the current offset
/// and acknowledgements use the visible end alone. See docs/storage.md for the files.
class PartitionLog {
 public:
  struct Options {
    Incarnation incarnation{};
    std::string directory;    // its own; made at the first append
    bool must_exist = false;  // the catalogue knows that it holds data
  };

  /// Opens the log and recovers it: a torn tail is kept in `<segment>.torn` and cut, damage before
  /// valid data is left alone and reported by reads. A directory that is not there is an empty log,
  /// or an error if `must_exist`. Errors: file_not_found (must_exist), damaged, unsupported_format,
  /// io_error ...
  static Task<Result<std::unique_ptr<PartitionLog>>> open(LogStore& store, Options options);
  ~PartitionLog();

  /// Appends a batch, whole or not at all. Offsets, one timestamp, missing ids, zeros in
  /// `reserved`, and checksums are stamped into the lent bytes. Calls may overlap: all that wait
  /// are written together, in the order of the calls. Done when the batch is visible (with
  /// enforce_fsync: on the disk). Not cut short by cancellation. Errors: no_space and
  /// cannot_append_message: nothing of the batch stays; cannot_sync_file: nobody knows;
  /// partition_read_only, incarnation_gone.
  Task<Result<Appended>> append(wire::Batch batch);

  /// Finds messages. `scratch` is lent until the reply has been used; at least 32 KiB.
  /// Errors: damaged, io_error.
  Task<Result<ReadReply>> read(ReadRequest request, MutableByteView scratch);

  /// Brings all that is visible to the disk. Errors: cannot_sync_file; the partition is read-only
  /// then.
  Task<Result<>> sync();
  /// `sync`, then writes the checkpoint from which the next recovery starts, unless less than
  /// `checkpoint_interval` was appended since the last one.
  Task<Result<>> checkpoint();
  /// True if `checkpoint` has something to do.
  [[nodiscard]] bool is_dirty() const;

  /// Waits for appends under way, syncs, writes the checkpoint and closes the files. Later calls
  /// get incarnation_gone.
  Task<Result<>> close();
  /// Closes without syncing, for a log that is deleted: its directory may be removed when it is
  /// done. Plans made before stay true.
  Task<> abandon();

  /// Woken when the visible end has moved, or the log was closed.
  [[nodiscard]] runtime::Event& advanced();

  [[nodiscard]] bool has_messages() const;  // ever: an emptied log still has had some
  [[nodiscard]] std::uint64_t start_offset() const;
  [[nodiscard]] std::uint64_t end_offset() const;  // of the next message
  [[nodiscard]] std::uint64_t current_offset()
      const;  // of the last message, 0 if there never was one
  [[nodiscard]] std::uint64_t messages_count() const;
  [[nodiscard]] std::uint64_t size_bytes() const;      // message bytes
  [[nodiscard]] std::uint32_t segments_count() const;  // 1 from the start
  [[nodiscard]] const std::string& directory() const;

 private:
  struct State;
  explicit PartitionLog(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace iggy::log
