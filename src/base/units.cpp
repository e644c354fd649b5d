// Reading and printing sizes, durations and points in time.
#include "iggy/units.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <ctime>
#include <optional>

namespace iggy {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr Wide u64_max = std::numeric_limits<std::uint64_t>::max();

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::string lower(std::string_view text) {
  std::string result(text);
  for (auto& c : result) c = lower(c);
  return result;
}

void skip_blanks(std::string_view& text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
}

std::string_view trim(std::string_view text) {
  skip_blanks(text);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// A decimal number: `whole` and the first 18 digits behind the point.
struct Decimal {
  Wide whole = 0;
  std::uint64_t fraction = 0;  // in units of 10^-18
  bool has_more = false;       // digits behind those were not all zero
  bool has_point = false;

  static constexpr std::uint64_t fraction_scale = 1'000'000'000'000'000'000;

  /// Times `unit`, which is below 2^63, rounded up.
  [[nodiscard]] Wide times(std::uint64_t unit) const {
    const Wide part = Wide{fraction} * unit;
    Wide result = whole * unit + part / fraction_scale;
    if (part % fraction_scale != 0 || has_more) ++result;
    return result;
  }
};

/// Whether blanks may stand between the digits of a number: "1 0 s" is a duration of 10 s.
enum class Blanks : std::uint8_t { refused, between_digits };

bool take_whole(std::string_view& text, Blanks blanks, Decimal& number) {
  if (text.empty() || !is_digit(text.front())) return false;
  while (!text.empty() && is_digit(text.front())) {
    number.whole = number.whole * 10 + static_cast<unsigned>(text.front() - '0');
    if (number.whole > u64_max) return false;
    text.remove_prefix(1);
    if (blanks == Blanks::between_digits) skip_blanks(text);
  }
  return true;
}

bool take_fraction(std::string_view& text, Decimal& number) {
  if (text.empty() || !is_digit(text.front())) return false;
  std::uint64_t scale = Decimal::fraction_scale;
  for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1)) {
    const auto digit = static_cast<unsigned>(text.front() - '0');
    scale /= 10;
    number.fraction += digit * scale;
    if (scale == 0 && digit != 0) number.has_more = true;
  }
  return true;
}

/// Takes a number off the front of `text`, with the blanks behind it.
std::optional<Decimal> take_decimal(std::string_view& text, Blanks blanks) {
  Decimal number;
  if (!take_whole(text, blanks, number)) return std::nullopt;
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    number.has_point = true;
    if (!take_fraction(text, number)) return std::nullopt;
  }
  skip_blanks(text);
  return number;
}

/// The bytes that a unit such as "KiB", "M" or "B" stands for. A lower-case b means bits, which
/// are refused.
std::optional<std::uint64_t> size_unit(std::string_view unit) {
  constexpr std::string_view prefixes = "kmgtpe";
  if (unit == "B") return 1;
  if (unit.empty()) return std::nullopt;

  const auto power = prefixes.find(lower(unit.front()));
  if (power == std::string_view::npos) return std::nullopt;
  unit.remove_prefix(1);

  const bool is_binary = !unit.empty() && lower(unit.front()) == 'i';
  if (is_binary) unit.remove_prefix(1);
  if (!unit.empty() && unit != "B") return std::nullopt;

  std::uint64_t bytes = 1;
  for (std::size_t i = 0; i <= power; ++i) bytes *= is_binary ? 1024 : 1000;
  return bytes;
}

