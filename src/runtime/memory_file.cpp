// Versions of sectors, and the choice among them.
#include "runtime/memory_file.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace iggy::runtime {

std::uint64_t Dice::below(std::uint64_t bound) {
  // SplitMix64.
  state_ += 0x9e3779b97f4a7c15;
  auto mixed = state_;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  return (mixed ^ (mixed >> 31)) % bound;
}

void MemoryFile::write(std::uint64_t position, base::ByteView bytes) {
  if (bytes.empty()) return;
  const auto end = position + bytes.size();
  if (end > written_.size()) resize(end);
  std::ranges::copy(bytes, written_.begin() + static_cast<std::ptrdiff_t>(position));
  note_sectors(position, end);
}

void MemoryFile::truncate(std::uint64_t size) {
  if (size != written_.size()) resize(size);
}

void MemoryFile::resize(std::uint64_t size) {
  written_.resize(size);
  size_changes_.push_back({++time_, size});
}

/// Keeps what the sectors of [begin, end) hold now as their newest versions.
void MemoryFile::note_sectors(std::uint64_t begin, std::uint64_t end) {
  ++time_;
  for (auto number = begin / sector_size; number * sector_size < end; ++number) {
    const auto from = number * sector_size;
    const auto size = std::min<std::uint64_t>(sector_size, written_.size() - from);
    auto& versions = unsynced_[number];
    // Of many small appends a few stages are enough; the newest always stays.
    if (versions.size() == versions_max) versions.erase(versions.begin() + versions_max / 2);
    auto& version = versions.emplace_back(time_, Sector{});
    std::copy_n(written_.begin() + static_cast<std::ptrdiff_t>(from), size, version.bytes.begin());
  }
}

void MemoryFile::sync() {
  settle(size_changes_.size(), [](const Versions& versions) { return &versions.back(); });
}

void MemoryFile::fail_sync(Dice& dice) {
  settle_some(dice);
  // The data is given up, the size is not: the next sync brings it, with holes.
  if (durable_.size() != written_.size()) size_changes_.push_back({++time_, written_.size()});
}

void MemoryFile::lose_power(Dice& dice) {
  settle_some(dice);
  written_ = durable_;
}

void MemoryFile::replace(base::Bytes bytes) {
  written_ = std::move(bytes);
  durable_ = written_;
  unsynced_.clear();
  size_changes_.clear();
}

/// Nothing, everything, or a mixture: the plain outcomes are as likely as the odd ones.
void MemoryFile::settle_some(Dice& dice) {
  const auto all = size_changes_.size();
  switch (dice.below(4)) {
    case 0:
      return settle(0, [](const Versions&) { return nullptr; });
    case 1:
      return sync();
    default: {
      const auto changes = dice.one_in(3) ? all : dice.one_in(3) ? 0 : dice.below(all + 1);
      return settle(changes, [&](const Versions& versions) -> const Version* {
        if (dice.one_in(2)) return &versions.back();
        if (dice.one_in(2)) return nullptr;
        return &versions[dice.below(versions.size())];
      });
    }
  }
}

/// Brings the first `size_changes` changes of the size and the chosen versions to the disk; the
/// others are forgotten.
void MemoryFile::settle(std::size_t size_changes, const Choice& choice) {
  const auto cuts = resize_durable(size_changes);
  for (const auto& [number, versions] : unsynced_) {
    const auto* const version = choice(versions);
    const auto from = number * sector_size;
    if (version == nullptr || from >= durable_.size()) continue;

    auto bytes = version->bytes;
    for (const auto& cut : cuts) {
      if (cut.time < version->time || cut.size >= from + sector_size) continue;
      const auto kept = cut.size > from ? cut.size - from : 0;
      std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(kept), bytes.end(), std::byte{0});
    }
    const auto size = std::min<std::uint64_t>(sector_size, durable_.size() - from);
    std::copy_n(bytes.begin(), size, durable_.begin() + static_cast<std::ptrdiff_t>(from));
  }
  unsynced_.clear();
  size_changes_.clear();
}

/// Follows the first `size_changes` sizes, the smaller ones too: what was cut off and grown over is
/// zero. Gives the cuts among them.
std::vector<MemoryFile::SizeChange> MemoryFile::resize_durable(std::size_t size_changes) {
  assert(size_changes <= size_changes_.size());
  std::vector<SizeChange> cuts;
  for (const auto& change : std::span(size_changes_).first(size_changes)) {
    if (change.size < durable_.size()) cuts.push_back(change);
    durable_.resize(change.size);
  }
  return cuts;
}

}  // namespace iggy::runtime
