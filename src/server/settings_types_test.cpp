// Tests of the grammars that some settings have.
#include "server/settings_types.hpp"

#include <gtest/gtest.h>

namespace iggy::server {
namespace {

using Kind = CpuAllocation::Kind;

TEST(MessageExpiry, is_never_by_any_of_its_words) {
  for (const auto* text : {"none", "None", "unlimited", "Unlimited", "never_expire"}) {
    EXPECT_EQ(MessageExpiry::parse(text), MessageExpiry{}) << text;
  }
}

TEST(MessageExpiry, is_a_duration_otherwise) {
  EXPECT_EQ(MessageExpiry::parse("7 days"), MessageExpiry{Duration::seconds(604'800)});
  EXPECT_EQ(MessageExpiry::parse("4294967295 s"), MessageExpiry{Duration::seconds(4'294'967'295)});
}

TEST(MessageExpiry, is_never_zero_nor_the_server_default) {
  for (const auto* text : {"0", "0s", "default", "Default", "server_default", "Server_default",
                           "disabled", "", "4294967296 s", "1M", "5"}) {
    EXPECT_EQ(MessageExpiry::parse(text), fail(Error::invalid_configuration)) << text;
  }
}

TEST(MessageExpiry, prints_what_it_reads) {
  EXPECT_EQ(MessageExpiry{}.to_string(), "never_expire");
  EXPECT_EQ(MessageExpiry{Duration::seconds(60)}.to_string(), "1m");
}

TEST(TopicSize, is_unlimited_by_any_of_its_words) {
  for (const auto* text :
       {"unlimited", "Unlimited", "none", "None", "0", "0 B", "18446744073709551615"}) {
    EXPECT_EQ(TopicSize::parse(text), TopicSize{}) << text;
  }
}

TEST(TopicSize, is_a_size_otherwise) {
  EXPECT_EQ(TopicSize::parse("10 GiB"), TopicSize{10_GiB});
  EXPECT_EQ(TopicSize::parse("1000"), TopicSize{ByteSize{1000}});
}

TEST(TopicSize, is_never_the_server_default) {
  for (const auto* text : {"server_default", "default", "", "much", "1 Gb"}) {
    EXPECT_EQ(TopicSize::parse(text), fail(Error::invalid_configuration)) << text;
  }
}

TEST(TopicSize, prints_what_it_reads) {
  EXPECT_EQ(TopicSize{}.to_string(), "unlimited");
  EXPECT_EQ(TopicSize{10_GiB}.to_string(), "10 GiB");
}

TEST(CpuAllocation, reads_its_forms) {
  EXPECT_EQ(CpuAllocation::parse("all"), CpuAllocation{});
  EXPECT_EQ(CpuAllocation::parse("4"), (CpuAllocation{.kind = Kind::count, .count = 4}));
  EXPECT_EQ(CpuAllocation::parse("5..8"),
            (CpuAllocation{.kind = Kind::range, .first = 5, .end = 8}));
  EXPECT_EQ(CpuAllocation::parse("numa:auto"), CpuAllocation{.kind = Kind::numa});
  EXPECT_EQ(CpuAllocation::parse("numa:nodes=0,1;cores=4;no_ht=true"),
            (CpuAllocation{.kind = Kind::numa, .numa_nodes = {0, 1}, .cores_per_node = 4}));
  EXPECT_EQ(CpuAllocation::parse("numa:no_ht=false;nodes=2"),
            (CpuAllocation{.kind = Kind::numa, .numa_nodes = {2}, .without_siblings = false}));
}

TEST(CpuAllocation, refuses_everything_else) {
  for (const auto* text : {"",
                           "All",
                           "0",
                           "-1",
                           "4 ",
                           "8..5",
                           "5..5",
                           "5..",
                           "..8",
                           "5...8",
                           "1.5",
                           "numa",
                           "numa:",
                           "numa:nodes=",
                           "numa:nodes=0,",
                           "numa:nodes=x",
                           "numa:cores=",
                           "numa:cores=-1",
                           "numa:no_ht=yes",
                           "numa:no_ht=",
                           "numa:Nodes=0",
                           "numa:nodes=0;",
                           "numa:;nodes=0",
                           "numa:auto;cores=1",
                           "99999999999"}) {
    EXPECT_EQ(CpuAllocation::parse(text), fail(Error::invalid_configuration)) << text;
  }
}

TEST(CpuAllocation, prints_what_it_reads) {
  for (const auto* text : {"all", "4", "5..8", "numa:auto", "numa:nodes=0,1;cores=4;no_ht=true",
                           "numa:cores=0;no_ht=false"}) {
    EXPECT_EQ(CpuAllocation::parse(text)->to_string(), text);
  }
}

}  // namespace
}  // namespace iggy::server