/// The nanoseconds of a unit in lower case; 0 if it is none.
std::uint64_t duration_unit(std::string_view unit) {
  constexpr std::uint64_t second = 1'000'000'000;
  struct Unit {
    std::string_view words;  // each with a blank before and behind it
    std::uint64_t nanoseconds;
  };
  static constexpr auto units = std::to_array<Unit>({
      {" ns nsec nanos ", 1},
      {" us \u00b5s \u03bcs usec ", 1'000},  // micro sign, and the letter mu
      {" ms msec millis ", 1'000'000},
      {" s sec secs second seconds ", second},
      {" m min mins minute minutes ", 60 * second},
      {" h hr hrs hour hours ", 3'600 * second},
      {" d day days ", 86'400 * second},
      {" w wk wks week weeks ", 604'800 * second},
      {" month months ", 2'630'016 * second},
      {" y yr yrs year years ", 31'557'600 * second},
  });
  const auto word = fmt::format(" {} ", unit);
  for (const auto& row : units) {
    if (row.words.find(word) != std::string_view::npos) return row.nanoseconds;
  }
  return 0;
}

/// Takes "<number><unit>" off the front of `text`: its nanoseconds, or nothing.
std::optional<Wide> take_duration_group(std::string_view& text) {
  const auto number = take_decimal(text, Blanks::between_digits);
  if (!number) return std::nullopt;
  std::size_t size = 0;
  while (size < text.size() && !is_digit(text[size]) && !is_blank(text[size])) ++size;
  const auto unit = text.substr(0, size);
  text.remove_prefix(size);
  skip_blanks(text);
  // A lone M is a minute to some and a month to others.
  const auto nanoseconds = unit == "M" ? 0 : duration_unit(lower(unit));
  if (nanoseconds == 0) return std::nullopt;
  return number->times(nanoseconds);
}

bool is_zero_word(std::string_view text) {
  const auto word = lower(text);
  return word == "0" || word == "unlimited" || word == "disabled" || word == "none";
}

}  // namespace

Result<ByteSize> ByteSize::parse(std::string_view text) {
  text = trim(text);
  const auto number = take_decimal(text, Blanks::refused);
  if (!number) return fail(Error::invalid_size_bytes);
  if (text.empty() && !number->has_point)
    return ByteSize{static_cast<std::uint64_t>(number->whole)};

  const auto unit = size_unit(text);
  if (!unit) return fail(Error::invalid_size_bytes);
  const auto bytes = number->times(*unit);
  if (bytes > u64_max) return fail(Error::invalid_size_bytes);
  return ByteSize{static_cast<std::uint64_t>(bytes)};
}

std::string ByteSize::to_string() const {
  struct Unit {
    std::string_view name;
    std::uint64_t bytes;
  };
  static constexpr auto units = std::to_array<Unit>({
      {"EiB", 1ULL << 60},
      {"EB", 1'000'000'000'000'000'000},
      {"PiB", 1ULL << 50},
      {"PB", 1'000'000'000'000'000},
      {"TiB", 1ULL << 40},
      {"TB", 1'000'000'000'000},
      {"GiB", 1ULL << 30},
      {"GB", 1'000'000'000},
      {"MiB", 1ULL << 20},
      {"MB", 1'000'000},
      {"KiB", 1ULL << 10},
      {"KB", 1'000},
  });
  for (const auto& unit : units) {
    const Wide thousandths = Wide{bytes} * 1000;
    if (bytes < unit.bytes || thousandths % unit.bytes != 0) continue;
    const auto value = static_cast<std::uint64_t>(thousandths / unit.bytes % 1000);
    auto text = fmt::format("{}.{:03}", bytes / unit.bytes, value);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
    return fmt::format("{} {}", text, unit.name);
  }
  return fmt::format("{} B", bytes);
}

Result<Duration> Duration::parse(std::string_view text) {
  text = trim(text);
  if (is_zero_word(text)) return Duration{};
  if (text.empty()) return fail(Error::invalid_configuration);

  constexpr Wide nanoseconds_max = u64_max * 1000;
  Wide sum = 0;
  while (!text.empty()) {
    const auto group = take_duration_group(text);
    if (!group || *group > nanoseconds_max - sum) return fail(Error::invalid_configuration);
    sum += *group;
  }
  // Rounded up: what is not zero must not become it.
  return Duration{static_cast<std::uint64_t>((sum + 999) / 1000)};
}

std::string Duration::to_string() const {
  struct Unit {
    std::string_view name;
    std::uint64_t microseconds;
    bool has_plural = false;
  };
  static constexpr auto units = std::to_array<Unit>({
      {"year", 31'557'600'000'000, true},
      {"month", 2'630'016'000'000, true},
      {"day", 86'400'000'000, true},
      {"h", 3'600'000'000},
      {"m", 60'000'000},
      {"s", 1'000'000},
      {"ms", 1'000},
      {"us", 1},
  });
  std::string text;
  auto rest = microseconds;
  for (const auto& unit : units) {
    const auto count = rest / unit.microseconds;
    rest %= unit.microseconds;
    if (count == 0) continue;
    if (!text.empty()) text += ' ';
    text += fmt::format("{}{}{}", count, unit.name, unit.has_plural && count > 1 ? "s" : "");
  }
  return text.empty() ? "0s" : text;
}

std::string Timestamp::to_string() const {
  const auto seconds = static_cast<std::time_t>(microseconds / 1'000'000);
  std::tm time{};
  gmtime_r(&seconds, &time);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", time.tm_year + 1900, time.tm_mon + 1,
                     time.tm_mday, time.tm_hour, time.tm_min, time.tm_sec);
}

}  // namespace iggy
