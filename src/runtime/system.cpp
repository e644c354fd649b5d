// Asks the kernel for time and randomness.
#include "runtime/system.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace iggy::runtime {
namespace {

std::uint64_t read_clock(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 +
         static_cast<std::uint64_t>(time.tv_nsec) / 1'000;
}

/// What the scheduler counts for the thread that makes it.
class SchedulerFigures {
 public:
  SchedulerFigures() : descriptor_(::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)) {}
  ~SchedulerFigures() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  SchedulerFigures(const SchedulerFigures&) = delete;
  SchedulerFigures& operator=(const SchedulerFigures&) = delete;

  /// Nanoseconds on a CPU, or waiting for one; 0 on a kernel that does not tell.
  [[nodiscard]] std::uint64_t running_or_ready() const {
    std::array<char, 96> text{};
    if (::pread(descriptor_, text.data(), text.size() - 1, 0) <= 0) return 0;
    char* rest = text.data();
    const auto running = std::strtoull(rest, &rest, 10);
    return running + std::strtoull(rest, &rest, 10);
  }

 private:
  int descriptor_;
};

void fetch(std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const auto count = ::getrandom(bytes.data(), bytes.size(), 0);
    if (count < 0 && errno != EINTR) std::abort();  // keys must not be guessable
    if (count > 0) bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

}  // namespace

Timestamp SystemClock::now() const { return {read_clock(CLOCK_REALTIME)}; }
Duration SystemClock::monotonic() const { return {read_clock(CLOCK_MONOTONIC)}; }
Duration SystemClock::blocked() const {
  thread_local const SchedulerFigures figures;
  return {(read_clock(CLOCK_MONOTONIC) * 1'000 - figures.running_or_ready()) / 1'000};
}

void SystemRandom::fill(std::span<std::byte> bytes) {
  if (bytes.size() > ahead_.size()) return fetch(bytes);
  if (bytes.size() > left_) {
    fetch(ahead_);
    left_ = ahead_.size();
  }
  const auto given = std::span(ahead_).last(left_).first(bytes.size());
  std::ranges::copy(given, bytes.begin());
  explicit_bzero(given.data(), given.size());
  left_ -= given.size();
}

}  // namespace iggy::runtime
