// What people type for numbers, names, times and sizes on the command line.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "iggy/identifier.hpp"
#include "iggy/units.hpp"
#include "iggy/user_headers.hpp"
#include "wire/primitives.hpp"

namespace iggy::cli {

enum class ListMode : std::uint8_t { table, list };
enum class StatsFormat : std::uint8_t { table, list, json, toml };

/// After what time something ends: at the server's default, never, or after a duration.
struct Expiry {
  Duration value{};  // 0: the server's default, max: never
  bool operator==(const Expiry&) const = default;
};

/// The size at which a topic loses its oldest messages.
struct MaxTopicSize {
  ByteSize value{};  // 0: the server's default, max: unlimited
  bool operator==(const MaxTopicSize&) const = default;
};

/// A number of partitions or segments to create or delete: 1 to 100000.
struct PartCount {
  std::uint32_t value = 1;
};

/// How often something is done: at least once.
struct PositiveCount {
  std::uint32_t value = 1;
};

/// A key that chooses a partition: 1 to 255 bytes.
struct MessageKey {
  std::string text;
};

/// How long to wait before trying again.
struct Interval {
  Duration value = Duration::seconds(1);
};

/// Headers as one option gives them: "key:kind:value,key:kind:value".
struct HeaderList {
  std::vector<std::pair<HeaderValue, HeaderValue>> headers;
};

/// The value that `text` stands for, or the reason why it is none, for people.
template <class T>
std::expected<T, std::string> parse_value(std::string_view text);

template <>
std::expected<std::string, std::string> parse_value(std::string_view text);
template <>
std::expected<std::uint8_t, std::string> parse_value(std::string_view text);
template <>
std::expected<std::uint16_t, std::string> parse_value(std::string_view text);
template <>
std::expected<std::uint32_t, std::string> parse_value(std::string_view text);
template <>
std::expected<std::uint64_t, std::string> parse_value(std::string_view text);
template <>
std::expected<Identifier, std::string> parse_value(std::string_view text);
template <>
std::expected<ListMode, std::string> parse_value(std::string_view text);
template <>
std::expected<StatsFormat, std::string> parse_value(std::string_view text);
template <>
std::expected<Expiry, std::string> parse_value(std::string_view text);
template <>
std::expected<MaxTopicSize, std::string> parse_value(std::string_view text);
template <>
std::expected<PartCount, std::string> parse_value(std::string_view text);
template <>
std::expected<PositiveCount, std::string> parse_value(std::string_view text);
template <>
std::expected<MessageKey, std::string> parse_value(std::string_view text);
template <>
std::expected<Interval, std::string> parse_value(std::string_view text);
template <>
std::expected<HeaderList, std::string> parse_value(std::string_view text);
template <>
std::expected<wire::CompressionAlgorithm, std::string> parse_value(std::string_view);
template <>
std::expected<wire::ConsumerKind, std::string> parse_value(std::string_view text);

/// The words to choose from, if there are only so many.
template <class T>
std::vector<std::string_view> choices_of() {
  return {};
}
template <>
std::vector<std::string_view> choices_of<ListMode>();
template <>
std::vector<std::string_view> choices_of<StatsFormat>();
template <>
std::vector<std::string_view> choices_of<wire::ConsumerKind>();

/// All of them together, at most never; the server's default adds nothing.
[[nodiscard]] Expiry sum(const std::vector<Expiry>& terms);

/// "table", "list".
[[nodiscard]] std::string_view to_string(ListMode mode);
/// "none", "gzip".
[[nodiscard]] std::string_view to_string(wire::CompressionAlgorithm algorithm);
/// "never_expire", "server_default", "1day 1h".
[[nodiscard]] std::string to_string(const Expiry& expiry);
/// "unlimited", "server_default", "2.00 GB".
[[nodiscard]] std::string to_string(const MaxTopicSize& size);

}  // namespace iggy::cli
