// Tests of the hashes; all published values are checked in wire/hashes_test.cpp.
#include "base/hash.hpp"

#include <gtest/gtest.h>

namespace iggy::base {
namespace {

TEST(Hash32, has_the_published_values) {
  EXPECT_EQ(hash32({}), 0x02cc5d05u);
  EXPECT_EQ(hash32(as_bytes("abc")), 0x32d153ffu);
  EXPECT_EQ(hash32(as_bytes("order-123")), 0xcf9fc516u);
}

TEST(Hash64, has_the_published_values) {
  EXPECT_EQ(hash64({}), 0x2d06800538d394c2u);
  EXPECT_EQ(hash64(as_bytes("abc")), 0x78af5f94892f3950u);
}

TEST(Hash64, depends_on_its_seed) {
  EXPECT_NE(hash64(as_bytes("abc"), 1), hash64(as_bytes("abc"), 0));
  EXPECT_EQ(hash64(as_bytes("abc"), 1), hash64(as_bytes("abc"), 1));
}

}  // namespace
}  // namespace iggy::base
