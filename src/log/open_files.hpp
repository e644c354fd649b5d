// The files that the logs of a shard have open: those used longest ago make room for others.
#pragma once

#include <cstddef>

#include "runtime/disk.hpp"

namespace iggy::log {

class OpenFiles;

/// A place for a file that is open while there is room for it. Whoever took the handle keeps the
/// file open as long as it needs it. Belongs to one shard; may be moved.
class KeptFile {
 public:
  KeptFile() = default;
  KeptFile(KeptFile&& other) noexcept;
  KeptFile& operator=(KeptFile&& other) noexcept;
  ~KeptFile() { close(); }

  /// The file, which counts as used now. Null: it is not open.
  [[nodiscard]] const runtime::FileHandle& use();
  /// Puts a file in, in the place of the one that was there.
  void keep(OpenFiles& files, runtime::FileHandle file);
  void close();
  [[nodiscard]] bool is_open() const { return file_ != nullptr; }

 private:
  friend class OpenFiles;
  void take(KeptFile& other);

  runtime::FileHandle file_;
  OpenFiles* files_ = nullptr;  // it is among these while it is open
  KeptFile* newer_ = nullptr;
  KeptFile* older_ = nullptr;
};

/// Lets at most `count_max` files be kept. It outlives them.
class OpenFiles {
 public:
  explicit OpenFiles(std::size_t count_max) : count_max_(count_max) {}
  OpenFiles(const OpenFiles&) = delete;
  OpenFiles& operator=(const OpenFiles&) = delete;

  [[nodiscard]] std::size_t count() const { return count_; }

 private:
  friend class KeptFile;
  void add(KeptFile& file);  // as the newest
  void remove(KeptFile& file);
  void make_room();

  std::size_t count_max_;
  std::size_t count_ = 0;
  KeptFile* newest_ = nullptr;
  KeptFile* oldest_ = nullptr;
};

}  // namespace iggy::log
