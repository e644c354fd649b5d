// The statistics of a server as JSON and TOML.
#include "cli/stats_text.hpp"

#include <gtest/gtest.h>

namespace iggy::cli {
namespace {

wire::Stats some_stats() {
  wire::Stats stats;
  stats.process_id = 7;
  stats.cpu_usage = 1.6666667F;
  stats.total_cpu_usage = 3;
  stats.memory_usage = {150'949'888};
  stats.run_time = Duration::seconds(61);
  stats.start_time = {1'700'000'000'000'000};
  stats.hostname = "a\"b";
  stats.os_name = "Linux";
  stats.iggy_server_version = "0.8.0";
  stats.iggy_server_semver = 8000;
  return stats;
}

TEST(StatsText, is_json) {
  EXPECT_EQ(stats_json(some_stats()), R"({
  "process_id": 7,
  "cpu_usage": 1.6666667,
  "total_cpu_usage": 3.0,
  "memory_usage": "147412 KiB",
  "total_memory": "0 B",
  "available_memory": "0 B",
  "run_time": 61000000,
  "start_time": 1700000000000000,
  "read_bytes": "0 B",
  "written_bytes": "0 B",
  "messages_size_bytes": "0 B",
  "streams_count": 0,
  "topics_count": 0,
  "partitions_count": 0,
  "segments_count": 0,
  "messages_count": 0,
  "clients_count": 0,
  "consumer_groups_count": 0,
  "hostname": "a\"b",
  "os_name": "Linux",
  "os_version": "",
  "kernel_version": "",
  "iggy_server_version": "0.8.0",
  "iggy_server_semver": 8000,
  "cache_metrics": {},
  "threads_count": 0,
  "free_disk_space": "0 B",
  "total_disk_space": "0 B"
})");
}

TEST(StatsText, has_cache_metrics_by_partition) {
  auto stats = some_stats();
  stats.iggy_server_semver = 0;
  stats.cache_metrics.push_back({.stream_id = StreamId{1},
                                 .topic_id = TopicId{2},
                                 .partition_id = PartitionId{3},
                                 .hits = 4,
                                 .misses = 5,
                                 .hit_ratio = 0.5F});

  const auto json = stats_json(stats);
  EXPECT_NE(json.find("  \"iggy_server_semver\": null,\n  \"cache_metrics\": {\n    \"1-2-3\": {\n"
                      "      \"hits\": 4,\n      \"misses\": 5,\n      \"hit_ratio\": 0.5\n    }\n"
                      "  },\n  \"threads_count\": 0,\n"),
            json.npos);
  const auto toml = stats_toml(stats);
  EXPECT_EQ(toml.find("iggy_server_semver"), toml.npos);
  EXPECT_TRUE(toml.starts_with("process_id = 7\ncpu_usage = 1.6666667\n"));
  EXPECT_TRUE(
      toml.ends_with("total_disk_space = \"0 B\"\n\n[cache_metrics]\n\n"
                     "[cache_metrics.\"1-2-3\"]\nhits = 4\nmisses = 5\nhit_ratio = 0.5\n"));
}

TEST(StatsText, has_a_row_for_each_label) {
  const auto rows = stats_rows(some_stats());

  ASSERT_EQ(rows.size(), 24U);
  EXPECT_EQ(rows[1], std::pair(std::string("Iggy Server CPU Usage"), std::string("1.6667 %")));
  EXPECT_EQ(rows[6], std::pair(std::string("Iggy Server Run Time"), std::string("61")));
  EXPECT_EQ(rows[7],
            std::pair(std::string("Start Time (UTC)"), std::string("2023-11-14 22:13:20")));
}

}  // namespace
}  // namespace iggy::cli
