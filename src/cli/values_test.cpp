// What people type for numbers, names, times and sizes.
#include "cli/values.hpp"

#include <gtest/gtest.h>

#include <string>

namespace iggy::cli {
namespace {

template <class T>
std::string reason(std::string_view text) {
  const auto value = parse_value<T>(text);
  return value ? "none" : value.error();
}

TEST(Values, are_numbers_within_their_bounds) {
  EXPECT_EQ(parse_value<std::uint32_t>("4294967295"), 4'294'967'295U);
  EXPECT_EQ(parse_value<std::uint8_t>("0"), 0);
  EXPECT_EQ(reason<std::uint8_t>("256"), "256 is not in 0..=255");
  EXPECT_EQ(reason<std::uint32_t>("-1"), "invalid digit found in string");
  EXPECT_EQ(reason<std::uint32_t>("1x"), "invalid digit found in string");
  EXPECT_EQ(reason<std::uint32_t>(""), "cannot parse integer from empty string");
  EXPECT_EQ(reason<PartCount>("0"), "0 is not in 1..=100000");
  EXPECT_EQ(reason<PartCount>("100001"), "100001 is not in 1..=100000");
  EXPECT_EQ(reason<PositiveCount>("0"), "0 is not in 1..=4294967295");
}

TEST(Values, are_identifiers) {
  EXPECT_EQ(parse_value<Identifier>("0"), Identifier(0U));
  EXPECT_EQ(parse_value<Identifier>("4294967296"), Identifier(std::string("4294967296")));
  EXPECT_EQ(parse_value<Identifier>("dev"), Identifier(std::string("dev")));
  EXPECT_EQ(reason<Identifier>(""), "Invalid identifier");
  EXPECT_EQ(reason<Identifier>(std::string(256, 'x')), "Invalid identifier");
}

TEST(Values, are_expiry_times) {
  EXPECT_EQ(parse_value<Expiry>("none"), Expiry{wire::never_expires});
  EXPECT_EQ(parse_value<Expiry>("never_expire"), Expiry{wire::never_expires});
  EXPECT_EQ(parse_value<Expiry>("server_default"), Expiry{});
  EXPECT_EQ(parse_value<Expiry>("1day 1h"), Expiry{Duration::seconds(90'000)});
  EXPECT_EQ(parse_value<Expiry>("2M"), Expiry{Duration::seconds(2 * 2'630'016)});
  EXPECT_EQ(parse_value<Expiry>("4294967295s"), Expiry{Duration::seconds(4'294'967'295)});
  EXPECT_EQ(reason<Expiry>("137years"),
            "Value too big for expiry time, maximum value is 136years 1month 5days 19h 54m 39s");
  EXPECT_NE(reason<Expiry>("soon"), "none");
  EXPECT_NE(reason<Expiry>("disabled"), "none");
}

TEST(Expiry, is_the_sum_of_its_words) {
  const Expiry day{Duration::seconds(86'400)};
  const Expiry hour{Duration::seconds(3'600)};

  EXPECT_EQ(to_string(sum({})), "server_default");
  EXPECT_EQ(to_string(sum({day, hour, Expiry{}})), "1day 1h");
  EXPECT_EQ(to_string(sum({day, Expiry{wire::never_expires}, hour})), "never_expire");
}

TEST(Values, are_topic_sizes) {
  EXPECT_EQ(parse_value<MaxTopicSize>("unlimited"), MaxTopicSize{wire::unlimited_size});
  EXPECT_EQ(parse_value<MaxTopicSize>("server_default"), MaxTopicSize{});
  EXPECT_EQ(parse_value<MaxTopicSize>("0"), MaxTopicSize{});
  EXPECT_EQ(parse_value<MaxTopicSize>("2 GB"), MaxTopicSize{{2'000'000'000}});
  EXPECT_EQ(parse_value<MaxTopicSize>("2gib"), MaxTopicSize{{2'147'483'648}});
  EXPECT_EQ(reason<MaxTopicSize>("lots"), "Invalid size bytes");
  EXPECT_EQ(to_string(MaxTopicSize{{2'147'483'648}}), "2.15 GB");
}

TEST(Values, are_intervals_in_any_letter_case) {
  EXPECT_EQ(parse_value<Interval>("10ms")->value, Duration::milliseconds(10));
  EXPECT_EQ(parse_value<Interval>("2M")->value, Duration::seconds(120));
  EXPECT_EQ(parse_value<Interval>("None")->value, Duration{});
  EXPECT_NE(reason<Interval>("x"), "none");
}

TEST(Values, are_words_to_choose_from) {
  EXPECT_EQ(parse_value<wire::CompressionAlgorithm>("GZIP"), wire::CompressionAlgorithm::gzip);
  EXPECT_EQ(reason<wire::CompressionAlgorithm>("zip"), "Unknown compression type: zip");
  EXPECT_EQ(parse_value<wire::ConsumerKind>("cg"), wire::ConsumerKind::consumer_group);
  EXPECT_EQ(parse_value<wire::ConsumerKind>("consumer_group"), wire::ConsumerKind::consumer_group);
  EXPECT_EQ(parse_value<StatsFormat>("toml"), StatsFormat::toml);
  EXPECT_NE(reason<ListMode>("LIST"), "none");
}

TEST(Values, are_lists_of_headers) {
  const auto list = parse_value<HeaderList>("k1:string:v1:x,k2:UINT32:42");

  ASSERT_TRUE(list);
  ASSERT_EQ(list->headers.size(), 2U);
  EXPECT_EQ(list->headers[0], std::pair(HeaderValue("k1"), HeaderValue("v1:x")));
  EXPECT_EQ(list->headers[1], std::pair(HeaderValue("k2"), HeaderValue(std::uint32_t{42})));
}

TEST(Values, are_no_headers_if_a_part_is_wrong) {
  EXPECT_EQ(reason<HeaderList>("k:string"), "Invalid format");
  EXPECT_EQ(reason<HeaderList>("a:string:b,"), "Invalid format");
  EXPECT_EQ(reason<HeaderList>(":string:v"), "Invalid header value");
  EXPECT_EQ(reason<HeaderList>("k:string:"), "Invalid header value");
  EXPECT_EQ(reason<HeaderList>("k:nope:1"), "Cannot parse header kind from nope");
  EXPECT_EQ(reason<HeaderList>("k:bool:maybe"), "Invalid boolean value");
  EXPECT_EQ(reason<HeaderList>("k:uint8:256"), "Invalid number value");
}

}  // namespace
}  // namespace iggy::cli
