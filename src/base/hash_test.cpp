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

/// Long inputs take another way; their values must be those of the definition.
TEST(Hash64, has_the_published_values_of_any_length) {
  Bytes bytes(2'000);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 7);
  std::uint64_t sum = 0;
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    sum = sum * 31 + hash64(ByteView(bytes).first(size), size % 3);
  }
  EXPECT_EQ(sum, 0x1a15070122e80090u);
}

TEST(Hash128, differs_for_inputs_and_seeds) {
  EXPECT_NE(hash128(as_bytes("abc"), 1), hash128(as_bytes("abd"), 1));
  EXPECT_NE(hash128(as_bytes("abc"), 1), hash128(as_bytes("abc"), 2));
  EXPECT_EQ(hash128(as_bytes("abc"), 1), hash128(as_bytes("abc"), 1));
}

}  // namespace
}  // namespace iggy::base
