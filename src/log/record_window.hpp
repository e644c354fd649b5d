// A stretch of a segment file in memory, moved along while records are walked.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"
#include "runtime/buffer.hpp"
#include "runtime/disk.hpp"
#include "runtime/task.hpp"

namespace iggy::log {

using base::ByteView;
using base::MutableByteView;
using runtime::FileHandle;
using runtime::Task;

/// Looks at a file through some memory. Asking what is held costs nothing; loading waits.
class RecordWindow {
 public:
  static constexpr std::size_t own_size = 256 * 1024;

  /// Looks at the bytes before `end`, through memory that is lent.
  RecordWindow(FileHandle file, std::uint64_t end, MutableByteView memory)
      : file_(std::move(file)), end_(end), memory_(memory) {}
  /// Through memory of its own, which grows to what a record needs.
  RecordWindow(FileHandle file, std::uint64_t end);

  /// The bytes from `position` on if at least `size` of them are held, else an empty view.
  [[nodiscard]] ByteView held(std::uint64_t position, std::uint64_t size) const {
    if (position < position_ || position - position_ > size_) return {};
    const auto rest =
        ByteView(memory_).subspan(position - position_, size_ - (position - position_));
    return rest.size() < size ? ByteView{} : rest;
  }

  /// Brings bytes from `position` on into the memory: `size` of them at least, as many as fit at
  /// most; gives those that it holds then. Fewer than `size`: the file ends there, or lent memory
  /// does. Errors: io_error, out_of_memory.
  Task<Result<ByteView>> load(std::uint64_t position, std::uint64_t size);
  /// Not more than `size`: for a look that will not go on from there.
  Task<Result<ByteView>> load_only(std::uint64_t position, std::uint64_t size);

  [[nodiscard]] std::uint64_t end() const { return end_; }
  [[nodiscard]] const FileHandle& file() const { return file_; }

 private:
  Task<Result<ByteView>> read(std::uint64_t position, std::uint64_t size);

  FileHandle file_;
  std::uint64_t end_;
  runtime::Buffer own_;
  bool owns_ = false;
  MutableByteView memory_;
  std::uint64_t position_ = 0;  // of the first byte held
  std::uint64_t size_ = 0;      // bytes held
};

}  // namespace iggy::log
