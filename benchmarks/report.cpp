// Figures as JSON.
#include "benchmarks/report.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace iggy::benchmarks {

namespace {

std::string to_json(const Figures& figures, const Load& load) {
  if (figures.requests == 0) return "null";
  const auto seconds = static_cast<double>(figures.last_completion - load.measured_from) / 1e9;
  const auto per_second = [&](double amount) { return seconds > 0 ? amount / seconds : 0; };
  const auto bytes = figures.messages * load.options.message_size;
  return fmt::format(
      R"({{"requests": {}, "messages": {}, "bytes": {}, "empty_polls": {}, "seconds": {:.6f}, )"
      R"("requests_per_s": {:.1f}, "mb_per_s": {:.3f}, "latency": {}, "end_to_end": {}}})",
      figures.requests, figures.messages, bytes, figures.empty_polls, seconds,
      per_second(static_cast<double>(figures.requests)),
      per_second(static_cast<double>(bytes) / 1e6), figures.latency.to_json(),
      figures.end_to_end.count() > 0 ? figures.end_to_end.to_json() : "null");
}

}  // namespace

std::string to_json(const Outcome& outcome, const Load& load) {
  const auto& before = outcome.before;
  const auto& after = outcome.after;
  const auto server_cpu = after.server.cpu_seconds - before.server.cpu_seconds;
  const auto driver_cpu = after.driver.cpu_seconds - before.driver.cpu_seconds;
  const auto machine_cpu = after.machine_cpu_seconds - before.machine_cpu_seconds;
  return fmt::format(
      R"({{"producers": {}, "consumers": {}, "seconds": {:.6f}, "driver_cpu_s": {:.6f}, )"
      R"("server_cpu_s": {:.6f}, "others_cpu_s": {:.2f}, "server_rss_before_mb": {:.2f}, )"
      R"("server_rss_mb": {:.2f}, "server_rss_peak_mb": {:.2f}, "server_read_bytes": {}, )"
      R"("server_written_bytes": {}}})",
      to_json(outcome.producers, load), to_json(outcome.consumers, load), outcome.seconds,
      driver_cpu, server_cpu, std::max(machine_cpu - server_cpu - driver_cpu, 0.0),
      before.server.resident_mb, after.server.resident_mb, after.server.resident_peak_mb,
      after.server.read_bytes - before.server.read_bytes,
      after.server.written_bytes - before.server.written_bytes);
}

}  // namespace iggy::benchmarks
