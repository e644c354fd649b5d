// What people type for numbers, names, times and sizes on the command line.
#include "cli/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "base/error_table.hpp"
#include "cli/text.hpp"

namespace iggy::cli {
namespace {

constexpr std::uint64_t expiry_seconds_max = std::numeric_limits<std::uint32_t>::max();

bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](char c) { return lower(c); });
  return result;
}

template <class T>
std::expected<T, std::string> parse_number(std::string_view text) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range) {
    return std::unexpected(fmt::format("{} is not in 0..={}", text, std::numeric_limits<T>::max()));
  }
  if (text.empty()) return std::unexpected("cannot parse integer from empty string");
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::unexpected("invalid digit found in string");
  }
  return number;
}

std::expected<std::uint32_t, std::string> parse_within(std::string_view text, std::uint32_t min,
                                                       std::uint32_t max) {
  const auto number = parse_value<std::uint32_t>(text);
  if (number && (*number < min || *number > max)) {
    return std::unexpected(fmt::format("{} is not in {}..={}", text, min, max));
  }
  return number;
}

template <class T, std::size_t size>
std::expected<T, std::string> parse_word(
    std::string_view text, const std::array<std::pair<std::string_view, T>, size>& words) {
  const auto found = std::ranges::find(words, text, [](const auto& row) { return row.first; });
  if (found == words.end()) return std::unexpected("unknown word");
  return found->second;
}

std::string_view error_text(Error error) { return base::describe(error).text; }

/// "2M" means months where a duration is no interval; `Duration` itself refuses the letter.
std::string with_months_spelled_out(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto is_letter = [&](std::size_t at) {
      return at < text.size() && text[at] != ' ' && !is_digit(text[at]);
    };
    const bool stands_alone = text[i] == 'M' && !(i > 0 && is_letter(i - 1)) && !is_letter(i + 1);
    result += stands_alone ? "month" : std::string(1, text[i]);
  }
  return result;
}

std::expected<std::pair<HeaderValue, HeaderValue>, std::string> parse_header(
    std::string_view text) {
  const auto first = text.find(':');
  const auto second = first == text.npos ? first : text.find(':', first + 1);
  if (second == text.npos) return std::unexpected(std::string(error_text(Error::invalid_format)));

  const auto key = text.substr(0, first);
  const auto kind_text = text.substr(first + 1, second - first - 1);
  if (!HeaderValue::is_valid(key)) {
    return std::unexpected(std::string(error_text(Error::invalid_header_value)));
  }
  const auto kind = parse_header_kind(kind_text);
  if (!kind) return std::unexpected(fmt::format("Cannot parse header kind from {}", kind_text));
  auto value = HeaderValue::parse(*kind, text.substr(second + 1));
  if (!value) return std::unexpected(std::string(error_text(value.error())));
  return std::pair(HeaderValue(key), std::move(*value));
}

}  // namespace

template <>
std::expected<std::string, std::string> parse_value(std::string_view text) {
  return std::string(text);
}
template <>
std::expected<std::uint8_t, std::string> parse_value(std::string_view text) {
  return parse_number<std::uint8_t>(text);
}
template <>
std::expected<std::uint16_t, std::string> parse_value(std::string_view text) {
  return parse_number<std::uint16_t>(text);
}
template <>
std::expected<std::uint32_t, std::string> parse_value(std::string_view text) {
  return parse_number<std::uint32_t>(text);
}
template <>
std::expected<std::uint64_t, std::string> parse_value(std::string_view text) {
  return parse_number<std::uint64_t>(text);
}

template <>
std::expected<Identifier, std::string> parse_value(std::string_view text) {
  if (!Identifier::is_valid(text)) {
    return std::unexpected(std::string(error_text(Error::invalid_identifier)));
  }
  return Identifier::parse(text);
}

template <>
std::expected<ListMode, std::string> parse_value(std::string_view text) {
  return parse_word<ListMode, 2>(text, {{{"table", ListMode::table}, {"list", ListMode::list}}});
}
template <>
std::vector<std::string_view> choices_of<ListMode>() {
  return {"table", "list"};
}

template <>
std::expected<StatsFormat, std::string> parse_value(std::string_view text) {
  return parse_word<StatsFormat, 4>(text, {{{"table", StatsFormat::table},
                                            {"list", StatsFormat::list},
                                            {"json", StatsFormat::json},
                                            {"toml", StatsFormat::toml}}});
}
template <>
std::vector<std::string_view> choices_of<StatsFormat>() {
  return {"table", "list", "json", "toml"};
}

