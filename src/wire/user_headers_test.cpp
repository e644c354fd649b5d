// Tests of user headers as bytes.
#include "wire/user_headers.hpp"

#include <gtest/gtest.h>

#include <string>

#include "wire/polled_messages.hpp"
#include "wire/testing.hpp"

namespace iggy::wire {
namespace {

using testing::hex;
using testing::load_vector;
using testing::load_vectors;

/// The published bytes of `vector` are one header "k" with `value`, both ways.
void expect_published(std::string_view vector, const HeaderValue& value) {
  SCOPED_TRACE(vector);
  const auto bytes = load_vector("primitives", vector).bytes;
  const UserHeaders headers{{"k", value}};
  EXPECT_EQ(decode_user_headers(bytes).value(), headers);
  EXPECT_EQ(encode_user_headers(headers), bytes);
}

const std::optional<UserHeaders> unavailable;

constexpr auto two_to_the_100 = static_cast<unsigned __int128>(1) << 100;

TEST(UserHeaders, have_the_published_bytes_for_every_kind) {
  expect_published("user_header_raw",
                   HeaderValue::make(HeaderKind::raw, std::string_view("\x00\xff\x10", 3)).value());
  expect_published("user_header_string", "värde");
  expect_published("user_header_bool_true", true);
  expect_published("user_header_bool_false", false);
  expect_published("user_header_int8", std::int8_t{-2});
  expect_published("user_header_int16", std::int16_t{-300});
  expect_published("user_header_int32", std::int32_t{-70000});
  expect_published("user_header_int64", std::int64_t{-5000000000});
  expect_published("user_header_int128", static_cast<__int128>(-1));
  expect_published("user_header_uint8", std::uint8_t{200});
  expect_published("user_header_uint16", std::uint16_t{60000});
  expect_published("user_header_uint32", std::uint32_t{4000000000});
  expect_published("user_header_uint64", std::uint64_t{18446744073709551614u});
  expect_published("user_header_uint128", two_to_the_100);
  expect_published("user_header_float32", 1.5f);
  expect_published("user_header_float64", -0.25);
}

TEST(UserHeaders, are_written_in_the_order_of_kind_and_key) {
  const auto bytes = load_vector("primitives", "user_headers_sorted").bytes;
  const UserHeaders headers{{std::uint8_t{1}, HeaderValue::make(HeaderKind::raw, "z").value()},
                            {"b", std::uint8_t{1}},
                            {"a", true}};

  EXPECT_EQ(encode_user_headers(headers), bytes);
  EXPECT_EQ(decode_user_headers(bytes).value(), headers);
}

TEST(UserHeaders, may_have_a_key_of_any_kind) {
  const auto bytes = load_vector("primitives", "user_header_int_key").bytes;
  const UserHeaders headers{{std::int32_t{42}, "answer"}};

  EXPECT_EQ(decode_user_headers(bytes).value(), headers);
  EXPECT_EQ(encode_user_headers(headers), bytes);
}

TEST(UserHeaders, keep_the_last_of_a_repeated_key) {
  const auto bytes = hex("02 01000000 6b 02 01000000 61  02 01000000 6b 02 01000000 62");

  EXPECT_EQ(decode_user_headers(bytes).value(), (UserHeaders{{"k", "b"}}));
}

TEST(UserHeaders, are_refused_as_published) {
  std::size_t count = 0;
  for (const auto& vector : load_vectors("reject_client")) {
    SCOPED_TRACE(vector.name);
    if (vector.direction != "fragment") continue;

    const auto headers = decode_user_headers(vector.bytes);

    if (vector.expected_result == "headers_unavailable") {
      ASSERT_TRUE(headers);
      EXPECT_EQ(*headers, unavailable);
    } else {
      ASSERT_FALSE(headers);
      EXPECT_EQ(headers.error(), static_cast<Error>(*vector.expected_error));
    }
    ++count;
  }
  EXPECT_EQ(count, 10);
}

TEST(UserHeaders, are_there_but_empty_for_no_bytes) {
  EXPECT_EQ(decode_user_headers({}).value(), UserHeaders());
  EXPECT_EQ(encode_user_headers({}), base::Bytes());
}

TEST(UserHeaders, count_as_missing_after_every_truncation_inside_an_entry) {
  const auto bytes = load_vector("primitives", "user_header_string").bytes;
  for (std::size_t size = 1; size < bytes.size(); ++size) {
    EXPECT_EQ(decode_user_headers(base::ByteView(bytes).first(size)).value(), unavailable);
  }
}

TEST(UserHeaders, are_refused_above_100_000_bytes) {
  UserHeaders headers;
  const std::string value(255, 'v');
  for (std::uint32_t key = 0; key < 370; ++key) headers.emplace(key, value);
  EXPECT_EQ(encode_user_headers(headers)->size(), 99'530);

  headers.emplace(std::uint32_t{370}, value);
  headers.emplace(std::uint32_t{371}, value);

  EXPECT_EQ(encode_user_headers(headers), fail(Error::too_big_user_headers));
}

}  // namespace
}  // namespace iggy::wire
