// Tests of loading: defaults below the file, the file below the environment.
#include "server/settings_load.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "server/settings_fields.hpp"
#include "server/settings_names.hpp"

namespace iggy::server {
namespace {

using Lines = std::vector<std::string>;

LoadedSettings load(std::string file, runtime::Environment environment = {}) {
  return load_settings(SettingsSources{.file_name = "server.toml",
                                       .file_text = std::move(file),
                                       .environment = std::move(environment)});
}

Lines notices(const LoadedSettings& loaded, base::LogLevel level) {
  Lines lines;
  for (const auto& notice : loaded.notices) {
    if (notice.level == level) lines.push_back(notice.text);
  }
  return lines;
}

Lines warnings(const LoadedSettings& loaded) { return notices(loaded, base::LogLevel::warning); }

std::string shipped_file() {
  return *runtime::read_small_file(IGGY_TEST_DATA "/../../config/server.toml", 1 << 20);
}

TEST(ShippedFile, holds_exactly_the_defaults) {
  const auto loaded = load(shipped_file());

  EXPECT_EQ(loaded.problems, Lines{});
  EXPECT_EQ(warnings(loaded), Lines{});
  EXPECT_EQ(notices(loaded, base::LogLevel::debug), Lines{});
  EXPECT_EQ(to_toml(loaded.settings), to_toml(Settings{}));
}

TEST(ShippedFile, names_every_setting) {
  const auto text = shipped_file();
  const auto file = parse_settings_file(text, "server.toml");

  Settings defaults;
  for (const auto& field : fields_of(defaults)) {
    const auto key = field.path.substr(field.path.rfind('.') + 1);
    const bool is_absent = !field.type->print(field.member).has_value();
    if (is_absent) {
      EXPECT_NE(text.find("\n# " + key + " = "), text.npos) << field.path;
    } else {
      EXPECT_TRUE(file.values.contains(field.path)) << field.path;
    }
  }
}

TEST(ReferenceFile, is_loaded_without_complaint) {
  const auto text = *runtime::read_small_file(IGGY_TEST_DATA "/reference_settings.toml", 1 << 20);
  const auto loaded = load(text);

  EXPECT_EQ(loaded.problems, Lines{});
  EXPECT_EQ(warnings(loaded), Lines{});
  for (const auto& key : reserved_keys()) {
    const auto ignored = notices(loaded, base::LogLevel::debug).at(0);
    auto path = std::string(key.path);
    std::ranges::replace(path, '#', '0');
    EXPECT_NE(ignored.find(path), ignored.npos) << path;
  }
}

TEST(Loading, gives_the_defaults_without_file_and_environment) {
  const auto loaded = load_settings(SettingsSources{});

  EXPECT_EQ(loaded.problems, Lines{});
  EXPECT_EQ(to_toml(loaded.settings), to_toml(Settings{}));
}

TEST(Loading, puts_the_file_over_the_defaults_key_by_key) {
  const auto loaded = load(R"(
    tcp.address = "0.0.0.0:9000"
    [tcp.socket]
    linger = "5 s"
    nodelay = true
    [system]
    segment.size = 1_048_576
    topic.max_size = "2 GiB"
    topic.message_expiry = "1 day"
    sharding.cpu_allocation = 1
    [limits]
    connections = 7
  )");

  EXPECT_EQ(loaded.problems, Lines{});
  EXPECT_EQ(loaded.settings.tcp.address, "0.0.0.0:9000");
  EXPECT_EQ(loaded.settings.tcp.socket.linger, Duration::seconds(5));
  EXPECT_TRUE(loaded.settings.tcp.socket.nodelay);
  EXPECT_FALSE(loaded.settings.tcp.socket.keepalive);
  EXPECT_EQ(loaded.settings.system.segment.size, 1_MiB);
  EXPECT_EQ(loaded.settings.system.topic.max_size, TopicSize{2_GiB});
  EXPECT_EQ(loaded.settings.system.topic.message_expiry, MessageExpiry{Duration::seconds(86'400)});
  EXPECT_EQ(loaded.settings.system.sharding.cpu_allocation,
            (CpuAllocation{.kind = CpuAllocation::Kind::count, .count = 1}));
  EXPECT_EQ(loaded.settings.limits.connections, 7);
  EXPECT_EQ(loaded.settings.http.address, "127.0.0.1:3000");
}

TEST(Loading, puts_the_environment_over_the_file_whatever_the_type) {
  const auto loaded = load(R"(tcp.address = "0.0.0.0:9000")",
                           {
                               {"IGGY_TCP_ADDRESS", "127.0.0.1:1"},
                               {"IGGY_TCP_SOCKET_NODELAY", "TRUE"},
                               {"IGGY_TCP_SOCKET_LINGER", "0"},
                               {"IGGY_HTTP_ENABLED", "false"},
                               {"IGGY_CLUSTER_NAME", "123"},
                               {"IGGY_SYSTEM_PATH", "1e5"},
                               {"IGGY_SYSTEM_SEGMENT_SIZE", "1048576"},
                               {"IGGY_SYSTEM_TOPIC_MAX_SIZE", "1000000000"},
                               {"IGGY_SYSTEM_TOPIC_MESSAGE_EXPIRY", "never_expire"},
                               {"IGGY_SYSTEM_SHARDING_CPU_ALLOCATION", "2..4"},
                               {"IGGY_MESSAGE_SAVER_INTERVAL", "100ms"},
                               {"IGGY_LIMITS_CONNECTIONS", "5"},
                           });

  EXPECT_EQ(loaded.problems, Lines{});
  EXPECT_EQ(loaded.settings.tcp.address, "127.0.0.1:1");
  EXPECT_TRUE(loaded.settings.tcp.socket.nodelay);
  EXPECT_EQ(loaded.settings.tcp.socket.linger, Duration{});
  EXPECT_FALSE(loaded.settings.http.enabled);
  EXPECT_EQ(loaded.settings.cluster.name, "123");
  EXPECT_EQ(loaded.settings.system.path, "1e5");
  EXPECT_EQ(loaded.settings.system.segment.size, 1_MiB);
  EXPECT_EQ(loaded.settings.system.topic.max_size, TopicSize{ByteSize{1'000'000'000}});
  EXPECT_TRUE(loaded.settings.system.topic.message_expiry.is_never());
  EXPECT_EQ(loaded.settings.system.sharding.cpu_allocation.end, 4);
  EXPECT_EQ(loaded.settings.message_saver.interval, Duration::milliseconds(100));
  EXPECT_EQ(loaded.settings.limits.connections, 5);
}

TEST(Loading, reports_each_override) {
  const auto loaded = load("", {{"IGGY_TCP_ADDRESS", "127.0.0.1:1"}});
  const auto lines = notices(loaded, base::LogLevel::info);

  EXPECT_EQ(std::ranges::count(lines,
                               "IGGY_TCP_ADDRESS value changed to: 127.0.0.1:1 from environment "
                               "variable"),
            1);
}

TEST(Loading, takes_an_empty_variable_for_one_not_set) {
  const auto loaded = load("", {{"IGGY_TCP_ADDRESS", ""}, {"IGGY_NONSENSE", ""}});

  EXPECT_EQ(loaded.settings.tcp.address, "127.0.0.1:8090");
  EXPECT_EQ(warnings(loaded), Lines{});
}

TEST(Loading, looks_at_names_with_the_exact_prefix_alone) {
  const auto loaded = load("", {{"iggy_tcp_address", "x"},
                                {"TCP_ADDRESS", "x"},
                                {"IGGY_ROOT_PASSWORD", "x"},
                                {"IGGY_RUNTIME", "epoll"},
                                {"IGGY_ENV_PATH", "x"},
                                {"IGGY_CONNECTORS_SINK_ANY_PATH", "x"}});

  EXPECT_EQ(loaded.problems, Lines{});
  EXPECT_EQ(warnings(loaded), Lines{});
  EXPECT_EQ(to_toml(loaded.settings), to_toml(Settings{}));
}

TEST(Loading, warns_of_unknown_variables_and_names_those_that_were_meant) {
  const auto loaded = load("", {{"IGGY_TCP_ADRESS", "x"}, {"IGGY_SOMETHING_ELSE_ALTOGETHER", "x"}});

  EXPECT_EQ(warnings(loaded).size(), 2);
  EXPECT_EQ(warnings(loaded).at(0),
            "Unknown environment variable IGGY_SOMETHING_ELSE_ALTOGETHER is ignored");
  EXPECT_TRUE(warnings(loaded).at(1).starts_with(
      "Unknown environment variable IGGY_TCP_ADRESS is ignored; did you mean IGGY_TCP_ADDRESS"))
      << warnings(loaded).at(1);
}

TEST(Loading, warns_of_unknown_keys_with_their_place) {
  const auto loaded = load("[tcp]\nadress = 1\n[archiver.disk]\npath = \"x\"\n[empty]\n");

  EXPECT_EQ(loaded.problems, Lines{});
  ASSERT_EQ(warnings(loaded).size(), 3);
  EXPECT_TRUE(warnings(loaded).at(0).starts_with(
      "Unknown key archiver.disk.path (server.toml:4:8) is ignored"));
  EXPECT_TRUE(warnings(loaded).at(1).starts_with("Unknown key empty (server.toml:5:1)"));
  EXPECT_TRUE(warnings(loaded).at(2).starts_with(
      "Unknown key tcp.adress (server.toml:2:10) is ignored; did you mean tcp.address"));
}

TEST(Loading, does_not_take_a_quoted_key_with_a_point_for_a_path) {
  const auto loaded = load(R"("tcp.address" = "0.0.0.0:1")");

  EXPECT_EQ(loaded.settings.tcp.address, "127.0.0.1:8090");
  EXPECT_EQ(warnings(loaded).size(), 1);
}

TEST(Loading, reports_every_value_of_the_wrong_type_at_once) {
  const auto loaded = load(R"(
tcp.enabled = "yes"
tcp.address = 8090
limits.connections = -1
message_saver.interval = 30
system.segment.size = "1 Gb"
)",
                           {{"IGGY_QUIC_ENABLED", "on"}, {"IGGY_LIMITS_RECEIVE_BYTES", "lots"}});

  EXPECT_EQ(
      loaded.problems,
      (Lines{
          R"(tcp.enabled = "yes": must be true or false (server.toml:2:15))",
          R"(tcp.address = 8090: must be a text (server.toml:3:15))",
          R"(quic.enabled = "on": must be true or false (environment variable IGGY_QUIC_ENABLED))",
          R"(message_saver.interval = 30: must be a duration, such as "1m 30s" (server.toml:5:26))",
          R"(system.segment.size = "1 Gb": must be a size, such as "64 KiB" or 65536 )"
          R"((server.toml:6:23))",
          R"(limits.connections = -1: must be a whole number from 0 to 4294967295 )"
          R"((server.toml:4:22))",
          R"(limits.receive_bytes = "lots": must be a size, such as "64 KiB" or 65536 )"
          R"((environment variable IGGY_LIMITS_RECEIVE_BYTES))",
      }));
}

TEST(Loading, reports_values_that_are_valid_alone_but_not_allowed) {
  const auto loaded = load("limits.connections = 0");

  EXPECT_EQ(loaded.problems, Lines{"limits.connections = 0: must be at least 1"});
}

TEST(Loading, names_line_and_column_of_what_is_not_toml) {
  EXPECT_TRUE(load("[tcp]\naddress = \n").problems.at(0).starts_with("server.toml:2:11: "));
  EXPECT_TRUE(load("a = 1\na = 2\n").problems.at(0).starts_with("server.toml:2:"));
  EXPECT_TRUE(load("a = \"\xff\"").problems.at(0).starts_with("server.toml:1:"));
}

TEST(Loading, names_the_line_of_what_breaks_the_parser) {
  EXPECT_EQ(load("[tcp]\nenabled = true\n[:x]\n[http]\n").problems,
            Lines{"server.toml:3: a key must begin with a letter, digit or quote"});
  EXPECT_EQ(load("[:").problems.size(), 1);
}

TEST(Loading, refuses_letters_that_are_not_ascii_outside_of_quotes) {
  EXPECT_TRUE(load("é = 1").problems.at(0).starts_with("server.toml:1:1: "));
  EXPECT_TRUE(load("[tcp]\naddress = ҕ").problems.at(0).starts_with("server.toml:2:11: "));
}

TEST(Loading, refuses_a_value_where_a_table_belongs_and_the_other_way) {
  EXPECT_EQ(load("tcp = 5").problems, Lines{"tcp = 5: must be a table (server.toml:1:7)"});
  EXPECT_EQ(load("[tcp.address]\nhost = 1").problems,
            Lines{"tcp.address = 1: is a single value, not a table (server.toml:2:8)"});
  EXPECT_EQ(load("[tcp.address]").problems.size(), 1);
  EXPECT_EQ(load("[[tcp]]\nenabled = true").problems, Lines{});
}

TEST(Loading, accepts_empty_tables_of_known_sections) {
  const auto loaded = load("[tcp]\n[tcp.socket]\n[http.cors]\n[cluster.node]\n");

  EXPECT_EQ(loaded.problems, Lines{});
  EXPECT_EQ(warnings(loaded), Lines{});
}

TEST(Loading, checks_keys_without_effect_and_names_those_that_are_set) {
  const auto loaded =
      load("system.memory_pool.enabled = false\nsystem.segment.cache_indexes = true",
           {{"IGGY_SYSTEM_MEMORY_POOL_SIZE", "512 MiB"},
            {"IGGY_HTTP_CORS_ALLOWED_ORIGINS", R"([https://a, "https://b,c" ])"},
            {"IGGY_HTTP_JWT_TRUSTED_ISSUERS_1_ISSUER", "x"}});

  EXPECT_EQ(loaded.problems, Lines{});
  EXPECT_EQ(warnings(loaded), Lines{});
  EXPECT_EQ(notices(loaded, base::LogLevel::debug),
            Lines{"Keys without effect in this server: http.cors.allowed_origins, "
                  "http.jwt.trusted_issuers.1.issuer, system.memory_pool.enabled, "
                  "system.memory_pool.size, system.segment.cache_indexes"});
}

TEST(Loading, refuses_wrong_values_of_keys_without_effect) {
  const auto loaded = load(R"(
system.memory_pool.enabled = 1
system.segment.cache_indexes = "some"
telemetry.logs.transport = "udp"
http.cors.allowed_origins = "x"
)",
                           {{"IGGY_HTTP_CORS_ALLOWED_METHODS", "GET"}});

  EXPECT_EQ(loaded.problems.size(), 5);
}

TEST(Loading, refuses_to_do_without_what_security_relies_on) {
  EXPECT_EQ(load("tcp.tls.enabled = true").problems,
            Lines{"tcp.tls.enabled = true: is not available in this server: must be false "
                  "(server.toml:1:19)"});
  EXPECT_EQ(load("", {{"IGGY_SYSTEM_ENCRYPTION_ENABLED", "true"}}).problems.size(), 1);
}

TEST(Loading, never_shows_a_secret) {
  const auto loaded = load("system.encryption.key = 5\nhttp.jwt.decoding_secret = 'hush'",
                           {{"IGGY_HTTP_JWT_ENCODING_SECRET", "hush"}});

  EXPECT_EQ(loaded.problems,
            Lines{"system.encryption.key = ******: must be a text (server.toml:1:25)"});
  for (const auto& notice : loaded.notices) {
    EXPECT_EQ(notice.text.find("hush"), std::string::npos) << notice.text;
  }
}

TEST(Loading, prints_the_configuration_unless_told_otherwise) {
  const auto prints = [](const char* wish) {
    const auto lines = notices(load("", {{"IGGY_DISPLAY_CONFIG", wish}}), base::LogLevel::info);
    return std::ranges::any_of(lines, [](const std::string& line) {
      return line.starts_with("Using configuration: tcp.enabled = true, tcp.address = ");
    });
  };

  EXPECT_TRUE(prints(""));
  EXPECT_TRUE(prints("1"));
  EXPECT_TRUE(prints("true"));
  EXPECT_FALSE(prints("0"));
  EXPECT_FALSE(prints("false"));
}

TEST(ListOfTables, replaces_the_default_as_a_whole) {
  const auto loaded = load(R"(
[[cluster.node.others]]
name = "a"
ip = "10.0.0.1"
[[cluster.node.others]]
name = "b"
ip = "10.0.0.2"
ports.tcp = 1
)");

  EXPECT_EQ(loaded.problems, Lines{});
  const auto& others = loaded.settings.cluster.node.others;
  ASSERT_EQ(others.size(), 2);
  EXPECT_EQ(others[0].name, "a");
  EXPECT_EQ(others[0].ports.tcp, std::nullopt);
  EXPECT_EQ(others[1].ip, "10.0.0.2");
  EXPECT_EQ(others[1].ports.tcp, 1);
}

TEST(ListOfTables, may_be_empty) {
  EXPECT_TRUE(load("cluster.node.others = []").settings.cluster.node.others.empty());
}

TEST(ListOfTables, is_replaced_by_the_environment_as_a_whole) {
  const auto loaded =
      load("cluster.node.others = [{name = 'a', ip = '1.1.1.1'}, {name = 'b', ip = '1.1.1.2'}]",
           {{"IGGY_CLUSTER_NODE_OTHERS_0_NAME", "c"},
            {"IGGY_CLUSTER_NODE_OTHERS_0_IP", "1.1.1.3"},
            {"IGGY_CLUSTER_NODE_OTHERS_0_PORTS_TCP", "8091"}});

  EXPECT_EQ(loaded.problems, Lines{});
  const auto& others = loaded.settings.cluster.node.others;
  ASSERT_EQ(others.size(), 1);
  EXPECT_EQ(others[0].name, "c");
  EXPECT_EQ(others[0].ports.tcp, 8091);
}

TEST(ListOfTables, with_a_gap_lacks_the_keys_of_the_element_left_out) {
  const auto loaded = load(
      "", {{"IGGY_CLUSTER_NODE_OTHERS_1_NAME", "c"}, {"IGGY_CLUSTER_NODE_OTHERS_1_IP", "1.1.1.3"}});

  EXPECT_EQ(loaded.problems, (Lines{R"(cluster.node.others.0.name = "": must be a name)",
                                    R"(cluster.node.others.0.ip = "": must be an IP address)"}));
}

TEST(ListOfTables, has_a_bound) {
  EXPECT_EQ(load("[cluster.node.others.4000000000]\nname = 'a'").problems.size(), 1);
  EXPECT_EQ(load("[cluster.node.others.99999999999999999999]\nname = 'a'").problems.size(), 1);
  EXPECT_EQ(load("[cluster.node.others.63]\nname = 'a'").settings.cluster.node.others.size(), 64);
}

TEST(ListOfTables, is_told_from_other_values) {
  EXPECT_EQ(load("cluster.node.others = 5").problems.size(), 1);
  EXPECT_EQ(load("cluster.node.others = ['a']").problems.size(), 1);
  EXPECT_EQ(load("cluster.node.others = [{name = 'a', ip = '1.1.1.1'}, 5]").problems.size(), 1);
  EXPECT_EQ(load("[cluster.node.others]").problems.size(), 1);
  EXPECT_EQ(warnings(load("[[cluster.node.others]]\nname='a'\nip='1.1.1.1'\nport=1")).size(), 1);
}

TEST(ConfigurationFile, that_is_named_must_be_there) {
  const auto loaded = load_settings(runtime::Environment{{"IGGY_CONFIG_PATH", "/no/such.toml"}});

  EXPECT_EQ(loaded.problems,
            Lines{R"(IGGY_CONFIG_PATH = "/no/such.toml": there is no such file; name a TOML file )"
                  "that can be read, or unset the variable"});
}

TEST(ConfigurationFile, that_is_named_must_be_a_file) {
  const auto loaded = load_settings(runtime::Environment{{"IGGY_CONFIG_PATH", "/"}});

  EXPECT_EQ(loaded.problems,
            Lines{R"(IGGY_CONFIG_PATH = "/": this is no regular file; name a TOML file that can )"
                  "be read, or unset the variable"});
}

TEST(ConfigurationFile, is_read_where_it_is_named) {
  const std::string path = IGGY_TEST_DATA "/reference_settings.toml";
  const auto loaded = load_settings(runtime::Environment{{"IGGY_CONFIG_PATH", path}});

  EXPECT_EQ(loaded.problems, Lines{});
  EXPECT_EQ(loaded.settings.system.sharding.cpu_allocation.kind, CpuAllocation::Kind::numa);
  EXPECT_EQ(notices(loaded, base::LogLevel::info).at(0), "Configuration file: " + path);
}

}  // namespace
}  // namespace iggy::server
