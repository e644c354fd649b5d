// Asks the kernel for time and randomness.
#include "runtime/system.hpp"

#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>

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
std::uint64_t SystemClock::waits_count() const {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  return static_cast<std::uint64_t>(usage.ru_nvcsw);
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
