// Figures of this process and of the machine, read from /proc.
#include "runtime/process.hpp"

#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include "runtime/cgroup.hpp"

namespace iggy::runtime {
namespace {

std::string read_text(const char* path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The number behind `key` in a text of "key: value" or "key=value" lines; 0 if it is not there.
std::uint64_t number_behind(std::string_view text, std::string_view key) {
  const auto at = text.find(key);
  if (at == std::string_view::npos) return 0;
  std::istringstream rest{std::string(text.substr(at + key.size(), 40))};
  std::uint64_t value = 0;
  rest >> value;
  return value;
}

std::string text_behind(std::string_view text, std::string_view key) {
  const auto at = text.find(key);
  if (at == std::string_view::npos) return {};
  auto rest = text.substr(at + key.size());
  rest = rest.substr(0, rest.find('\n'));
  if (rest.size() >= 2 && rest.front() == '"') rest = rest.substr(1, rest.size() - 2);
  return std::string(rest);
}

/// User and system ticks of this process: fields 14 and 15 of /proc/self/stat, counted behind the
/// command's name, which may contain blanks.
std::uint64_t process_ticks() {
  const auto text = read_text("/proc/self/stat");
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(text.substr(name_end + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  std::uint64_t user = 0;
  std::uint64_t system = 0;
  fields >> user >> system;
  return user + system;
}

struct MachineTicks {
  std::uint64_t busy = 0;
  std::uint64_t total = 0;
};

MachineTicks machine_ticks() {
  std::istringstream fields(read_text("/proc/stat"));
  std::string label;
  fields >> label;
  MachineTicks ticks;
  for (int field = 0; field < 8; ++field) {
    std::uint64_t value = 0;
    fields >> value;
    ticks.total += value;
    const bool is_idle = field == 3 || field == 4;  // idle, iowait
    if (!is_idle) ticks.busy += value;
  }
  return ticks;
}

std::uint64_t monotonic_us() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec) / 1'000;
}

}  // namespace

ProcessFigures ProcessMeter::measure() {
  const auto status = read_text("/proc/self/status");
  const auto memory = read_text("/proc/meminfo");
  const auto io = read_text("/proc/self/io");
  ProcessFigures figures{
      .process_id = static_cast<std::uint32_t>(getpid()),
      .memory_bytes = number_behind(status, "VmRSS:") * 1024,
      .total_memory_bytes = number_behind(memory, "MemTotal:") * 1024,
      .available_memory_bytes = number_behind(memory, "MemAvailable:") * 1024,
      .read_bytes = number_behind(io, "read_bytes:"),
      .written_bytes = number_behind(io, "\nwrite_bytes:"),
      .threads_count = static_cast<std::uint32_t>(number_behind(status, "Threads:")),
  };

  const auto process = process_ticks();
  const auto machine = machine_ticks();
  const auto now = monotonic_us();
  if (measured_at_us_ != 0 && now > measured_at_us_ && machine.total > total_ticks_) {
    const double seconds = static_cast<double>(now - measured_at_us_) / 1e6;
    const double ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
    figures.cpu_percent = static_cast<float>(100.0 * static_cast<double>(process - process_ticks_) /
                                             ticks_per_second / seconds);
    figures.total_cpu_percent =
        static_cast<float>(100.0 * static_cast<double>(machine.busy - busy_ticks_) /
                           static_cast<double>(machine.total - total_ticks_));
  }
  process_ticks_ = process;
  busy_ticks_ = machine.busy;
  total_ticks_ = machine.total;
  measured_at_us_ = now;
  return figures;
}

HostNames host_names() {
  HostNames names;
  utsname system{};
  if (uname(&system) == 0) {
    names.hostname = static_cast<const char*>(system.nodename);
    names.kernel_version = static_cast<const char*>(system.release);
  }
  const auto release = read_text("/etc/os-release");
  names.os_name = text_behind(release, "\nNAME=");
  if (names.os_name.empty()) names.os_name = text_behind(release, "NAME=");
  names.os_version = text_behind(release, "VERSION_ID=");
  return names;
}

std::uint64_t dirty_background_bytes() {
  const auto number = [](const std::string& text) { return number_behind(text, ""); };
  auto memory = number_behind(read_text("/proc/meminfo"), "MemAvailable:") * 1024;
  for (const auto& max : cgroup_texts("memory.max")) {
    if (const auto bytes = number(max); bytes != 0) memory = std::min(memory, bytes);  // "max": 0
  }
  const auto bytes = number(read_text("/proc/sys/vm/dirty_background_bytes"));
  return bytes != 0 ? bytes
                    : memory / 100 * number(read_text("/proc/sys/vm/dirty_background_ratio"));
}

std::uint64_t descriptor_limit() {
  rlimit limit{};
  constexpr std::uint64_t usual = 1024;
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : usual;
}

}  // namespace iggy::runtime
