// Tests of UTF-8 validation: the borders of the table of well-formed sequences.
#include "base/utf8.hpp"

#include <gtest/gtest.h>

#include <string>

namespace iggy::base {
namespace {

TEST(Utf8, accepts_the_first_and_last_code_point_of_each_length) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8(std::string_view("\0", 1)));
  EXPECT_TRUE(is_utf8("\x7f"));
  EXPECT_TRUE(is_utf8("\xc2\x80"));
  EXPECT_TRUE(is_utf8("\xdf\xbf"));
  EXPECT_TRUE(is_utf8("\xe0\xa0\x80"));
  EXPECT_TRUE(is_utf8("\xef\xbf\xbf"));
  EXPECT_TRUE(is_utf8("\xf0\x90\x80\x80"));
  EXPECT_TRUE(is_utf8("\xf4\x8f\xbf\xbf"));
}

TEST(Utf8, accepts_the_neighbours_of_surrogates_but_not_them) {
  EXPECT_TRUE(is_utf8("\xed\x9f\xbf"));
  EXPECT_FALSE(is_utf8("\xed\xa0\x80"));
  EXPECT_FALSE(is_utf8("\xed\xbf\xbf"));
  EXPECT_TRUE(is_utf8("\xee\x80\x80"));
}

TEST(Utf8, refuses_overlong_forms) {
  EXPECT_FALSE(is_utf8("\xc0\xaf"));
  EXPECT_FALSE(is_utf8("\xc1\xbf"));
  EXPECT_FALSE(is_utf8("\xe0\x9f\xbf"));
  EXPECT_FALSE(is_utf8("\xf0\x8f\xbf\xbf"));
}

TEST(Utf8, refuses_what_lies_above_the_last_code_point) {
  EXPECT_FALSE(is_utf8("\xf4\x90\x80\x80"));
  EXPECT_FALSE(is_utf8("\xf5\x80\x80\x80"));
  EXPECT_FALSE(is_utf8("\xff"));
}

TEST(Utf8, refuses_cut_sequences_and_lone_continuations) {
  EXPECT_FALSE(is_utf8("\x80"));
  EXPECT_FALSE(is_utf8("\xc3"));
  EXPECT_FALSE(is_utf8("\xe2\x82"));
  EXPECT_FALSE(is_utf8("\xf0\x9f\x98"));
  EXPECT_FALSE(is_utf8("\xc3("));
  EXPECT_FALSE(is_utf8("\xe2\x82("));
  EXPECT_FALSE(is_utf8("\xf0\x9f\x98("));
}

TEST(Utf8, looks_at_every_byte_of_a_long_text) {
  std::string text(1000, 'a');
  text += "ż";
  EXPECT_TRUE(is_utf8(text));
  for (std::size_t i = 0; i < 1000; i += 37) {
    auto damaged = text;
    damaged[i] = '\xff';
    EXPECT_FALSE(is_utf8(damaged)) << i;
  }
}

}  // namespace
}  // namespace iggy::base
