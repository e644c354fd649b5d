// The names on the fake disk: directories as they are, and as they certainly lie on the disk.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "iggy/error.hpp"
#include "runtime/disk.hpp"
#include "runtime/memory_file.hpp"

namespace iggy::runtime {

/// A file or a directory, whatever its name; it lives as long as a name or a handle leads to it.
struct MemoryNode {
  using Names = std::map<std::string, std::shared_ptr<MemoryNode>, std::less<>>;

  bool is_directory = false;
  Names names;          // of a directory: now
  Names durable_names;  // of a directory: after a loss of power, at least
  MemoryFile file;
  std::uint64_t reserved = 0;  // space taken by preallocation, beyond the size or not
  std::uint32_t links = 0;     // names that lead to it now
  std::uint32_t handles = 0;

  /// The space that it takes.
  [[nodiscard]] std::uint64_t space() const { return std::max(file.size(), reserved); }
};
using MemoryNodeHandle = std::shared_ptr<MemoryNode>;

/// A tree of directories and files.
///
/// A change of names is pending until every directory that it touches was synced. A loss of power
/// keeps any selection of the pending changes, each as a whole; but of two that touch one name or
/// one file the later never survives alone, as no file system would let it.
///
/// Paths may start with '/' or not: those are two trees. There is no "..".
class MemoryTree {
 public:
  MemoryTree();

  // Questions

  /// The file or directory at `path`, or null.
  [[nodiscard]] MemoryNodeHandle find(std::string_view path) const;
  /// All files, sorted by path.
  [[nodiscard]] std::vector<std::string> files() const;
  [[nodiscard]] std::uint64_t used_bytes() const { return used_bytes_; }

  // Changes of names

  /// Makes an empty file. Errors: file_not_found (no such directory), file_exists.
  Result<MemoryNodeHandle> create(std::string_view path);
  /// Makes what is missing. Errors: file_exists (a file is in the way).
  Result<> make_directories(std::string_view path);
  Result<> rename(std::string_view from, std::string_view to);
  Result<> unlink(std::string_view path);
  Result<> remove_all(std::string_view path);
  Result<> sync_directory(std::string_view path);
  /// Brings the names that lead to `path`, which is there, to the disk.
  void sync_path(std::string_view path);

  // Changes of files, which keep the account of the space

  void open(MemoryNode& node) { ++node.handles; }
  void close(MemoryNode& node);
  void write(MemoryNode& node, std::uint64_t position, base::ByteView bytes);
  void truncate(MemoryNode& node, std::uint64_t size);
  void reserve(MemoryNode& node, std::uint64_t size);
  void replace(MemoryNode& node, base::Bytes bytes);

  // What a crash leaves. No handle may be used any more.

  void lose_power(Dice& dice);
  void kill_process();

 private:
  struct Place {
    MemoryNodeHandle directory;
    std::string name;
  };
  /// In `directory`, `name` led to `before` and leads to `after`.
  struct Effect {
    MemoryNodeHandle directory;
    std::string name;
    MemoryNodeHandle before;  // null: nothing
    MemoryNodeHandle after;   // null: nothing
  };
  struct Change {
    std::vector<Effect> effects;
    std::set<MemoryNode*> unsynced;  // directories; empty: to be made durable
  };
  class Touched;

  [[nodiscard]] MemoryNodeHandle root(std::string_view path) const;
  [[nodiscard]] Result<Place> place(std::string_view path) const;
  void change(std::vector<Effect> effects);
  void make_durable(const std::function<bool(const Change&)>& wanted);
  void remove_contents(const MemoryNodeHandle& directory);
  void take_stock();

  MemoryNodeHandle absolute_;
  MemoryNodeHandle relative_;
  std::vector<Change> pending_;  // oldest first
  std::uint64_t used_bytes_ = 0;
};

}  // namespace iggy::runtime
