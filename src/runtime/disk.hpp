// Files, as the log and the journal use them: the real ones and, for tests, a fake in memory.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "iggy/error.hpp"
#include "runtime/task.hpp"

namespace iggy::runtime {

using base::ByteView;
using base::MutableByteView;

/// An open file, shared by those who use it; closed with the last of them.
///
/// Memory that is handed in is lent until the call has ended, cancelled or not.
/// Errors of all calls, beside those named: io_error, cancelled (before anything was done).
class File {
 public:
  virtual ~File() = default;

  /// Reads into `into` from `position`; gives fewer bytes than asked only at the end of the file.
  virtual Task<Result<std::size_t>> read(std::uint64_t position, MutableByteView into) = 0;

  /// Writes `pieces` one behind the other from `position`, in one system call where that is
  /// possible, and goes on after a short write. When it is done the bytes are in the page cache.
  /// Errors: no_space. After an error an unknown part of the bytes was written.
  virtual Task<Result<>> write_at(std::uint64_t position, std::span<const ByteView> pieces) = 0;

  virtual Task<Result<>> truncate(std::uint64_t size) = 0;
  /// Brings the data, and what is needed to find it, to the disk. After an error the state of what
  /// was written since the last sync is unknown, and another sync proves nothing.
  virtual Task<Result<>> sync() = 0;
  /// Reserves space up to `size` without changing the size of the file. Errors: no_space,
  /// operation_unsupported.
  virtual Task<Result<>> preallocate(std::uint64_t size) = 0;
  /// Says how large it will get by being written to at its end, so that space can be reserved
  /// before it is needed; costs nothing to repeat.
  virtual void expect_size(std::uint64_t /*size*/) {}
  /// Nothing will be written any more: what lies reserved behind its end is given back.
  virtual Task<> give_back() { co_return; }
  /// The present size in bytes.
  virtual Result<std::uint64_t> size() = 0;

  /// Done when these bytes lie in memory, as far as the file has them: sending from its descriptor
  /// then does not wait for a disk.
  virtual Task<Result<>> bring_in(std::uint64_t /*position*/, std::uint64_t /*size*/) {
    co_return Result<>{};
  }
  /// The descriptor to send from without copying, or -1.
  [[nodiscard]] virtual int descriptor() const { return -1; }
  /// Where it lies; for log lines.
  [[nodiscard]] virtual const std::string& path() const = 0;
};

using FileHandle = std::shared_ptr<File>;

enum class OpenMode : std::uint8_t {
  read,        // errors: file_not_found
  read_write,  // errors: file_not_found
  create,      // makes it, or opens what is there
  create_new,  // errors: file_exists
};

struct DirectoryEntry {
  std::string name;
  bool is_directory = false;
  bool operator==(const DirectoryEntry&) const = default;
};

struct DiskSpace {
  std::uint64_t free_bytes = 0;
  std::uint64_t total_bytes = 0;
};

/// Held while a process uses a data directory; released when destroyed, or when the process dies.
class DirectoryLock {
 public:
  virtual ~DirectoryLock() = default;
};

/// A place for files. Calls may come from every shard. What changes a directory is on the disk only
/// after `sync_directory`. Errors of all calls, beside those named: io_error, permission_denied,
/// no_space, too_many_open_files.
class Disk {
 public:
  virtual ~Disk() = default;

  virtual Task<Result<FileHandle>> open(std::string path, OpenMode mode) = 0;
  /// Makes the directory and those above it, and syncs each parent; success if it is there already.
  virtual Task<Result<>> make_directories(std::string path) = 0;
  /// Replaces `to` if it is there. Errors: file_not_found.
  virtual Task<Result<>> rename(std::string from, std::string to) = 0;
  /// Errors: file_not_found.
  virtual Task<Result<>> unlink(std::string path) = 0;
  /// Removes a directory with all that is in it; success if it is not there.
  virtual Task<Result<>> remove_all(std::string path) = 0;
  virtual Task<Result<>> sync_directory(std::string path) = 0;
  /// The entries, sorted by name. Errors: file_not_found.
  virtual Task<Result<std::vector<DirectoryEntry>>> list(std::string path) = 0;
  virtual Task<Result<bool>> exists(std::string path) = 0;
  virtual Task<Result<DiskSpace>> space(std::string path) = 0;
  /// Locks the file `path` against other processes, making it if needed. Tried for two seconds: a
  /// killed server's last work may still be ending. Errors: file_locked.
  virtual Task<Result<std::unique_ptr<DirectoryLock>>> lock(std::string path) = 0;
};

/// Reads a whole file of at most `size_max` bytes. Errors: file_not_found, limit_reached.
Task<Result<base::Bytes>> read_file(Disk& disk, std::string path, std::uint64_t size_max);

/// Puts `bytes` at `path` as a whole or not at all: written beside it, synced, renamed, directory
/// synced. `bytes` are lent.
Task<Result<>> write_file(Disk& disk, std::string path, ByteView bytes);

/// `directory/name`.
std::string join_path(std::string_view directory, std::string_view name);
/// The directory part of `path`; "." if there is none.
std::string parent_path(std::string_view path);

/// The file system of the machine. Appends are written in place on the shard; what may take long
/// (sync, unlink, truncate, rename, listing, preallocation) runs on the workers.
std::unique_ptr<Disk> make_real_disk();

}  // namespace iggy::runtime
