// Tests of choosing CPUs.
#include "server/settings_cpus.hpp"

#include <gtest/gtest.h>

namespace iggy::server {
namespace {

using Cpus = std::vector<int>;

/// Two nodes with two cores of two hardware threads: 0 and 4 are the first core.
const std::vector<CpuPlace> machine = {
    {.cpu = 0, .numa_node = 0, .first_sibling = 0}, {.cpu = 1, .numa_node = 0, .first_sibling = 1},
    {.cpu = 2, .numa_node = 1, .first_sibling = 2}, {.cpu = 3, .numa_node = 1, .first_sibling = 3},
    {.cpu = 4, .numa_node = 0, .first_sibling = 0}, {.cpu = 5, .numa_node = 0, .first_sibling = 1},
    {.cpu = 6, .numa_node = 1, .first_sibling = 2}, {.cpu = 7, .numa_node = 1, .first_sibling = 3},
};

Cpus chosen(const char* text) { return choose_cpus(*CpuAllocation::parse(text), machine).value(); }
std::string refused(const char* text) {
  return choose_cpus(*CpuAllocation::parse(text), machine).error();
}

TEST(ChosenCpus, are_those_that_the_setting_names) {
  EXPECT_EQ(chosen("all"), (Cpus{0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(chosen("3"), (Cpus{0, 1, 2}));
  EXPECT_EQ(chosen("8"), (Cpus{0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(chosen("5..8"), (Cpus{5, 6, 7}));
  EXPECT_EQ(chosen("numa:auto"), (Cpus{0, 1, 2, 3}));
  EXPECT_EQ(chosen("numa:nodes=1"), (Cpus{2, 3}));
  EXPECT_EQ(chosen("numa:nodes=1;no_ht=false"), (Cpus{2, 3, 6, 7}));
  EXPECT_EQ(chosen("numa:cores=1"), (Cpus{0, 2}));
  EXPECT_EQ(chosen("numa:nodes=0,0;cores=1"), (Cpus{0}));
}

TEST(ChosenCpus, take_the_sibling_that_is_left) {
  const std::vector<CpuPlace> restricted = {{.cpu = 4, .numa_node = 0, .first_sibling = 0},
                                            {.cpu = 5, .numa_node = 0, .first_sibling = 1}};

  EXPECT_EQ(choose_cpus(*CpuAllocation::parse("numa:auto"), restricted), (Cpus{4, 5}));
  EXPECT_EQ(choose_cpus(*CpuAllocation::parse("1"), restricted), (Cpus{4}));
}

TEST(ChosenCpus, are_never_more_than_there_are) {
  EXPECT_EQ(refused("9"),
            "system.sharding.cpu_allocation = \"9\": this process may use only 8 CPUs");
  EXPECT_EQ(refused("7..9"),
            "system.sharding.cpu_allocation = \"7..9\": this process may use only the CPUs 0, 1, "
            "2, 3, 4, 5, 6, 7");
  EXPECT_EQ(refused("numa:cores=3"),
            "system.sharding.cpu_allocation = \"numa:cores=3;no_ht=true\": this process may use "
            "only 2 such CPUs of NUMA node 0");
  EXPECT_EQ(refused("numa:nodes=2"),
            "system.sharding.cpu_allocation = \"numa:nodes=2;cores=0;no_ht=true\": this process "
            "may use only 0 such CPUs of NUMA node 2");
  EXPECT_FALSE(choose_cpus(CpuAllocation{}, {}).has_value());
  EXPECT_FALSE(refused("0..4294967295").empty());
}

TEST(CpuPlaces, are_known_for_the_cpus_of_this_machine) {
  const auto places = cpu_places({0});

  ASSERT_EQ(places.size(), 1);
  EXPECT_EQ(places[0].cpu, 0);
  EXPECT_EQ(places[0].first_sibling, 0);
}

TEST(CpuPlaces, of_a_cpu_that_is_not_there_are_a_core_of_its_own) {
  EXPECT_EQ(cpu_places({60'000}).at(0).first_sibling, 60'000);
}

}  // namespace
}  // namespace iggy::server
