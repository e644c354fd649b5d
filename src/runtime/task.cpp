// Coroutine frames, recycled per thread in lists by size.
#include "runtime/task.hpp"

#include <array>
#include <cstdlib>

namespace iggy::runtime {
namespace {

// The sanitizers see what happens to a frame only if each has memory of its own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool recycles = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
constexpr bool recycles = false;
#else
constexpr bool recycles = true;
#endif
#else
constexpr bool recycles = true;
#endif

constexpr std::size_t class_step = 64;
constexpr std::size_t class_count = 64;  // up to 4 KiB
constexpr std::size_t recycled_size_max = class_step * class_count;
constexpr std::size_t kept_bytes_max = std::size_t{1} << 20;  // per thread

struct FreeFrame {
  FreeFrame* next;
};

/// Trivial to destroy, so that it can be used until the thread's very end.
struct FrameCache {
  std::array<FreeFrame*, class_count> free{};
  std::size_t kept_bytes = 0;
  bool is_closed = false;
};
thread_local constinit FrameCache cache;

/// Empties the cache when its thread ends.
struct CacheCloser {
  CacheCloser() = default;
  CacheCloser(const CacheCloser&) = delete;
  CacheCloser& operator=(const CacheCloser&) = delete;
  ~CacheCloser() {
    cache.is_closed = true;
    for (auto*& list : cache.free) {
      while (list != nullptr) std::free(std::exchange(list, list->next));
    }
  }
  void touch() const {}
};
thread_local const CacheCloser closer;

std::size_t class_of(std::size_t size) { return (size - 1) / class_step; }

void* allocate(std::size_t size) {
  void* const memory = std::malloc(size);
  if (memory == nullptr) std::abort();  // out of memory ends the process
  return memory;
}

}  // namespace

void* allocate_frame(std::size_t size) {
  if (!recycles || size > recycled_size_max) return allocate(size);
  const auto index = class_of(size);
  auto*& list = cache.free[index];
  if (list == nullptr) return allocate((index + 1) * class_step);
  cache.kept_bytes -= (index + 1) * class_step;
  return std::exchange(list, list->next);
}

void release_frame(void* frame, std::size_t size) noexcept {
  if (!recycles || size > recycled_size_max) return std::free(frame);
  const auto index = class_of(size);
  const auto class_size = (index + 1) * class_step;
  if (cache.is_closed || cache.kept_bytes + class_size > kept_bytes_max) return std::free(frame);
  if (cache.kept_bytes == 0) closer.touch();  // registers it for the end of the thread
  cache.kept_bytes += class_size;
  cache.free[index] = new (frame) FreeFrame{cache.free[index]};
}

}  // namespace iggy::runtime
