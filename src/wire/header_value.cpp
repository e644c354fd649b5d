// Header kinds and values: their names, how people type them and how they are shown.
#include "iggy/user_headers.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <concepts>
#include <optional>
#include <system_error>
#include <type_traits>

#include "base/utf8.hpp"

namespace iggy {
namespace {

constexpr std::size_t kinds_count = 16;  // kind 0 is none

constexpr std::array<std::string_view, kinds_count> kind_names = {
    "",       "raw",   "string", "bool",   "int8",   "int16",   "int32",   "int64",
    "int128", "uint8", "uint16", "uint32", "uint64", "uint128", "float32", "float64"};

constexpr std::array<std::size_t, kinds_count> fixed_sizes = {0,  0, 0, 1, 1, 2,  4, 8,
                                                              16, 1, 2, 4, 8, 16, 4, 8};

bool is_kind(HeaderKind kind) { return kind >= HeaderKind::raw && kind <= HeaderKind::float64; }

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

/// Calls `function` with a number of the type that `kind`, a number's kind, stands for.
template <class Function>
auto with_number_type(HeaderKind kind, Function function) {
  switch (kind) {
    case HeaderKind::int8:
      return function(std::int8_t{});
    case HeaderKind::int16:
      return function(std::int16_t{});
    case HeaderKind::int32:
      return function(std::int32_t{});
    case HeaderKind::int64:
      return function(std::int64_t{});
    case HeaderKind::int128:
      return function(__int128{});
    case HeaderKind::uint8:
      return function(std::uint8_t{});
    case HeaderKind::uint16:
      return function(std::uint16_t{});
    case HeaderKind::uint32:
      return function(std::uint32_t{});
    case HeaderKind::uint64:
      return function(std::uint64_t{});
    case HeaderKind::float32:
      return function(float{});
    case HeaderKind::float64:
      return function(double{});
    default:
      assert(kind == HeaderKind::uint128);
      return function(static_cast<unsigned __int128>(0));
  }
}

constexpr auto uint128_max = ~static_cast<unsigned __int128>(0);

std::optional<unsigned __int128> parse_uint128(std::string_view digits) {
  unsigned __int128 number = 0;
  if (digits.empty()) return std::nullopt;
  for (const char letter : digits) {
    if (letter < '0' || letter > '9') return std::nullopt;
    const auto digit = static_cast<unsigned>(letter - '0');
    if (number > (uint128_max - digit) / 10) return std::nullopt;
    number = number * 10 + digit;
  }
  return number;
}

std::optional<__int128> parse_int128(std::string_view text) {
  const bool negative = text.starts_with('-');
  const auto magnitude = parse_uint128(negative ? text.substr(1) : text);
  const auto magnitude_max = (uint128_max >> 1) + (negative ? 1 : 0);
  if (!magnitude || *magnitude > magnitude_max) return std::nullopt;
  return static_cast<__int128>(negative ? 0 - *magnitude : *magnitude);
}

template <class T>
std::optional<T> parse_number(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  if constexpr (std::is_same_v<T, unsigned __int128>) {
    return parse_uint128(text);
  } else if constexpr (std::is_same_v<T, __int128>) {
    return parse_int128(text);
  } else {
    T number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
  }
}

std::string print(unsigned __int128 number) {
  std::string digits;
  do {
    digits.push_back(static_cast<char>('0' + static_cast<int>(number % 10)));
    number /= 10;
  } while (number != 0);
  std::ranges::reverse(digits);
  return digits;
}

std::string print(__int128 number) {
  const auto bits = static_cast<unsigned __int128>(number);
  return number < 0 ? "-" + print(0 - bits) : print(bits);
}

/// The shortest decimal number that reads back as `number`, never with an exponent.
template <std::floating_point T>
std::string print(T number) {
  if (std::isnan(number)) return "NaN";
  std::array<char, 512> text;  // a double without exponent has at most 309 + 17 digits and a sign
  const auto [end, error] =
      std::to_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  return error == std::errc{} ? std::string(text.data(), end) : std::string();
}

template <std::integral T>
std::string print(T number) {
  return std::to_string(number);
}

void append_escaped(std::string& out, char letter) {
  const auto byte = static_cast<unsigned char>(letter);
  switch (letter) {
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\0':
      out += "\\0";
      return;
    case '\\':
    case '"':
      out += '\\';
      out += letter;
      return;
    default:
      break;
  }
  if (byte >= 0x20 && byte < 0x7f) {
    out += letter;
  } else {
    constexpr std::string_view digits = "0123456789abcdef";
    out += "\\x";
    out += digits[byte >> 4];
    out += digits[byte & 0xf];
  }
}

std::string escaped(std::string_view bytes) {
  std::string out = "b\"";
  for (const char letter : bytes) append_escaped(out, letter);
  return out + '"';
}

}  // namespace

std::string_view to_string(HeaderKind kind) {
  return is_kind(kind) ? kind_names[static_cast<std::size_t>(kind)] : std::string_view();
}

Result<HeaderKind> parse_header_kind(std::string_view text) {
  std::string name(text);
  std::ranges::transform(name, name.begin(), lower);
  const auto found = std::find(kind_names.begin() + 1, kind_names.end(), name);
  if (found == kind_names.end()) return fail(Error::cannot_parse_header_kind);
  return static_cast<HeaderKind>(found - kind_names.begin());
}

std::size_t fixed_size(HeaderKind kind) {
  return is_kind(kind) ? fixed_sizes[static_cast<std::size_t>(kind)] : 0;
}

Result<HeaderValue> HeaderValue::make(HeaderKind kind, std::string_view bytes) {
  if (!is_kind(kind)) return fail(Error::invalid_header_kind);
  if (!is_valid(bytes)) return fail(Error::invalid_header_value);
  const auto size = fixed_size(kind);
  if (size != 0 && size != bytes.size()) return fail(Error::invalid_header_value);
  return HeaderValue(kind, std::string(bytes));
}

Result<HeaderValue> HeaderValue::parse(HeaderKind kind, std::string_view text) {
  if (!is_valid(text)) return fail(Error::invalid_header_value);
  if (!is_kind(kind)) return fail(Error::invalid_header_kind);
  if (kind == HeaderKind::raw || kind == HeaderKind::string) return make(kind, text);
  if (kind == HeaderKind::boolean) {
    if (text == "true") return HeaderValue(true);
    if (text == "false") return HeaderValue(false);
    return fail(Error::invalid_boolean_value);
  }
  return with_number_type(kind, [&](auto type) -> Result<HeaderValue> {
    const auto number = parse_number<decltype(type)>(text);
    if (!number) return fail(Error::invalid_number_value);
    return HeaderValue(*number);
  });
}

Result<bool> HeaderValue::as_bool() const {
  if (kind_ != HeaderKind::boolean || static_cast<unsigned char>(bytes_[0]) > 1) {
    return fail(Error::invalid_header_value);
  }
  return bytes_[0] == '\1';
}

Result<std::string_view> HeaderValue::as_string() const {
  if (kind_ != HeaderKind::string) return fail(Error::invalid_header_value);
  if (!base::is_utf8(bytes_)) return fail(Error::invalid_utf8);
  return bytes_;
}

std::string HeaderValue::to_string() const {
  if (kind_ == HeaderKind::raw) return escaped(bytes_);
  if (kind_ == HeaderKind::string) return bytes_;
  if (kind_ == HeaderKind::boolean) {
    const auto value = as_bool();
    if (!value) return "<malformed bool>";
    return *value ? "true" : "false";
  }
  return with_number_type(kind_, [&](auto type) { return print(*as<decltype(type)>()); });
}

}  // namespace iggy
