// A fake disk in memory, which fails and forgets as real ones do, on request.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/disk.hpp"

namespace iggy::runtime {

/// The kinds of calls that a fault can be aimed at.
enum class DiskCall : std::uint8_t {
  open,
  read,
  write,
  truncate,
  sync,
  preallocate,
  make_directories,
  rename,
  unlink,
  remove_all,
  sync_directory,
  list
};

/// Files in memory, each with what is written and what would survive a loss of power.
///
/// Bytes survive after `sync` of their file, names after `sync_directory` of their directory. A
/// crash keeps an arbitrary selection of the unsynced 512-byte sectors and directory changes,
/// chosen by the seed. For use on one thread. Every call completes at once unless `hold` is used.
class MemoryDisk final : public Disk {
 public:
  explicit MemoryDisk(std::uint64_t seed = 1);
  ~MemoryDisk() override;

  // Disk
  Task<Result<FileHandle>> open(std::string path, OpenMode mode) override;
  Task<Result<>> make_directories(std::string path) override;
  Task<Result<>> rename(std::string from, std::string to) override;
  Task<Result<>> unlink(std::string path) override;
  Task<Result<>> remove_all(std::string path) override;
  Task<Result<>> sync_directory(std::string path) override;
  Task<Result<std::vector<DirectoryEntry>>> list(std::string path) override;
  Task<Result<bool>> exists(std::string path) override;
  Task<Result<DiskSpace>> space(std::string path) override;
  Task<Result<std::unique_ptr<DirectoryLock>>> lock(std::string path) override;

  // Faults

  /// The call number `n` from now on (0: the next) of this kind fails with `error`, once. A failing
  /// write first writes `written_bytes` of what it was given. `path_part`: only calls on paths that
  /// contain it count.
  void fail_call(DiskCall call, std::uint64_t n, Error error, std::uint64_t written_bytes = 0,
                 std::string path_part = {});
  /// From now on every call of this kind fails with `error`, until `heal`.
  void fail_always(DiskCall call, Error error, std::string path_part = {});
  void heal();
  /// The space left, over all files. Writes past it write what fits and fail with no_space.
  void set_free_bytes(std::uint64_t bytes);
  /// Calls of this kind do not complete until `release`; they then do in order.
  void hold(DiskCall call);
  void release();

  /// After this many more calls of any kind that change something, power is lost: that call and all
  /// after it fail with io_error, until `crash` brings the disk back.
  void lose_power_after(std::uint64_t calls);
  [[nodiscard]] bool has_lost_power() const;

  /// What a machine finds after power was lost now. Open handles turn dead: their calls fail with
  /// io_error. `keep_unsynced`: as if only the process had been killed: everything written is
  /// there.
  enum class Crash : std::uint8_t { power_loss, process_killed };
  void crash(Crash kind);

  // A test's own look and hands

  [[nodiscard]] base::Bytes contents(const std::string& path) const;  // asserts that it is there
  void set_contents(const std::string& path, base::Bytes bytes);      // synced
  [[nodiscard]] std::vector<std::string> paths() const;               // all files, sorted
  [[nodiscard]] std::uint64_t calls(DiskCall call) const;             // so far
  [[nodiscard]] std::uint64_t changing_calls() const;                 // so far, of all kinds

 private:
  struct State;
  class OpenFile;
  std::shared_ptr<State> state_;  // shared with open files, which may outlive the disk
};

}  // namespace iggy::runtime
