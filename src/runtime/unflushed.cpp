// The books about what was written and not flushed.
#include "runtime/unflushed.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace iggy::runtime {

void UnflushedRange::add(const std::shared_ptr<UnflushedBytes>& shard, std::uint64_t begin,
                         std::uint64_t end) {
  if (begin == end) return;
  if (shard_ == nullptr) {
    shard_ = shard;
    begin_ = end_ = begin;
  }
  resize(std::min(begin_, begin), std::max(end_, end));
}

void UnflushedRange::add(UnflushedRange other) { add(other.shard_, other.begin_, other.end_); }

UnflushedRange UnflushedRange::take_first(std::uint64_t size) {
  assert(size <= this->size());
  UnflushedRange first;
  first.add(shard_, begin_, begin_ + size);
  resize(begin_ + size, end_);
  return first;
}

void UnflushedRange::cut(std::uint64_t file_size) {
  resize(std::min(begin_, file_size), std::min(end_, file_size));
}

void UnflushedRange::resize(std::uint64_t begin, std::uint64_t end) {
  if (shard_ == nullptr) return;
  shard_->add((end - begin) - size());
  begin_ = begin;
  end_ = end;
  if (begin == end) shard_.reset();
}

void UnflushedRange::swap(UnflushedRange& other) noexcept {
  std::swap(shard_, other.shard_);
  std::swap(begin_, other.begin_);
  std::swap(end_, other.end_);
}

std::uint64_t unflushed_budget(std::uint64_t dirty_background_bytes, std::uint64_t shards) {
  constexpr std::uint64_t part = 2;
  return std::clamp(dirty_background_bytes / part / shards, unflushed_budget_min,
                    unflushed_budget_max);
}

}  // namespace iggy::runtime
