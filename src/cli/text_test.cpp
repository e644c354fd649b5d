// How sizes, times and payloads are shown to people.
#include "cli/text.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "wire/primitives.hpp"

namespace iggy::cli {
namespace {

TEST(SizeText, has_decimal_units_and_two_decimals) {
  EXPECT_EQ(size_text({0}), "0 B");
  EXPECT_EQ(size_text({999}), "999 B");
  EXPECT_EQ(size_text({1000}), "1.00 KB");
  EXPECT_EQ(size_text({568'000'000}), "568.00 MB");
  EXPECT_EQ(size_text({1'073'741'824}), "1.07 GB");
  EXPECT_EQ(size_text({18'446'744'073'709'551'615U}), "18.45 EB");
}

TEST(LocalTimeText, has_microseconds) {
  ::setenv("TZ", "XYZ-2", 1);
  EXPECT_EQ(local_time_text({1'700'000'000'000'005}), "2023-11-15 00:13:20.000005");
  ::unsetenv("TZ");
}

TEST(ExpiryText, names_the_special_values) {
  EXPECT_EQ(expiry_text(wire::never_expires), "unlimited");
  EXPECT_EQ(expiry_text({}), "server_default");
  EXPECT_EQ(expiry_text(Duration::seconds(90'061)), "1day 1h 1m 1s");
  EXPECT_EQ(max_size_text(wire::unlimited_size), "unlimited");
  EXPECT_EQ(max_size_text({}), "server_default");
  EXPECT_EQ(max_size_text({2'000'000'000}), "2.00 GB");
}

TEST(Printable, replaces_what_is_no_utf8) {
  EXPECT_EQ(printable("caf\u00e9"), "caf\u00e9");
  EXPECT_EQ(printable("a\xff\xfe"
                      "b"),
            "a\ufffd\ufffdb");
  // The beginning of a character is replaced as one.
  EXPECT_EQ(printable("\xE2\x82|\xF0\x9F\x98"), "\ufffd|\ufffd");
  EXPECT_EQ(printable("\xED\xA0\x80"), "\ufffd\ufffd\ufffd");
}

TEST(Escaped, keeps_the_terminal_out_of_it) {
  EXPECT_EQ(escaped("tab\t\n\x1b[31m\x07\x7f"), "tab\t\n\\x1b[31m\\x07\\x7f");
  EXPECT_EQ(escaped("\u009b31m \u00a0"), "\\x9b31m \u00a0");
}

TEST(Counted, knows_one_from_many) {
  EXPECT_EQ(counted(0, "message"), "0 messages");
  EXPECT_EQ(counted(1, "message"), "1 message");
  EXPECT_EQ(counted(2, "partition"), "2 partitions");
}

}  // namespace
}  // namespace iggy::cli
