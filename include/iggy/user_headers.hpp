// User headers: the typed keys and values that travel with a message.
#pragma once

#include <cassert>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "iggy/error.hpp"

namespace iggy {

/// The type of a header's key or value. Source: the protocol, 3.2.
enum class HeaderKind : std::uint8_t {
  raw = 1,
  string = 2,
  boolean = 3,  // is called "bool"
  int8 = 4,
  int16 = 5,
  int32 = 6,
  int64 = 7,
  int128 = 8,
  uint8 = 9,
  uint16 = 10,
  uint32 = 11,
  uint64 = 12,
  uint128 = 13,
  float32 = 14,
  float64 = 15,
};

/// "raw", "string", "bool", "int8" ... Empty for a number that is no kind.
[[nodiscard]] std::string_view to_string(HeaderKind kind);
/// In any letter case. Errors: cannot_parse_header_kind.
[[nodiscard]] Result<HeaderKind> parse_header_kind(std::string_view text);
/// The size of all values of `kind`; 0 for raw and string, whose values have 1 to 255 bytes.
[[nodiscard]] std::size_t fixed_size(HeaderKind kind);

/// The kind that holds a `T`; no member for other types.
template <class T>
struct HeaderKindOf {};
template <HeaderKind kind>
struct HeaderKindConstant {
  static constexpr HeaderKind value = kind;
};
template <>
struct HeaderKindOf<std::int8_t> : HeaderKindConstant<HeaderKind::int8> {};
template <>
struct HeaderKindOf<std::int16_t> : HeaderKindConstant<HeaderKind::int16> {};
template <>
struct HeaderKindOf<std::int32_t> : HeaderKindConstant<HeaderKind::int32> {};
template <>
struct HeaderKindOf<std::int64_t> : HeaderKindConstant<HeaderKind::int64> {};
template <>
struct HeaderKindOf<__int128> : HeaderKindConstant<HeaderKind::int128> {};
template <>
struct HeaderKindOf<std::uint8_t> : HeaderKindConstant<HeaderKind::uint8> {};
template <>
struct HeaderKindOf<std::uint16_t> : HeaderKindConstant<HeaderKind::uint16> {};
template <>
struct HeaderKindOf<std::uint32_t> : HeaderKindConstant<HeaderKind::uint32> {};
template <>
struct HeaderKindOf<std::uint64_t> : HeaderKindConstant<HeaderKind::uint64> {};
template <>
struct HeaderKindOf<unsigned __int128> : HeaderKindConstant<HeaderKind::uint128> {};
template <>
struct HeaderKindOf<float> : HeaderKindConstant<HeaderKind::float32> {};
template <>
struct HeaderKindOf<double> : HeaderKindConstant<HeaderKind::float64> {};

template <class T>
concept HeaderNumber = requires { HeaderKindOf<T>::value; };

/// A header's key or value: a kind, and bytes that fit it. Ordered by kind, then by bytes.
class HeaderValue {
 public:
  static constexpr std::size_t size_max = 255;

  /// A string. Its size must be 1 to 255 bytes: ask `is_valid` first about what others gave.
  HeaderValue(std::string text) : kind_(HeaderKind::string), bytes_(std::move(text)) {
    assert(is_valid(bytes_));
  }
  HeaderValue(std::string_view text) : HeaderValue(std::string(text)) {}
  HeaderValue(const char* text) : HeaderValue(std::string(text)) {}
  HeaderValue(bool value) : kind_(HeaderKind::boolean), bytes_(1, value ? '\1' : '\0') {}
  template <HeaderNumber T>
  HeaderValue(T number) : kind_(HeaderKindOf<T>::value), bytes_(sizeof number, '\0') {
    std::memcpy(bytes_.data(), &number, sizeof number);
  }

  /// Of any kind. Errors: invalid_header_kind, invalid_header_value (the size does not fit).
  static Result<HeaderValue> make(HeaderKind kind, std::string_view bytes);

  /// What a person types: raw and string take the text itself, bool true or false, the others a
  /// decimal number. Errors: invalid_header_value (size), invalid_boolean_value,
  /// invalid_number_value, invalid_header_kind.
  static Result<HeaderValue> parse(HeaderKind kind, std::string_view text);

  static bool is_valid(std::string_view bytes) {
    return !bytes.empty() && bytes.size() <= size_max;
  }

  [[nodiscard]] HeaderKind kind() const { return kind_; }
  [[nodiscard]] std::string_view bytes() const { return bytes_; }

  /// The number inside. Errors: invalid_header_value, it is of another kind.
  template <HeaderNumber T>
  [[nodiscard]] Result<T> as() const {
    if (kind_ != HeaderKindOf<T>::value) return fail(Error::invalid_header_value);
    T number;
    std::memcpy(&number, bytes_.data(), sizeof number);
    return number;
  }
  /// Errors: invalid_header_value, it is no bool, or neither 0 nor 1.
  [[nodiscard]] Result<bool> as_bool() const;
  /// Errors: invalid_header_value, it is no string; invalid_utf8.
  [[nodiscard]] Result<std::string_view> as_string() const;

  /// For display: the string, the decimal number, true or false; raw bytes as `b"..."` with
  /// escapes.
  [[nodiscard]] std::string to_string() const;

  auto operator<=>(const HeaderValue&) const = default;

 private:
  HeaderValue(HeaderKind kind, std::string bytes) : kind_(kind), bytes_(std::move(bytes)) {}

  HeaderKind kind_;
  std::string bytes_;  // numbers are little-endian
};

/// Keys are usually strings, but may be of any kind.
using UserHeaders = std::map<HeaderValue, HeaderValue>;

}  // namespace iggy
