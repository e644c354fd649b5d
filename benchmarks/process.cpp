// Usage from the process's clock and from /proc.
#include "benchmarks/process.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <ctime>
#include <fstream>
#include <numeric>
#include <string>

namespace iggy::benchmarks {

namespace {

/// The number behind `name` in a file of lines "name: number ..."; 0 if it is not there.
std::uint64_t number_in(const std::string& path, const std::string& name) {
  std::ifstream file(path);
  std::string word;
  while (file >> word) {
    if (word == name) {
      std::uint64_t number = 0;
      file >> number;
      return number;
    }
  }
  return 0;
}

/// In nanoseconds, while /proc/PID/stat counts ticks of 10 ms.
double cpu_seconds_of(int pid) {
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return 0;
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

}  // namespace

Usage usage_of(int pid) {
  const auto status = fmt::format("/proc/{}/status", pid);
  const auto io = fmt::format("/proc/{}/io", pid);
  constexpr double kb_per_mb = 1000.0 / 1.024;
  return {.cpu_seconds = cpu_seconds_of(pid),
          .resident_mb = static_cast<double>(number_in(status, "VmRSS:")) / kb_per_mb,
          .resident_peak_mb = static_cast<double>(number_in(status, "VmHWM:")) / kb_per_mb,
          .read_bytes = number_in(io, "read_bytes:"),
          .written_bytes = number_in(io, "write_bytes:")};
}

double machine_cpu_seconds() {
  std::ifstream file("/proc/stat");
  std::string word;
  std::array<double, 8> ticks{};  // user nice system idle iowait irq softirq steal
  file >> word;
  for (auto& one : ticks) file >> one;
  const auto all = std::accumulate(ticks.begin(), ticks.end(), 0.0);
  return (all - ticks[3] - ticks[4]) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace iggy::benchmarks
