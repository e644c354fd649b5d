// Sizes, durations and points in time, in the units of the protocol.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "iggy/error.hpp"

namespace iggy {

/// A number of bytes.
struct ByteSize {
  std::uint64_t bytes{};

  auto operator<=>(const ByteSize&) const = default;

  /// "1 GiB", "500 MB", "1024": digits alone are bytes; K M G T P E with an optional i for powers
  /// of 1024, in any letter case, and an optional upper-case B: a lower-case b would mean bits and
  /// is refused. Fractions round up. Errors: invalid_size_bytes.
  static Result<ByteSize> parse(std::string_view text);

  /// Exact where at most three decimals allow it: "1 GiB", "62.5 KiB", "999 B".
  [[nodiscard]] std::string to_string() const;
};

constexpr ByteSize operator""_KiB(unsigned long long n) { return {n << 10}; }
constexpr ByteSize operator""_MiB(unsigned long long n) { return {n << 20}; }
constexpr ByteSize operator""_GiB(unsigned long long n) { return {n << 30}; }

/// A span of time in microseconds, never negative.
struct Duration {
  std::uint64_t microseconds{};

  auto operator<=>(const Duration&) const = default;

  static constexpr Duration max() { return {std::numeric_limits<std::uint64_t>::max()}; }
  static constexpr Duration milliseconds(std::uint64_t n) { return {n * 1'000}; }
  static constexpr Duration seconds(std::uint64_t n) { return {n * 1'000'000}; }

  /// "30s", "1m 30s", "2 days 4 hours", "1.5 s"; "0", "none", "unlimited" and "disabled" are zero.
  /// Rounded up to whole microseconds. A lone upper-case M is refused: minute or month?
  /// Errors: invalid_configuration.
  static Result<Duration> parse(std::string_view text);

  /// Largest unit first, zero groups left out: "1day", "1h 1m 1s", "500ms", "0s".
  [[nodiscard]] std::string to_string() const;
};

constexpr Duration operator+(Duration a, Duration b) { return {a.microseconds + b.microseconds}; }
constexpr Duration operator-(Duration a, Duration b) { return {a.microseconds - b.microseconds}; }

/// Wall-clock time in microseconds since 1970-01-01T00:00:00Z.
struct Timestamp {
  std::uint64_t microseconds{};

  auto operator<=>(const Timestamp&) const = default;

  /// "2026-11-25 07:51:00", in UTC.
  [[nodiscard]] std::string to_string() const;
};

constexpr Timestamp operator+(Timestamp t, Duration d) { return {t.microseconds + d.microseconds}; }
constexpr Duration operator-(Timestamp a, Timestamp b) { return {a.microseconds - b.microseconds}; }

}  // namespace iggy
