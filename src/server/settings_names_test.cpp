// Tests of the names of settings.
#include "server/settings_names.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace iggy::server {
namespace {

using Names = std::vector<std::string>;

TEST(EnvironmentName, is_the_path_in_capitals) {
  EXPECT_EQ(environment_name("tcp.address"), "IGGY_TCP_ADDRESS");
  EXPECT_EQ(environment_name("system.partition.messages_required_to_save"),
            "IGGY_SYSTEM_PARTITION_MESSAGES_REQUIRED_TO_SAVE");
  EXPECT_EQ(environment_name("cluster.node.others.0.ports.tcp"),
            "IGGY_CLUSTER_NODE_OTHERS_0_PORTS_TCP");
}

TEST(KnownPaths, give_each_variable_one_meaning) {
  const auto paths = known_paths();

  EXPECT_EQ(paths_by_environment_name().size(), paths.size());
  EXPECT_EQ(std::set<std::string>(paths.begin(), paths.end()).size(), paths.size());
}

TEST(KnownPaths, hold_ten_elements_of_each_list_of_tables) {
  const auto paths = paths_by_environment_name();

  EXPECT_EQ(paths.at("IGGY_CLUSTER_NODE_OTHERS_9_PORTS_TCP"), "cluster.node.others.9.ports.tcp");
  EXPECT_EQ(paths.at("IGGY_HTTP_JWT_TRUSTED_ISSUERS_9_ISSUER"),
            "http.jwt.trusted_issuers.9.issuer");
  EXPECT_FALSE(paths.contains("IGGY_CLUSTER_NODE_OTHERS_10_NAME"));
}

TEST(ReservedKeys, are_none_of_the_settings) {
  Settings settings;
  for (const auto& field : fields_of(settings)) {
    EXPECT_EQ(find_reserved(field.path), nullptr) << field.path;
  }
}

TEST(ReservedKeys, are_found_with_and_without_index) {
  EXPECT_NE(find_reserved("tcp.ipv6"), nullptr);
  EXPECT_EQ(find_reserved("http.jwt.trusted_issuers.123.issuer")->path,
            "http.jwt.trusted_issuers.#.issuer");
  EXPECT_EQ(find_reserved("http.jwt.trusted_issuers.x.issuer"), nullptr);
}

TEST(SimilarNames, are_at_most_three_and_the_closest_first) {
  const Names known = {"IGGY_TCP_ENABLED", "IGGY_HTTP_ADDRESS", "IGGY_TCPS_ADDRESS",
                       "IGGY_SYSTEM_PATH", "IGGY_TCP_ADDRESS",  "IGGY_TOP_ADDRESS"};

  EXPECT_EQ(similar_names("IGGY_TCP_ADRESS", known),
            (Names{"IGGY_TCP_ADDRESS", "IGGY_TCPS_ADDRESS", "IGGY_TOP_ADDRESS"}));
  EXPECT_EQ(similar_names("IGGY_SYSTEMPATH", known), Names{"IGGY_SYSTEM_PATH"});
  EXPECT_EQ(similar_names("NOTHING_LIKE_IT_AT_ALL", known), Names{});
  EXPECT_EQ(similar_names(std::string(10'000, 'A'), known), Names{});
}

}  // namespace
}  // namespace iggy::server
