// Tests of identifiers as text.
#include "iggy/identifier.hpp"

#include <gtest/gtest.h>

namespace iggy {
namespace {

TEST(Identifier, is_number_0_by_default) {
  EXPECT_TRUE(Identifier().is_numeric());
  EXPECT_EQ(Identifier(), Identifier(0));
}

TEST(Identifier, becomes_a_number_where_a_text_is_a_u32) {
  EXPECT_EQ(Identifier::parse("0"), Identifier(0));
  EXPECT_EQ(Identifier::parse("4294967295"), Identifier(4294967295));
  EXPECT_EQ(Identifier::parse("007"), Identifier(7));
}

TEST(Identifier, becomes_a_name_of_any_other_text) {
  EXPECT_EQ(Identifier::parse("events"), Identifier("events"));
  EXPECT_EQ(Identifier::parse("4294967296"), Identifier("4294967296"));
  EXPECT_EQ(Identifier::parse("-1"), Identifier("-1"));
  EXPECT_EQ(Identifier::parse("+1"), Identifier("+1"));
  EXPECT_EQ(Identifier::parse("1 "), Identifier("1 "));
}

TEST(Identifier, is_not_the_name_that_looks_like_its_number) {
  EXPECT_NE(Identifier(1), Identifier("1"));
  EXPECT_EQ(Identifier(1).to_string(), "1");
  EXPECT_EQ(Identifier("1").to_string(), "1");
}

TEST(Identifier, has_1_to_255_bytes) {
  EXPECT_FALSE(Identifier::is_valid(""));
  EXPECT_TRUE(Identifier::is_valid("a"));
  EXPECT_TRUE(Identifier::is_valid(std::string(255, 'a')));
  EXPECT_FALSE(Identifier::is_valid(std::string(256, 'a')));
}

}  // namespace
}  // namespace iggy
