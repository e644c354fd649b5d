// Figures of this process and of the machine, for stats.
#pragma once

#include <cstdint>
#include <string>

#include "iggy/units.hpp"

namespace iggy::runtime {

/// Zero or empty where the system does not say.
struct ProcessFigures {
  std::uint32_t process_id = 0;
  float cpu_percent = 0;           // of this process, since the previous call; 100 is one core
  float total_cpu_percent = 0;     // of the machine, since the previous call; 100 is all cores
  std::uint64_t memory_bytes = 0;  // resident
  std::uint64_t total_memory_bytes = 0;
  std::uint64_t available_memory_bytes = 0;
  std::uint64_t read_bytes = 0;     // from disks
  std::uint64_t written_bytes = 0;  // to disks
  std::uint32_t threads_count = 0;
};

struct HostNames {
  std::string hostname;
  std::string os_name;
  std::string os_version;
  std::string kernel_version;
};

/// Reads /proc; a few dozen microseconds. Keeps the previous counters, so that CPU figures are
/// those of the time between two calls. Belongs to one shard.
class ProcessMeter {
 public:
  ProcessFigures measure();

 private:
  std::uint64_t process_ticks_ = 0;
  std::uint64_t busy_ticks_ = 0;
  std::uint64_t total_ticks_ = 0;
  std::uint64_t measured_at_us_ = 0;
};

[[nodiscard]] HostNames host_names();

/// So many dirty bytes make the kernel begin to write them back: its setting, and if that is a part
/// of the memory, of what is available now, or of what the cgroups permit.
[[nodiscard]] std::uint64_t dirty_background_bytes();

/// How many descriptors the process may have open now.
[[nodiscard]] std::uint64_t descriptor_limit();

}  // namespace iggy::runtime
