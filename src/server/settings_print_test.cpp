// Tests of the printed configuration.
#include <gtest/gtest.h>

#include "server/settings_load.hpp"

namespace iggy::server {
namespace {

Settings reload(const std::string& text) {
  auto loaded = load_settings(SettingsSources{.file_name = "printed", .file_text = text});
  EXPECT_EQ(loaded.problems, std::vector<std::string>{});
  return loaded.settings;
}

TEST(PrintedSettings, have_one_table_for_each_section) {
  const auto text = to_toml(Settings{});

  EXPECT_TRUE(
      text.starts_with("[tcp]\n"
                       "enabled = true\n"
                       "address = \"127.0.0.1:8090\"\n"
                       "socket_migration = true\n"
                       "\n"
                       "[tcp.socket]\n"
                       "override_defaults = false\n"
                       "recv_buffer_size = \"100 KB\"\n"))
      << text;
  EXPECT_NE(text.find("\n[[cluster.node.others]]\n"
                      "name = \"iggy-node-2\"\n"
                      "ip = \"127.0.0.1\"\n"
                      "\n"
                      "[cluster.node.others.ports]\n"
                      "tcp = 8091\n"),
            text.npos);
}

TEST(PrintedSettings, hold_values_in_canonical_form) {
  const auto text = to_toml(Settings{});

  for (const auto* line : {"max_size = \"unlimited\"", "message_expiry = \"never_expire\"",
                           "retention = \"7days\"", "size = \"1 GiB\"", "interval = \"30s\"",
                           "cpu_allocation = \"all\"", "connections = 10000"}) {
    EXPECT_NE(text.find(std::string("\n") + line + "\n"), text.npos) << line;
  }
  EXPECT_EQ(text.find("linger"), text.npos);
}

TEST(PrintedSettings, can_be_loaded_again) {
  Settings settings;
  settings.tcp.address = "[::1]:1234";
  settings.tcp.socket.linger = Duration{};
  settings.system.path = "a \"quoted\\\" path\n\x7f\xc3\xa4";
  settings.system.topic.max_size = TopicSize{5_GiB};
  settings.system.topic.message_expiry = MessageExpiry{Duration::seconds(90'061)};
  settings.system.sharding.cpu_allocation =
      *CpuAllocation::parse("numa:nodes=0;cores=2;no_ht=false");
  settings.cluster.node.others = {{.name = "a", .ip = "1.1.1.1"},
                                  {.name = "b", .ip = "1.1.1.2", .ports = {.http = 5}}};
  const auto text = to_toml(settings);

  const auto loaded = reload(text);
  EXPECT_EQ(to_toml(loaded), text);
  EXPECT_EQ(loaded.system.path, settings.system.path);
  EXPECT_EQ(loaded.cluster.node.others.at(1).ports.http, 5);
  EXPECT_EQ(loaded.cluster.node.others.at(0).ports.http, std::nullopt);
}

TEST(PrintedSettings, can_be_loaded_again_without_other_nodes) {
  Settings settings;
  settings.cluster.node.others.clear();
  const auto text = to_toml(settings);

  EXPECT_TRUE(reload(text).cluster.node.others.empty());
  EXPECT_EQ(to_toml(reload(text)), text);
}

}  // namespace
}  // namespace iggy::server
