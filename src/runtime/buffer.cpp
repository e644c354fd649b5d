// Size classes, what is kept of each, and mappings for what is larger.
#include "runtime/buffer.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstdlib>
#include <limits>

namespace iggy::runtime {
namespace {

constexpr std::size_t page_size = 4096;

std::size_t class_size(std::size_t size) { return std::bit_ceil(std::max(size, page_size)); }

std::size_t class_index(std::size_t size) {
  return static_cast<std::size_t>(std::countr_zero(size / page_size));
}

std::byte* allocate(std::size_t size) {
  auto* const memory = std::aligned_alloc(page_size, size);
  if (memory == nullptr) std::abort();  // a quarter of a MiB: the process is out of memory
  return static_cast<std::byte*>(memory);
}

/// A mapping of its own, or null.
std::byte* map(std::size_t size) {
  auto* const memory =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<std::byte*>(memory);
}

}  // namespace

Buffer::Buffer(Buffer&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  Buffer taken(std::move(other));  // so that assigning a buffer to itself keeps it
  std::swap(pool_, taken.pool_);
  std::swap(data_, taken.data_);
  std::swap(size_, taken.size_);
  return *this;
}

Buffer::~Buffer() {
  if (data_ != nullptr) pool_->give_back(data_, size_);
}

BufferPool::BufferPool() = default;

BufferPool::~BufferPool() {
  assert(lent_ == 0 && "a buffer outlives its shard");
  for (const auto& blocks : kept_) {
    for (auto* const block : blocks) std::free(block);
  }
}

Buffer BufferPool::take(std::size_t size) {
  if (size > pooled_size_max) {
    if (size > std::numeric_limits<std::size_t>::max() - page_size) return {};
    const auto mapped = (size + page_size - 1) / page_size * page_size;
    auto* const data = map(mapped);
    if (data == nullptr) return {};
    ++lent_;
    return {this, data, mapped};
  }
  const auto whole = class_size(size);
  auto& kept = kept_[class_index(whole)];
  ++lent_;
  if (kept.empty()) return {this, allocate(whole), whole};
  auto* const data = kept.back();
  kept.pop_back();
  kept_bytes_ -= whole;
  return {this, data, whole};
}

void BufferPool::give_back(std::byte* data, std::size_t size) {
  --lent_;
  if (size > pooled_size_max) {
    ::munmap(data, size);
  } else if (kept_bytes_ + size > kept_bytes_max) {
    std::free(data);
  } else {
    kept_[class_index(size)].push_back(data);
    kept_bytes_ += size;
  }
}

}  // namespace iggy::runtime
