// How much the files of a shard hold that was written, and is not on its way to the disk yet.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

namespace iggy::runtime {

/// The sum over all files of one shard, and what it may be before writeback is begun.
///
/// Its shard alone asks and adds. Only a file that another shard lets go of last gives its share
/// back from there.
class UnflushedBytes {
 public:
  explicit UnflushedBytes(std::uint64_t budget) : budget_(budget) {}

  /// Adds modulo 2^64: what is negative is subtracted.
  void add(std::uint64_t size) { value_.fetch_add(size, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }
  [[nodiscard]] bool is_over_budget() const { return value() > budget_; }

  bool writeback_runs = false;  // one file of a shard at a time

 private:
  std::uint64_t budget_;
  std::atomic<std::uint64_t> value_{0};
};

/// A stretch of one file that was written and not flushed. Its size is a part of the sum of the
/// shard that wrote it, for as long as it lives.
class UnflushedRange {
 public:
  UnflushedRange() = default;
  ~UnflushedRange() { resize(0, 0); }
  UnflushedRange(UnflushedRange&& other) noexcept { swap(other); }
  UnflushedRange& operator=(UnflushedRange&& other) noexcept {
    UnflushedRange moved(std::move(other));
    swap(moved);
    return *this;
  }

  /// Covers this stretch too, and what lies between.
  void add(const std::shared_ptr<UnflushedBytes>& shard, std::uint64_t begin, std::uint64_t end);
  /// Covers what `other` does too.
  void add(UnflushedRange other);
  /// Gives its first bytes away.
  UnflushedRange take_first(std::uint64_t size);
  /// The file ends here now.
  void cut(std::uint64_t file_size);

  [[nodiscard]] std::uint64_t begin() const { return begin_; }
  [[nodiscard]] std::uint64_t end() const { return end_; }
  [[nodiscard]] std::uint64_t size() const { return end_ - begin_; }

 private:
  void resize(std::uint64_t begin, std::uint64_t end);
  void swap(UnflushedRange& other) noexcept;

  std::shared_ptr<UnflushedBytes> shard_;  // null: empty
  std::uint64_t begin_ = 0;
  std::uint64_t end_ = 0;
};

/// What each of `shards` shards may hold: together half of what makes the kernel itself begin
/// to write back, so that dirty pages stay far below the limit at which it stops those who write.
[[nodiscard]] std::uint64_t unflushed_budget(std::uint64_t dirty_background_bytes,
                                             std::uint64_t shards);

inline constexpr std::uint64_t unflushed_budget_min = 8 * 1024 * 1024;
inline constexpr std::uint64_t unflushed_budget_max = 512 * 1024 * 1024;

}  // namespace iggy::runtime
