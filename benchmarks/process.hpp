// What a process has used so far: CPU time, memory, the disk.
#pragma once

#include <cstdint>

namespace iggy::benchmarks {

struct Usage {
  double cpu_seconds =
      0;  // of all threads, those of the kernel that work for it and ended ones too
  double resident_mb = 0;
  double resident_peak_mb = 0;
  std::uint64_t read_bytes = 0;  // from the disk, not from the page cache
  std::uint64_t written_bytes = 0;
};

/// Zeros for a process that is gone.
Usage usage_of(int pid);

/// CPU seconds of everything on this machine since it started, in steps of 10 ms.
double machine_cpu_seconds();

}  // namespace iggy::benchmarks
