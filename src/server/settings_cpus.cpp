// Choosing the CPUs that get a shard.
#include "server/settings_cpus.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <string_view>

#include "runtime/startup_file.hpp"

namespace iggy::server {
namespace {

using Chosen = std::expected<std::vector<int>, std::string>;

constexpr std::uint32_t numa_nodes_max = 1024;

/// Reads "0-3,8,10-11", as /sys writes lists of CPUs; what is not understood is left out.
std::vector<int> parse_cpu_list(std::string_view text) {
  constexpr int cpus_max = 1 << 16;
  std::vector<int> cpus;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    const auto part = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));

    int first = 0;
    const auto* const end = part.data() + part.size();
    const auto [rest, error] = std::from_chars(part.data(), end, first);
    int last = first;
    if (rest != end && *rest == '-') std::from_chars(rest + 1, end, last);
    if (error != std::errc{} || first < 0 || last > cpus_max) continue;
    for (int cpu = first; cpu <= last; ++cpu) cpus.push_back(cpu);
  }
  return cpus;
}

std::vector<int> read_cpu_list(const std::string& path) {
  const auto text = runtime::read_small_file(path, 64 * 1024);
  return text ? parse_cpu_list(*text) : std::vector<int>{};
}

std::map<int, std::uint32_t> numa_nodes() {
  std::map<int, std::uint32_t> nodes;
  for (const int node : read_cpu_list("/sys/devices/system/node/online")) {
    if (static_cast<std::uint32_t>(node) >= numa_nodes_max) continue;
    const auto path = fmt::format("/sys/devices/system/node/node{}/cpulist", node);
    for (const int cpu : read_cpu_list(path)) nodes[cpu] = static_cast<std::uint32_t>(node);
  }
  return nodes;
}

std::unexpected<std::string> refuse(const CpuAllocation& allocation, std::string_view allowed) {
  return std::unexpected(
      fmt::format("system.sharding.cpu_allocation = \"{}\": {}", allocation.to_string(), allowed));
}

std::vector<int> numbers_of(const std::vector<CpuPlace>& places) {
  std::vector<int> cpus;
  for (const auto& place : places) cpus.push_back(place.cpu);
  std::ranges::sort(cpus);
  return cpus;
}

Chosen choose_count(const CpuAllocation& allocation, std::vector<int> cpus) {
  if (allocation.count > cpus.size()) {
    return refuse(allocation, fmt::format("this process may use only {} CPUs", cpus.size()));
  }
  cpus.resize(allocation.count);
  return cpus;
}

Chosen choose_range(const CpuAllocation& allocation, const std::vector<int>& available) {
  std::vector<int> cpus;
  for (const int cpu : available) {
    const auto number = static_cast<std::uint32_t>(cpu);
    if (number >= allocation.first && number < allocation.end) cpus.push_back(cpu);
  }
  if (cpus.size() != allocation.end - allocation.first) {
    return refuse(allocation,
                  fmt::format("this process may use only the CPUs {}", fmt::join(available, ", ")));
  }
  return cpus;
}

Chosen choose_numa(const CpuAllocation& allocation, std::vector<CpuPlace> places) {
  std::ranges::sort(places, {}, &CpuPlace::cpu);
  std::map<std::uint32_t, std::vector<int>> cpus_of_node;
  std::set<int> cores;
  for (const auto& place : places) {
    if (allocation.without_siblings && !cores.insert(place.first_sibling).second) continue;
    cpus_of_node[place.numa_node].push_back(place.cpu);
  }

  auto nodes = allocation.numa_nodes;
  if (nodes.empty()) {
    for (const auto& [node, cpus] : cpus_of_node) nodes.push_back(node);
  }
  std::set<int> chosen;
  for (const auto node : nodes) {
    const auto& cpus = cpus_of_node[node];
    const auto count = allocation.cores_per_node == 0 ? cpus.size() : allocation.cores_per_node;
    if (cpus.empty() || count > cpus.size()) {
      return refuse(
          allocation,
          fmt::format("this process may use only {} such CPUs of NUMA node {}", cpus.size(), node));
    }
    chosen.insert(cpus.begin(), cpus.begin() + static_cast<std::ptrdiff_t>(count));
  }
  return std::vector<int>(chosen.begin(), chosen.end());
}

}  // namespace

std::vector<CpuPlace> cpu_places(const std::vector<int>& cpus) {
  const auto nodes = numa_nodes();
  std::vector<CpuPlace> places;
  for (const int cpu : cpus) {
    const auto siblings = read_cpu_list(
        fmt::format("/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list", cpu));
    const auto node = nodes.find(cpu);
    places.push_back({.cpu = cpu,
                      .numa_node = node == nodes.end() ? 0 : node->second,
                      .first_sibling = siblings.empty() ? cpu : siblings.front()});
  }
  return places;
}

Chosen choose_cpus(const CpuAllocation& allocation, const std::vector<CpuPlace>& available) {
  using Kind = CpuAllocation::Kind;
  if (available.empty()) return refuse(allocation, "this process may use no CPU");
  switch (allocation.kind) {
    case Kind::count:
      return choose_count(allocation, numbers_of(available));
    case Kind::range:
      return choose_range(allocation, numbers_of(available));
    case Kind::numa:
      return choose_numa(allocation, available);
    case Kind::all:
      break;
  }
  return numbers_of(available);
}

}  // namespace iggy::server
