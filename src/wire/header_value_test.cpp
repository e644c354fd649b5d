// Tests of header kinds and values as text.
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "iggy/user_headers.hpp"

namespace iggy {
namespace {

std::string parsed_and_shown(HeaderKind kind, std::string_view text) {
  const auto value = HeaderValue::parse(kind, text);
  return value ? value->to_string() : "error " + std::to_string(static_cast<int>(value.error()));
}

Error parse_error(HeaderKind kind, std::string_view text) {
  const auto value = HeaderValue::parse(kind, text);
  return value ? Error{} : value.error();
}

TEST(HeaderKind, has_a_name_in_any_letter_case) {
  EXPECT_EQ(to_string(HeaderKind::boolean), "bool");
  EXPECT_EQ(to_string(HeaderKind::float64), "float64");
  EXPECT_EQ(parse_header_kind("raw"), HeaderKind::raw);
  EXPECT_EQ(parse_header_kind("UInt128"), HeaderKind::uint128);
  EXPECT_EQ(parse_header_kind(""), fail(Error::cannot_parse_header_kind));
  EXPECT_EQ(parse_header_kind("int"), fail(Error::cannot_parse_header_kind));
  EXPECT_EQ(to_string(HeaderKind{0}), "");
  EXPECT_EQ(to_string(HeaderKind{16}), "");
}

TEST(HeaderValue, reads_and_shows_the_limits_of_each_integer) {
  EXPECT_EQ(parsed_and_shown(HeaderKind::int8, "-128"), "-128");
  EXPECT_EQ(parsed_and_shown(HeaderKind::int16, "32767"), "32767");
  EXPECT_EQ(parsed_and_shown(HeaderKind::int32, "-2147483648"), "-2147483648");
  EXPECT_EQ(parsed_and_shown(HeaderKind::int64, "9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(parsed_and_shown(HeaderKind::int128, "-170141183460469231731687303715884105728"),
            "-170141183460469231731687303715884105728");
  EXPECT_EQ(parsed_and_shown(HeaderKind::int128, "170141183460469231731687303715884105727"),
            "170141183460469231731687303715884105727");
  EXPECT_EQ(parsed_and_shown(HeaderKind::uint8, "255"), "255");
  EXPECT_EQ(parsed_and_shown(HeaderKind::uint16, "65535"), "65535");
  EXPECT_EQ(parsed_and_shown(HeaderKind::uint32, "4294967295"), "4294967295");
  EXPECT_EQ(parsed_and_shown(HeaderKind::uint64, "18446744073709551615"), "18446744073709551615");
  EXPECT_EQ(parsed_and_shown(HeaderKind::uint128, "340282366920938463463374607431768211455"),
            "340282366920938463463374607431768211455");
}

TEST(HeaderValue, refuses_numbers_beyond_their_kind) {
  EXPECT_EQ(parse_error(HeaderKind::int8, "128"), Error::invalid_number_value);
  EXPECT_EQ(parse_error(HeaderKind::uint8, "256"), Error::invalid_number_value);
  EXPECT_EQ(parse_error(HeaderKind::uint8, "-1"), Error::invalid_number_value);
  EXPECT_EQ(parse_error(HeaderKind::uint128, "340282366920938463463374607431768211456"),
            Error::invalid_number_value);
  EXPECT_EQ(parse_error(HeaderKind::int128, "170141183460469231731687303715884105728"),
            Error::invalid_number_value);
  EXPECT_EQ(parse_error(HeaderKind::int128, "-170141183460469231731687303715884105729"),
            Error::invalid_number_value);
}

TEST(HeaderValue, refuses_texts_that_are_no_numbers) {
  EXPECT_EQ(parse_error(HeaderKind::int32, "one"), Error::invalid_number_value);
  EXPECT_EQ(parse_error(HeaderKind::int32, "1 "), Error::invalid_number_value);
  EXPECT_EQ(parse_error(HeaderKind::int32, "+-1"), Error::invalid_number_value);
  EXPECT_EQ(parse_error(HeaderKind::int128, "-"), Error::invalid_number_value);
  EXPECT_EQ(parse_error(HeaderKind::uint128, "1x"), Error::invalid_number_value);
  EXPECT_EQ(parse_error(HeaderKind::float64, "1.5.2"), Error::invalid_number_value);
}

TEST(HeaderValue, accepts_a_plus_sign) {
  EXPECT_EQ(parsed_and_shown(HeaderKind::int32, "+1"), "1");
  EXPECT_EQ(parsed_and_shown(HeaderKind::int128, "+1"), "1");
}

TEST(HeaderValue, shows_floats_as_the_shortest_decimal_number) {
  EXPECT_EQ(HeaderValue(1.5f).to_string(), "1.5");
  EXPECT_EQ(HeaderValue(0.1f).to_string(), "0.1");
  EXPECT_EQ(HeaderValue(-0.25).to_string(), "-0.25");
  EXPECT_EQ(HeaderValue(1.0).to_string(), "1");
  EXPECT_EQ(HeaderValue(1e20).to_string(), "100000000000000000000");
  EXPECT_EQ(HeaderValue(std::numeric_limits<double>::quiet_NaN()).to_string(), "NaN");
  EXPECT_EQ(HeaderValue(-std::numeric_limits<double>::infinity()).to_string(), "-inf");
  EXPECT_EQ(HeaderValue(std::numeric_limits<double>::denorm_min()).to_string().size(), 326);
}

TEST(HeaderValue, reads_bools_in_lower_case_alone) {
  EXPECT_EQ(parsed_and_shown(HeaderKind::boolean, "true"), "true");
  EXPECT_EQ(parsed_and_shown(HeaderKind::boolean, "false"), "false");
  EXPECT_EQ(parse_error(HeaderKind::boolean, "True"), Error::invalid_boolean_value);
  EXPECT_EQ(parse_error(HeaderKind::boolean, "1"), Error::invalid_boolean_value);
}

TEST(HeaderValue, keeps_texts_as_they_are) {
  EXPECT_EQ(parsed_and_shown(HeaderKind::string, "a:b"), "a:b");
  EXPECT_EQ(parsed_and_shown(HeaderKind::raw, "a\"b"), "b\"a\\\"b\"");
  EXPECT_EQ(parse_error(HeaderKind::string, ""), Error::invalid_header_value);
  EXPECT_EQ(parse_error(HeaderKind::string, std::string(256, 'x')), Error::invalid_header_value);
}

TEST(HeaderValue, shows_raw_bytes_with_escapes) {
  const auto value = HeaderValue::make(HeaderKind::raw, std::string_view("a\n\0\\\x7f\xff", 6));

  ASSERT_TRUE(value);
  EXPECT_EQ(value->to_string(), R"(b"a\n\0\\\x7f\xff")");
}

TEST(HeaderValue, gives_its_number_as_its_own_kind_alone) {
  const HeaderValue value(std::uint32_t{7});

  EXPECT_EQ(value.as<std::uint32_t>(), 7);
  EXPECT_EQ(value.as<std::int32_t>(), fail(Error::invalid_header_value));
  EXPECT_EQ(value.as_bool(), fail(Error::invalid_header_value));
  EXPECT_EQ(value.as_string(), fail(Error::invalid_header_value));
}

TEST(HeaderValue, is_checked_for_content_when_it_is_asked) {
  const auto no_bool = HeaderValue::make(HeaderKind::boolean, "\2");
  const auto no_text = HeaderValue::make(HeaderKind::string, "\xff");

  ASSERT_TRUE(no_bool && no_text);
  EXPECT_EQ(no_bool->as_bool(), fail(Error::invalid_header_value));
  EXPECT_EQ(no_bool->to_string(), "<malformed bool>");
  EXPECT_EQ(no_text->as_string(), fail(Error::invalid_utf8));
}

TEST(HeaderValue, has_the_size_of_its_kind) {
  EXPECT_EQ(HeaderValue::make(HeaderKind::int32, "abc"), fail(Error::invalid_header_value));
  EXPECT_EQ(HeaderValue::make(HeaderKind::raw, ""), fail(Error::invalid_header_value));
  EXPECT_EQ(HeaderValue::make(HeaderKind{16}, "a"), fail(Error::invalid_header_kind));
  EXPECT_EQ(HeaderValue::make(HeaderKind{0}, "a"), fail(Error::invalid_header_kind));
}

}  // namespace
}  // namespace iggy