template <>
std::expected<Expiry, std::string> parse_value(std::string_view text) {
  for (const auto word : {"unlimited", "Unlimited", "none", "None", "never_expire"}) {
    if (text == word) return Expiry{wire::never_expires};
  }
  for (const auto word : {"default", "Default", "server_default", "Server_default"}) {
    if (text == word) return Expiry{};
  }
  const auto duration = Duration::parse(with_months_spelled_out(text));
  // Words for nothing are an interval's, not an expiry's.
  if (!duration || std::ranges::none_of(text, is_digit)) {
    return std::unexpected("expected a duration such as 1h 30m, never_expire or server_default");
  }
  if (duration->microseconds / 1'000'000 > expiry_seconds_max) {
    return std::unexpected(fmt::format("Value too big for expiry time, maximum value is {}",
                                       Duration::seconds(expiry_seconds_max).to_string()));
  }
  return Expiry{*duration};
}

template <>
std::expected<MaxTopicSize, std::string> parse_value(std::string_view text) {
  if (text == "unlimited") return MaxTopicSize{wire::unlimited_size};
  for (const auto word : {"server_default", "none", "None", "Unlimited"}) {
    if (text == word) return MaxTopicSize{};
  }
  std::string capitals(text);  // sizes in any letter case
  std::ranges::transform(capitals, capitals.begin(), [](char c) { return upper(c); });
  const auto size = ByteSize::parse(capitals);
  if (!size) return std::unexpected(std::string(error_text(size.error())));
  return MaxTopicSize{*size};
}

template <>
std::expected<PartCount, std::string> parse_value(std::string_view text) {
  const auto count = parse_within(text, 1, 100'000);
  if (!count) return std::unexpected(count.error());
  return PartCount{*count};
}

template <>
std::expected<PositiveCount, std::string> parse_value(std::string_view text) {
  const auto count = parse_within(text, 1, std::numeric_limits<std::uint32_t>::max());
  if (!count) return std::unexpected(count.error());
  return PositiveCount{*count};
}

template <>
std::expected<MessageKey, std::string> parse_value(std::string_view text) {
  if (text.empty() || text.size() > 255) return std::unexpected("a key has 1 to 255 bytes");
  return MessageKey{std::string(text)};
}

template <>
std::expected<Interval, std::string> parse_value(std::string_view text) {
  const auto duration = Duration::parse(lower(text));
  if (!duration) return std::unexpected("expected a duration such as 500ms or 1m 30s");
  return Interval{*duration};
}

template <>
std::expected<HeaderList, std::string> parse_value(std::string_view text) {
  HeaderList list;
  while (true) {
    const auto comma = text.find(',');
    auto header = parse_header(text.substr(0, comma));
    if (!header) return std::unexpected(std::move(header.error()));
    list.headers.push_back(std::move(*header));
    if (comma == text.npos) return list;
    text.remove_prefix(comma + 1);
  }
}

template <>
std::expected<wire::CompressionAlgorithm, std::string> parse_value(std::string_view text) {
  const auto word = lower(text);
  if (word == "none") return wire::CompressionAlgorithm::none;
  if (word == "gzip") return wire::CompressionAlgorithm::gzip;
  return std::unexpected(fmt::format("Unknown compression type: {}", text));
}

template <>
std::expected<wire::ConsumerKind, std::string> parse_value(std::string_view text) {
  using enum wire::ConsumerKind;
  return parse_word<wire::ConsumerKind, 5>(text, {{{"consumer", consumer},
                                                   {"c", consumer},
                                                   {"consumer-group", consumer_group},
                                                   {"consumer_group", consumer_group},
                                                   {"cg", consumer_group}}});
}
template <>
std::vector<std::string_view> choices_of<wire::ConsumerKind>() {
  return {"consumer", "consumer-group"};
}

Expiry sum(const std::vector<Expiry>& terms) {
  Expiry total;
  for (const auto& term : terms) {
    const auto room = wire::never_expires.microseconds - total.value.microseconds;
    total.value.microseconds += std::min(room, term.value.microseconds);
  }
  return total;
}

std::string_view to_string(ListMode mode) { return mode == ListMode::table ? "table" : "list"; }

std::string_view to_string(wire::CompressionAlgorithm algorithm) {
  return algorithm == wire::CompressionAlgorithm::gzip ? "gzip" : "none";
}

std::string to_string(const Expiry& expiry) {
  if (expiry.value == wire::never_expires) return "never_expire";
  if (expiry.value == Duration{}) return "server_default";
  return expiry.value.to_string();
}

std::string to_string(const MaxTopicSize& size) {
  if (size.value == wire::unlimited_size) return "unlimited";
  if (size.value == ByteSize{}) return "server_default";
  return size_text(size.value);
}

}  // namespace iggy::cli
