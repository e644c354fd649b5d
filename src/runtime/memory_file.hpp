// The bytes of a file on the fake disk: what is written, and what a loss of power may leave of it.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "base/bytes.hpp"

namespace iggy::runtime {

/// The fate of what was not synced: numbers that follow from a seed alone.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}

  /// A number below `bound`, which is not 0.
  std::uint64_t below(std::uint64_t bound);
  /// True once in `n` times.
  bool one_in(std::uint64_t n) { return below(n) == 0; }

 private:
  std::uint64_t state_;
};

/// A file's bytes, twice: as a reader sees them, and as they certainly lie on the disk.
///
/// Between two syncs the kernel may bring any sector to the disk at any time, in any order, and the
/// size apart from the data. Therefore the versions that a sector had since the last sync are kept,
/// and each size: a loss of power picks one of each. Bytes that were cut off come back when the
/// size that is picked is older than the cut.
class MemoryFile {
 public:
  static constexpr std::size_t sector_size = 512;
  static constexpr std::size_t versions_max = 16;  // of one sector

  [[nodiscard]] const base::Bytes& contents() const { return written_; }
  [[nodiscard]] std::uint64_t size() const { return written_.size(); }

  void write(std::uint64_t position, base::ByteView bytes);
  void truncate(std::uint64_t size);
  void sync();
  /// A sync that failed: some of it is on the disk, and the rest no later sync will bring there.
  void fail_sync(Dice& dice);
  void lose_power(Dice& dice);
  /// Puts `bytes` in place of everything, synced.
  void replace(base::Bytes bytes);

 private:
  using Sector = std::array<std::byte, sector_size>;
  struct Version {
    std::uint64_t time;
    Sector bytes;
  };
  using Versions = std::vector<Version>;
  struct SizeChange {
    std::uint64_t time;
    std::uint64_t size;
  };
  /// Says which version reaches the disk; null: none.
  using Choice = std::function<const Version*(const Versions&)>;

  void resize(std::uint64_t size);
  void note_sectors(std::uint64_t begin, std::uint64_t end);
  void settle(std::size_t size_changes, const Choice& choice);
  void settle_some(Dice& dice);
  std::vector<SizeChange> resize_durable(std::size_t size_changes);

  base::Bytes written_;
  base::Bytes durable_;
  std::map<std::uint64_t, Versions> unsynced_;  // by number of the sector, oldest first
  std::vector<SizeChange> size_changes_;        // since the last sync
  std::uint64_t time_ = 0;
};

}  // namespace iggy::runtime
