// Tests of the table of errors.
#include "base/error_table.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <string>

namespace iggy::base {
namespace {

constexpr std::uint32_t first_code_of_our_own = 100'000;

std::uint32_t code(Error error) { return static_cast<std::uint32_t>(error); }

TEST(ErrorTable, holds_the_published_codes_and_names) {
  std::ifstream published(std::string(IGGY_TEST_DATA) + "/vectors/error_codes.csv");

  std::size_t count = 0;
  for (std::string line; std::getline(published, line); ++count) {
    const auto comma = line.find(',');
    const auto error = static_cast<Error>(std::stoul(line.substr(0, comma)));
    EXPECT_EQ(describe(error).error, error) << line;
    EXPECT_EQ(describe(error).name, line.substr(comma + 1)) << line;
  }

  EXPECT_EQ(count, 223);
}

TEST(ErrorTable, holds_no_other_codes_below_our_own) {
  std::size_t published = 0;
  for (const auto& row : all_errors()) published += code(row.error) < first_code_of_our_own;

  EXPECT_EQ(published, 223);
}

TEST(ErrorTable, tells_clients_published_codes_alone) {
  for (const auto& row : all_errors()) {
    SCOPED_TRACE(row.name);
    EXPECT_LT(wire_code(row.error), first_code_of_our_own);
    EXPECT_EQ(describe(row.wire_error).error, row.wire_error);
    if (code(row.error) < first_code_of_our_own) EXPECT_EQ(row.wire_error, row.error);
  }
}

TEST(ErrorTable, has_a_name_and_a_text_for_each_and_no_name_twice) {
  std::set<std::string_view> names;
  for (const auto& row : all_errors()) {
    SCOPED_TRACE(row.name);
    EXPECT_TRUE(names.insert(row.name).second);
    EXPECT_FALSE(row.text.empty());
  }
}

TEST(ErrorTable, has_the_published_http_statuses) {
  const std::set<std::uint32_t> not_found = {20,   100,  1009, 2010, 3007,
                                             3021, 4000, 5000, 5003, 5006};
  const std::set<std::uint32_t> unauthenticated = {40, 53, 77, 78};
  for (const auto& row : all_errors()) {
    if (code(row.error) >= first_code_of_our_own) continue;
    SCOPED_TRACE(row.name);
    if (not_found.contains(code(row.error))) {
      EXPECT_EQ(row.http_status, 404);
    } else if (unauthenticated.contains(code(row.error))) {
      EXPECT_EQ(row.http_status, 401);
    } else {
      EXPECT_EQ(row.http_status, row.error == Error::unauthorized ? 403 : 400);
    }
  }
}

TEST(ErrorTable, describes_an_unknown_number_as_error) {
  EXPECT_EQ(describe(static_cast<Error>(17)).error, Error::error);
  EXPECT_EQ(describe(static_cast<Error>(0)).error, Error::error);
  EXPECT_EQ(describe(static_cast<Error>(0xffffffff)).error, Error::error);
}

}  // namespace
}  // namespace iggy::base
