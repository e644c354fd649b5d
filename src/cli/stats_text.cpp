// The statistics of a server, printed.
#include "cli/stats_text.hpp"

#include <fmt/format.h>

#include <concepts>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace iggy::cli {
namespace {

/// A string of JSON and of TOML, which escape alike.
std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += fmt::format("\\{}", c);
    } else if (byte < 0x20 || byte == 0x7F) {
      result += fmt::format("\\u{:04x}", byte);
    } else {
      result += c;
    }
  }
  return result + '"';
}

/// The shortest digits that give the number back, with a point.
std::string decimal(float value) {
  auto text = fmt::format("{}", value);
  if (text.find_first_not_of("-0123456789") == text.npos) text += ".0";
  return text;
}

std::string value_text(std::integral auto value) { return fmt::to_string(value); }
std::string value_text(float value) { return decimal(value); }
std::string value_text(ByteSize value) { return quoted(value.to_string()); }
std::string value_text(Duration value) { return fmt::to_string(value.microseconds); }
std::string value_text(Timestamp value) { return fmt::to_string(value.microseconds); }
std::string value_text(const std::string& value) { return quoted(value); }

enum class Part : std::uint8_t { semver, cache, plain };

/// Hands each field to `show(name, text, part)`, in the order of the published output.
template <class Show>
void for_each_field(const wire::Stats& s, Show show) {
  const auto plain = [&](std::string_view name, const auto& value) {
    show(name, value_text(value), Part::plain);
  };
  plain("process_id", s.process_id);
  plain("cpu_usage", s.cpu_usage);
  plain("total_cpu_usage", s.total_cpu_usage);
  plain("memory_usage", s.memory_usage);
  plain("total_memory", s.total_memory);
  plain("available_memory", s.available_memory);
  plain("run_time", s.run_time);
  plain("start_time", s.start_time);
  plain("read_bytes", s.read_bytes);
  plain("written_bytes", s.written_bytes);
  plain("messages_size_bytes", s.messages_size_bytes);
  plain("streams_count", s.streams_count);
  plain("topics_count", s.topics_count);
  plain("partitions_count", s.partitions_count);
  plain("segments_count", s.segments_count);
  plain("messages_count", s.messages_count);
  plain("clients_count", s.clients_count);
  plain("consumer_groups_count", s.consumer_groups_count);
  plain("hostname", s.hostname);
  plain("os_name", s.os_name);
  plain("os_version", s.os_version);
  plain("kernel_version", s.kernel_version);
  plain("iggy_server_version", s.iggy_server_version);
  show("iggy_server_semver", value_text(s.iggy_server_semver), Part::semver);
  show("cache_metrics", std::string(), Part::cache);
  plain("threads_count", s.threads_count);
  plain("free_disk_space", s.free_disk_space);
  plain("total_disk_space", s.total_disk_space);
}

std::string cache_key(const wire::CacheMetric& metric) {
  return quoted(fmt::format("{}-{}-{}", number(metric.stream_id), number(metric.topic_id),
                            number(metric.partition_id)));
}

std::string cache_json(const wire::Stats& stats) {
  if (stats.cache_metrics.empty()) return "{}";
  std::string text = "{";
  for (const auto& metric : stats.cache_metrics) {
    text += fmt::format(
        "{}\n    {}: {{\n      \"hits\": {},\n      \"misses\": {},\n      \"hit_ratio\": {}\n    "
        "}}",
        text.size() > 1 ? "," : "", cache_key(metric), metric.hits, metric.misses,
        decimal(metric.hit_ratio));
  }
  return text + "\n  }";
}

std::string cache_toml(const wire::Stats& stats) {
  std::string text = "\n[cache_metrics]\n";
  for (const auto& metric : stats.cache_metrics) {
    text += fmt::format("\n[cache_metrics.{}]\nhits = {}\nmisses = {}\nhit_ratio = {}\n",
                        cache_key(metric), metric.hits, metric.misses, decimal(metric.hit_ratio));
  }
  return text;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> stats_rows(const wire::Stats& s) {
  const auto count = [](auto value) { return fmt::to_string(value); };
  return {
      {"Iggy Server PID", count(s.process_id)},
      {"Iggy Server CPU Usage", fmt::format("{:.4f} %", s.cpu_usage)},
      {"Total CPU Usage", fmt::format("{:.4f} %", s.total_cpu_usage)},
      {"Iggy Server Memory Usage", count(s.memory_usage.bytes)},
      {"Total Memory (RAM)", count(s.total_memory.bytes)},
      {"Available Memory (RAM)", count(s.available_memory.bytes)},
      {"Iggy Server Run Time", count(s.run_time.microseconds / 1'000'000)},
      {"Start Time (UTC)", s.start_time.to_string()},
      {"Read Bytes", count(s.read_bytes.bytes)},
      {"Written Bytes", count(s.written_bytes.bytes)},
      {"Messages Size Bytes", count(s.messages_size_bytes.bytes)},
      {"Streams Count", count(s.streams_count)},
      {"Topics Count", count(s.topics_count)},
      {"Partitions Count", count(s.partitions_count)},
      {"Segments Count", count(s.segments_count)},
      {"Message Count", count(s.messages_count)},
      {"Clients Count", count(s.clients_count)},
      {"Consumer Groups Count", count(s.consumer_groups_count)},
      {"Threads Count", count(s.threads_count)},
      {"Free Disk Space", count(s.free_disk_space.bytes)},
      {"Total Disk Space", count(s.total_disk_space.bytes)},
      {"OS Name", s.os_name},
      {"OS Version", s.os_version},
      {"Kernel Version", s.kernel_version},
  };
}

std::string stats_json(const wire::Stats& stats) {
  std::string text = "{";
  for_each_field(stats, [&](std::string_view name, std::string value, Part part) {
    if (part == Part::semver && stats.iggy_server_semver == 0) value = "null";
    if (part == Part::cache) value = cache_json(stats);
    text += fmt::format("{}\n  \"{}\": {}", text.size() > 1 ? "," : "", name, value);
  });
  return text + "\n}";
}

std::string stats_toml(const wire::Stats& stats) {
  std::string text;
  for_each_field(stats, [&](std::string_view name, std::string value, Part part) {
    const bool is_unknown = part == Part::semver && stats.iggy_server_semver == 0;
    if (part != Part::cache && !is_unknown) text += fmt::format("{} = {}\n", name, value);
  });
  return text + cache_toml(stats);  // a table of TOML comes last
}

}  // namespace iggy::cli
