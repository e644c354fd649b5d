// Tests of what settings must hold: each rule with its message.
#include <gtest/gtest.h>

#include <functional>

#include "server/settings.hpp"

namespace iggy::server {
namespace {

using Lines = std::vector<std::string>;

Lines problems_after(const std::function<void(Settings&)>& change) {
  Settings settings;
  change(settings);
  return check_settings(settings);
}

TEST(Checking, finds_nothing_wrong_with_the_defaults) {
  EXPECT_EQ(check_settings(Settings{}), Lines{});
}

TEST(Checking, wants_an_address_of_each_enabled_listener) {
  const std::string allowed =
      R"(: must be host:port, such as "127.0.0.1:8090", "[::1]:8090" or "0.0.0.0:0")";

  EXPECT_EQ(problems_after([](Settings& s) { s.tcp.address = "8090"; }),
            Lines{R"(tcp.address = "8090")" + allowed});
  EXPECT_EQ(problems_after([](Settings& s) { s.quic.address = ""; }),
            Lines{R"(quic.address = "")" + allowed});
  EXPECT_EQ(problems_after([](Settings& s) { s.http.address = "1.2.3:80"; }),
            Lines{R"(http.address = "1.2.3:80")" + allowed});
  EXPECT_EQ(problems_after([](Settings& s) { s.websocket.address = "a:65536"; }),
            Lines{R"(websocket.address = "a:65536")" + allowed});
  EXPECT_EQ(problems_after([](Settings& s) {
              s.http.address = "nonsense";
              s.http.enabled = false;
            }),
            Lines{});
}

TEST(Checking, accepts_addresses_and_host_names) {
  for (const auto* address :
       {"0.0.0.0:0", "[::]:8090", "[::1]:65535", "localhost:8090", "a-b.example:1"}) {
    EXPECT_EQ(problems_after([&](Settings& s) { s.tcp.address = address; }), Lines{}) << address;
  }
  for (const auto* address : {"localhost", "localhost:", ":8090", "localhost:x", "local host:1",
                              "localhost:-1", "::1:8090x", "a_b:1", "1.2.3.4.5:1"}) {
    EXPECT_EQ(problems_after([&](Settings& s) { s.tcp.address = address; }).size(), 1) << address;
  }
}

TEST(Checking, wants_an_interval_of_the_message_saver) {
  EXPECT_EQ(problems_after([](Settings& s) { s.message_saver.interval = {}; }),
            Lines{R"(message_saver.interval = "0s": must be more than 0 s while )"
                  "message_saver.enabled is true"});
  EXPECT_EQ(problems_after([](Settings& s) {
              s.message_saver.interval = {};
              s.message_saver.enabled = false;
            }),
            Lines{});
}

TEST(Checking, wants_segments_of_a_multiple_of_512_bytes_up_to_1_gib) {
  const auto problem = [](ByteSize size) {
    return problems_after([&](Settings& s) { s.system.segment.size = size; });
  };

  EXPECT_EQ(problem(ByteSize{0}), Lines{R"(system.segment.size = "0 B": must be a multiple of )"
                                        "512 B, at most 1 GiB"});
  EXPECT_EQ(problem(ByteSize{1000}).size(), 1);
  EXPECT_EQ(problem(ByteSize{(1ULL << 30) + 512}).size(), 1);
  EXPECT_EQ(problem(ByteSize{512}), Lines{});
  EXPECT_EQ(problem(ByteSize{1'000'000'000}), Lines{});
}

TEST(Checking, wants_room_for_a_segment_in_a_topic) {
  EXPECT_EQ(problems_after([](Settings& s) { s.system.topic.max_size = TopicSize{1_MiB}; }),
            Lines{R"(system.topic.max_size = "1 MiB": must be at least system.segment.size, )"
                  "which is 1 GiB"});
  EXPECT_EQ(problems_after([](Settings& s) { s.system.topic.max_size = TopicSize{1_GiB}; }),
            Lines{});
}

TEST(Checking, wants_sensible_logging) {
  EXPECT_EQ(problems_after([](Settings& s) { s.system.logging.level = " "; }),
            Lines{R"(system.logging.level = " ": must be a level, such as "info", "debug" or )"
                  R"("off")"});
  EXPECT_EQ(
      problems_after([](Settings& s) { s.system.logging.retention = Duration::milliseconds(999); }),
      Lines{R"(system.logging.retention = "999ms": must be at least 1 s)"});
  EXPECT_EQ(problems_after([](Settings& s) { s.system.logging.rotation_check_interval = {}; }),
            Lines{R"(system.logging.rotation_check_interval = "0s": must be at least 1 s)"});
  EXPECT_EQ(problems_after([](Settings& s) { s.system.logging.max_total_size = 1_MiB; }),
            Lines{R"(system.logging.max_file_size = "500 MB": must be at most )"
                  "system.logging.max_total_size, which is 1 MiB"});
  EXPECT_EQ(problems_after([](Settings& s) { s.system.logging.max_total_size = {}; }), Lines{});
}

TEST(Checking, keeps_directories_that_are_emptied_away_from_the_data) {
  for (const auto* path : {"", "/tmp", ".", "..", "../x", "a/../..", "a//b", "a/.", "state",
                           "streams/x", "partitions", "format"}) {
    EXPECT_EQ(problems_after([&](Settings& s) { s.system.runtime.path = path; }).size(), 1) << path;
  }
  EXPECT_EQ(problems_after([](Settings& s) { s.system.runtime.path = "run/time"; }), Lines{});
  EXPECT_EQ(problems_after([](Settings& s) { s.system.logging.path = ".."; }),
            Lines{R"(system.logging.path = "..": must be a directory below system.path that holds )"
                  R"(nothing else, such as "logs")"});
  EXPECT_EQ(problems_after([](Settings& s) { s.system.logging.path = "runtime/logs"; }).size(), 1);
  EXPECT_EQ(problems_after([](Settings& s) { s.system.path = ""; }),
            Lines{R"(system.path = "": must be the path of a directory)"});
}

TEST(Checking, looks_at_the_cluster_only_if_it_is_enabled) {
  const auto spoil = [](Settings& s) {
    s.cluster.name = "";
    s.cluster.node.current = {.name = " ", .ip = ""};
    s.cluster.node.others = {{.name = "a", .ip = "1.1.1.1", .ports = {.tcp = 0}},
                             {.name = "a", .ip = "1.1.1.1"}};
  };

  EXPECT_EQ(problems_after(spoil), Lines{});
  EXPECT_EQ(problems_after([&](Settings& s) {
              spoil(s);
              s.cluster.enabled = true;
            }),
            (Lines{R"(cluster.name = "": must be a name)",
                   R"(cluster.node.current.name = " ": must be a name)",
                   R"(cluster.node.current.ip = "": must be an IP address)",
                   "cluster.node.others.0.ports.tcp = 0: must be from 1 to 65535",
                   R"(cluster.node.others.1.name = "a": must be a name that no other node has)"}));
}

TEST(Checking, refuses_two_nodes_at_one_place) {
  const auto problems = problems_after([](Settings& s) {
    s.cluster.enabled = true;
    s.cluster.node.others = {{.name = "a", .ip = "1.1.1.1", .ports = {.tcp = 5, .http = 6}},
                             {.name = "b", .ip = "1.1.1.1", .ports = {.tcp = 6, .http = 6}},
                             {.name = "c", .ip = "1.1.1.2", .ports = {.tcp = 5}}};
  });

  EXPECT_EQ(problems, Lines{"cluster.node.others.1.ports.http = 6: must be another one than that "
                            "of the other nodes on 1.1.1.1"});
}

TEST(Checking, refuses_the_name_of_this_node_for_another) {
  const auto problems = problems_after([](Settings& s) {
    s.cluster.enabled = true;
    s.cluster.node.others[0].name = "iggy-node-1";
  });

  EXPECT_EQ(problems, Lines{R"(cluster.node.others.0.name = "iggy-node-1": must be a name that no )"
                            "other node has"});
}

TEST(Checking, bounds_the_limits) {
  EXPECT_EQ(problems_after([](Settings& s) { s.limits.connections = 0; }),
            Lines{"limits.connections = 0: must be at least 1"});
  EXPECT_EQ(problems_after([](Settings& s) { s.limits.poll_reply_size = 4_GiB; }),
            Lines{R"(limits.poll_reply_size = "4 GiB": must be from 4 KiB to 4 GiB - 1 B)"});
  EXPECT_EQ(problems_after([](Settings& s) { s.limits.control_frame_size = ByteSize{100}; }).size(),
            1);
  EXPECT_EQ(problems_after([](Settings& s) { s.limits.send_frame_size = {}; }).size(), 1);
  EXPECT_EQ(problems_after([](Settings& s) { s.limits.receive_bytes = 128_MiB; }),
            Lines{R"(limits.receive_bytes = "128 MiB": must be at least limits.send_frame_size )"
                  "and limits.control_frame_size, which are 256 MiB and 10 MiB"});
}

TEST(Checking, reports_all_problems_at_once) {
  EXPECT_EQ(problems_after([](Settings& s) {
              s.tcp.address = "x";
              s.system.segment.size = ByteSize{1};
              s.limits.connections = 0;
            }).size(),
            3);
}

}  // namespace
}  // namespace iggy::server
