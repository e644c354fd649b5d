// Page-aligned memory, recycled per shard.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace iggy::runtime {

class BufferPool;

/// Owns a block of memory of the shard that made it and gives it back when it is destroyed, on that
/// shard. Its bytes are not initialised. Move-only; others are lent a view while the owner waits.
class Buffer {
 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) noexcept;
  ~Buffer();

  [[nodiscard]] std::byte* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return size_; }  // all of the block
  [[nodiscard]] std::span<std::byte> bytes() const { return {data_, size_}; }
  [[nodiscard]] explicit operator bool() const { return data_ != nullptr; }

 private:
  friend class BufferPool;
  Buffer(BufferPool* pool, std::byte* data, std::size_t size)
      : pool_(pool), data_(data), size_(size) {}

  BufferPool* pool_ = nullptr;
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

/// Makes buffers. Sizes up to 256 KiB come in classes (powers of two from 4 KiB) and are kept for
/// the next asker, up to `kept_bytes_max` in all; larger ones get a mapping of their own that goes
/// back to the kernel at once, and grows only with the bytes touched.
class BufferPool {
 public:
  static constexpr std::size_t pooled_size_max = 256 * 1024;
  static constexpr std::size_t kept_bytes_max = 8 * 1024 * 1024;

  BufferPool();
  ~BufferPool();
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  /// A buffer of at least `size` bytes; empty if the system refuses a large one.
  Buffer take(std::size_t size);

  [[nodiscard]] std::size_t kept_bytes() const { return kept_bytes_; }

 private:
  friend class Buffer;
  void give_back(std::byte* data, std::size_t size);

  static constexpr std::size_t class_count = 7;  // 4 KiB ... 256 KiB
  std::array<std::vector<std::byte*>, class_count> kept_;
  std::size_t kept_bytes_ = 0;
  std::size_t lent_ = 0;  // buffers that are out
};

}  // namespace iggy::runtime
