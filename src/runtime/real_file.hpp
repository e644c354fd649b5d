// An open file of the machine, and what the system's complaints about files mean.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "iggy/units.hpp"
#include "runtime/disk.hpp"
#include "runtime/unflushed.hpp"

namespace iggy::runtime {

/// The meaning of `number`, an errno of a call on a file.
Error file_error(int number);

/// The same, with a log line that tells the story, unless it is what callers ask for in the course
/// of things: file_not_found, file_exists.
Error report_file_error(std::string_view what, const std::string& path, int number);

/// A file of the machine. Reads may come from any shard, everything else from the one that owns it.
class RealFile final : public File, public std::enable_shared_from_this<RealFile> {
 public:
  /// Takes `descriptor` over.
  RealFile(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  ~RealFile() override;
  RealFile(const RealFile&) = delete;
  RealFile& operator=(const RealFile&) = delete;

  Task<Result<std::size_t>> read(std::uint64_t position, MutableByteView into) override;
  Task<Result<>> write_at(std::uint64_t position, std::span<const ByteView> pieces) override;
  Task<Result<>> truncate(std::uint64_t size) override;
  Task<Result<>> sync() override;
  Task<Result<>> preallocate(std::uint64_t size) override;
  void expect_size(std::uint64_t size) override { expected_size_ = size; }
  Task<> give_back() override;
  Result<std::uint64_t> size() override;
  Task<Result<>> bring_in(std::uint64_t position, std::uint64_t size) override;
  [[nodiscard]] int descriptor() const override { return descriptor_; }
  [[nodiscard]] const std::string& path() const override { return path_; }

  /// While the files of the shard hold more unflushed bytes than their budget, the one that is
  /// written to has its oldest sent to the disk, in pieces of this size, one after the other. Not
  /// its end: the next write goes there, and would wait for pages that are being written back.
  /// Not earlier: writes beside writeback wait for the disk now and then.
  static constexpr std::uint64_t writeback_bytes = 8 * 1024 * 1024;
  static constexpr std::uint64_t writeback_tail = 1024 * 1024;
  /// A file that is expected to grow, and has reached the first of these sizes, gets space reserved
  /// for so many times its size: then a write finds its blocks at once, where it would else wait
  /// for others to be allocated. It happens before this much is left, and only if it takes no more
  /// than a small part of the free space.
  static constexpr std::uint64_t reserve_from = 4 * 1024 * 1024;
  static constexpr std::uint64_t reserve_factor = 16;
  /// In pieces, as writes wait for the one that is being reserved. If one takes longer than this,
  /// the disk is busy, and waiting for it again and again would cost more than is gained.
  static constexpr std::uint64_t reserve_piece_bytes = 16 * 1024 * 1024;
  static constexpr Duration reserve_patience = Duration::milliseconds(2);
  static constexpr std::uint64_t reserve_margin = 4 * 1024 * 1024;
  static constexpr std::uint64_t free_part_reserved = 16;
  /// A file whose writes keep the shard blocked for more than this, after every 20 milliseconds
  /// that pass have made up for one of them, has its next ones written by the workers, for a while.
  /// Writes that only had to share their CPU would do no better there, and a short wait now and
  /// then (for pages that are being written back) costs less than handing over.
  static constexpr Duration blocked_max = Duration::milliseconds(20);
  static constexpr std::uint64_t recovery_factor = 20;
  static constexpr Duration slow_time = Duration::seconds(1);
  /// A write that took longer than this is looked into, from the next one on.
  static constexpr Duration long_write = Duration::milliseconds(2);
  /// Smaller writes are not watched, as that takes a microsecond, unless the last one took long.
  static constexpr std::uint64_t watched_write_bytes = 256 * 1024;

 private:
  Task<Result<>> change(std::string_view what, int (*call)(int descriptor, std::uint64_t argument),
                        std::uint64_t argument);
  Result<> write_here(std::uint64_t position, std::span<const ByteView> pieces);
  void note_blocked(Duration blocked, Duration now);
  Result<> wrote(std::uint64_t position, std::uint64_t size, int failure);
  void write_back_if_due();
  UnflushedRange next_writeback();
  void reserve_ahead(std::uint64_t end);
  static Task<> reserve(std::shared_ptr<RealFile> file, std::uint64_t from, std::uint64_t to);
  static Task<> write_back(std::shared_ptr<RealFile> file, std::shared_ptr<UnflushedBytes> shard,
                           UnflushedRange range);

  int descriptor_;
  std::string path_;
  Duration slow_until_{};
  Duration blocked_{};  // what counts of it at `blocked_at_`
  Duration blocked_at_{};
  Duration watched_until_{};
  bool failing_ = false;  // the last write failed: the log knows it already
  bool reserve_runs_ = false;
  std::uint64_t expected_size_ = 0;
  std::uint64_t reserved_ = 0;  // up to here, by this object
  bool is_complete_ = false;    // `give_back` was called
  UnflushedRange unflushed_;
};

}  // namespace iggy::runtime
