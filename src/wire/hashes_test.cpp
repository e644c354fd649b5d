// The hashes of the protocol give the published values.
#include <gtest/gtest.h>

#include "base/hash.hpp"
#include "wire/testing.hpp"

namespace iggy::wire::testing {
namespace {

TEST(Hashes, have_the_published_values) {
  std::size_t count32 = 0;
  std::size_t count64 = 0;
  for (const auto& vector : load_vectors("hashes")) {
    SCOPED_TRACE(vector.name);
    if (vector.algorithm == "xxh32") {
      EXPECT_EQ(base::hash32(vector.bytes), vector.result);
      ++count32;
    } else {
      EXPECT_EQ(base::hash64(vector.bytes), vector.result);
      ++count64;
    }
  }
  EXPECT_EQ(count32, 16);
  EXPECT_EQ(count64, 7);
}

TEST(Hashes, choose_the_published_partitions) {
  std::size_t count = 0;
  for (const auto& vector : load_vectors("hashes")) {
    SCOPED_TRACE(vector.name);
    for (const auto& [partitions, partition] : vector.partition_of) {
      EXPECT_EQ(base::hash32(vector.bytes) % partitions, partition);
      ++count;
    }
  }
  EXPECT_GT(count, 20);
}

}  // namespace
}  // namespace iggy::wire::testing
