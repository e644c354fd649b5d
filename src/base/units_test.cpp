// Tests of sizes, durations and points in time as text.
#include "iggy/units.hpp"

#include <gtest/gtest.h>

namespace iggy {
namespace {

struct SizeCase {
  const char* text;
  std::uint64_t bytes;
};

struct DurationCase {
  const char* text;
  std::uint64_t microseconds;
};

constexpr std::uint64_t u64_max = std::numeric_limits<std::uint64_t>::max();

TEST(ByteSize, reads_every_unit) {
  for (const auto& [text, bytes] : std::initializer_list<SizeCase>{
           {"0", 0},
           {"1024", 1024},
           {" 5 ", 5},
           {"18446744073709551615", u64_max},
           {"7 B", 7},
           {"1KB", 1'000},
           {"1 KiB", 1'024},
           {"1 MB", 1'000'000},
           {"1 MiB", 1'048'576},
           {"1 GB", 1'000'000'000},
           {"1 GiB", 1'073'741'824},
           {"1 TB", 1'000'000'000'000},
           {"1 TiB", 1'099'511'627'776},
           {"1 PB", 1'000'000'000'000'000},
           {"1 PiB", 1'125'899'906'842'624},
           {"1 EB", 1'000'000'000'000'000'000},
           {"1 EiB", 1'152'921'504'606'846'976},
       }) {
    EXPECT_EQ(ByteSize::parse(text), ByteSize{bytes}) << text;
  }
}

TEST(ByteSize, reads_prefixes_in_any_letter_case_and_without_b) {
  for (const auto& [text, bytes] : std::initializer_list<SizeCase>{
           {"10M", 10'000'000},
           {"10m", 10'000'000},
           {"10Mi", 10'485'760},
           {"10 MI", 10'485'760},
           {"10 miB", 10'485'760},
           {"10kB", 10'000},
           {"\t1 \t KB ", 1'000},
       }) {
    EXPECT_EQ(ByteSize::parse(text), ByteSize{bytes}) << text;
  }
}

TEST(ByteSize, rounds_fractions_up) {
  for (const auto& [text, bytes] : std::initializer_list<SizeCase>{
           {"1.0001 KB", 1'001},
           {"1.5 KiB", 1'536},
           {"0.5 B", 1},
           {"62.5 KiB", 64'000},
           {"0.0000000000000000000001 B", 1},
           {"1.0000000000000000000000 KB", 1'000},
           {"18446744073709551.615 KB", u64_max},
       }) {
    EXPECT_EQ(ByteSize::parse(text), ByteSize{bytes}) << text;
  }
}

TEST(ByteSize, refuses_what_is_no_size) {
  for (const auto* text :
       {"",      " ",     "KB",       "-1",     "1_000", "1.5",    "1.",
        ".5 KB", "1. KB", "1 Kb",     "1 b",    "1 kb",  "1 Kib",  "8 bits",
        "1 bit", "1 XB",  "1 KBB",    "1 iB",   "1 0 B", "1 K B",  "unlimited",
        "1e3",   "0x10",  "16.0 EiB", "16 EiB", "+1",    "1,5 KB", "18446744073709551616",
        "19 EB"}) {
    EXPECT_EQ(ByteSize::parse(text), fail(Error::invalid_size_bytes)) << text;
  }
}

TEST(ByteSize, prints_the_exact_size_with_at_most_three_decimals) {
  for (const auto& [text, bytes] : std::initializer_list<SizeCase>{
           {"0 B", 0},
           {"999 B", 999},
           {"1 KB", 1'000},
           {"1.001 KB", 1'001},
           {"1 KiB", 1'024},
           {"1.125 KiB", 1'152},
           {"1.5 KB", 1'500},
           {"62.5 KiB", 64'000},
           {"1 MiB", 1'048'576},
           {"3136.5 KiB", 3'211'776},
           {"3211.777 KB", 3'211'777},
           {"3.5 MiB", 3'670'016},
           {"15 MB", 15'000'000},
           {"123456.789 KB", 123'456'789},
           {"10 GiB", 10'737'418'240},
           {"488386584 KiB", 500'107'862'016},
           {"18446744073709551.615 KB", u64_max},
       }) {
    EXPECT_EQ(ByteSize{bytes}.to_string(), text);
    EXPECT_EQ(ByteSize::parse(text), ByteSize{bytes}) << text;
  }
}

TEST(Duration, reads_every_unit_word) {
  constexpr std::uint64_t second = 1'000'000;
  struct Words {
    std::initializer_list<const char*> words;
    std::uint64_t microseconds;
  };
  for (const auto& [words, microseconds] : std::initializer_list<Words>{
           {{"us", "\u00b5s", "\u03bcs", "usec"}, 1},
           {{"ms", "msec", "millis"}, 1'000},
           {{"s", "sec", "secs", "second", "seconds"}, second},
           {{"m", "min", "mins", "minute", "minutes"}, 60 * second},
           {{"h", "hr", "hrs", "hour", "hours"}, 3'600 * second},
           {{"d", "day", "days"}, 86'400 * second},
           {{"w", "wk", "wks", "week", "weeks"}, 604'800 * second},
           {{"month", "months"}, 2'630'016 * second},
           {{"y", "yr", "yrs", "year", "years"}, 31'557'600 * second},
       }) {
    for (const auto* word : words) {
      EXPECT_EQ(Duration::parse(std::string("1 ") + word), Duration{microseconds}) << word;
    }
  }
}

TEST(Duration, reads_groups_and_sums_them) {
  for (const auto& [text, microseconds] : std::initializer_list<DurationCase>{
           {"5 s", 5'000'000},
           {"1m30s", 90'000'000},
           {"2 days 4 hours 15 minutes", 188'100'000'000},
           {"100ms", 100'000},
           {"1.5 s", 1'500'000},
           {"1.25ms", 1'250},
           {"1h1h", 7'200'000'000},
           {"1 0 s", 10'000'000},
           {"0s", 0},
           {" 1 H ", 3'600'000'000},
           {"5 MS", 5'000},
           {"1MIN", 60'000'000},
       }) {
    EXPECT_EQ(Duration::parse(text), Duration{microseconds}) << text;
  }
}

TEST(Duration, reads_words_for_zero) {
  for (const auto* text : {"0", "unlimited", "disabled", "none", "None", "UNLIMITED"}) {
    EXPECT_EQ(Duration::parse(text), Duration{}) << text;
  }
}

TEST(Duration, rounds_nanoseconds_up_so_that_they_do_not_become_zero) {
  for (const auto& [text, microseconds] : std::initializer_list<DurationCase>{
           {"1ns", 1},
           {"1000 nsec", 1},
           {"1001 nanos", 2},
           {"0.0000001us", 1},
       }) {
    EXPECT_EQ(Duration::parse(text), Duration{microseconds}) << text;
  }
}

TEST(Duration, refuses_what_is_no_duration) {
  for (const auto* text : {"",
                           "5",
                           "1h30",
                           ".5s",
                           "1.s",
                           "-1 s",
                           "+1 s",
                           "1M",
                           "1 M",
                           "1e3 s",
                           "1_0 s",
                           "s",
                           "1 fortnight",
                           "1 s,",
                           "1.5.5s",
                           "never",
                           "1 s 0",
                           "600000 years",
                           "584542046091 s 1000000 years",
                           "99999999999999999999 s",
                           "1. 5 s"}) {
    EXPECT_EQ(Duration::parse(text), fail(Error::invalid_configuration)) << text;
  }
}

TEST(Duration, prints_largest_units_first) {
  for (const auto& [text, microseconds] : std::initializer_list<DurationCase>{
           {"0s", 0},
           {"1us", 1},
           {"500ms", 500'000},
           {"1s 500ms", 1'500'000},
           {"1h 1m 1s", 3'661'000'000},
           {"1day", 86'400'000'000},
           {"7days", 604'800'000'000},
           {"1month 3days", 2'889'216'000'000},
           {"2years 1month 1day 1h", 65'835'216'000'000},
           {"1ms 1us", 1'001},
       }) {
    EXPECT_EQ(Duration{microseconds}.to_string(), text);
    EXPECT_EQ(Duration::parse(text), Duration{microseconds}) << text;
  }
}

TEST(Duration, reads_back_the_longest_one) {
  EXPECT_EQ(Duration::parse(Duration::max().to_string()), Duration::max());
}

TEST(Timestamp, prints_date_and_time_in_utc) {
  EXPECT_EQ(Timestamp{}.to_string(), "1970-01-01 00:00:00");
  EXPECT_EQ(Timestamp{1'795'593'060'999'999}.to_string(), "2026-11-25 07:51:00");
  EXPECT_EQ(Timestamp{951'782'400'000'000}.to_string(), "2000-02-29 00:00:00");
}

}  // namespace
}  // namespace iggy
