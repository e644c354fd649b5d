// Which CPUs, and how many, this process may use.
#include <sched.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <string_view>

#include "runtime/cgroup.hpp"
#include "runtime/cpus.hpp"
#include "runtime/runtime.hpp"

namespace iggy::runtime {
namespace {

/// The tightest quota from the process's own cgroup up to the root.
std::size_t cgroup_quota_cpus() {
  auto fewest = no_cpu_quota;
  for (const auto& max : cgroup_texts("cpu.max")) fewest = std::min(fewest, parse_cpu_quota(max));
  return fewest;
}

}  // namespace

std::size_t parse_cpu_quota(std::string_view cpu_max) {
  std::istringstream fields{std::string(cpu_max)};
  std::uint64_t quota = 0;
  std::uint64_t period = 0;
  fields >> quota >> period;  // "max 100000" fails at the first
  if (!fields || quota == 0 || period == 0) return no_cpu_quota;
  return static_cast<std::size_t>(quota / period + (quota % period != 0 ? 1 : 0));
}

std::vector<int> available_cpus() {
  std::vector<int> cpus;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) == 0) {
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
    }
  }
  if (cpus.empty()) cpus.push_back(0);  // more than 1024 of them; one is certain
  cpus.resize(std::min(cpus.size(), cgroup_quota_cpus()));
  return cpus;
}

}  // namespace iggy::runtime
