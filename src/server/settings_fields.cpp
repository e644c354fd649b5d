// Walking over the described settings, and reading and printing a value of each type.
#include "server/settings_fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/describe/members.hpp>
#include <boost/describe/modifiers.hpp>
#include <boost/mp11/algorithm.hpp>
#include <charconv>
#include <concepts>
#include <limits>
#include <type_traits>
#include <utility>

#include "base/utf8.hpp"

namespace iggy::server {
namespace {

using Kind = RawValue::Kind;

template <class T>
using Members = boost::describe::describe_members<T, boost::describe::mod_public>;

template <class T>
concept Described = boost::describe::has_describe_members<T>::value;

template <class T>
concept TableVector = requires(T list) {
  typename T::value_type;
  requires std::same_as<T, std::vector<typename T::value_type>>;
  requires Described<typename T::value_type>;
};

template <class T>
concept ParsedText = requires(std::string_view text) {
  { T::parse(text) } -> std::same_as<Result<T>>;
};

/// True for a type that may also be written as a bare number in the file.
template <class T>
concept ParsedNumber =
    std::same_as<T, ByteSize> || std::same_as<T, TopicSize> || std::same_as<T, CpuAllocation>;

// What may be written

template <class T>
std::string allowed();
template <>
std::string allowed<bool>() {
  return "true or false";
}
template <std::unsigned_integral T>
std::string allowed_number() {
  return fmt::format("a whole number from 0 to {}", std::numeric_limits<T>::max());
}
template <>
std::string allowed<std::uint16_t>() {
  return allowed_number<std::uint16_t>();
}
template <>
std::string allowed<std::uint32_t>() {
  return allowed_number<std::uint32_t>();
}
template <>
std::string allowed<std::uint64_t>() {
  return allowed_number<std::uint64_t>();
}
template <>
std::string allowed<std::string>() {
  return "a text";
}
template <>
std::string allowed<std::vector<std::string>>() {
  return R"(a list of texts, such as ["a", "b"])";
}
template <>
std::string allowed<ByteSize>() {
  return R"(a size, such as "64 KiB" or 65536)";
}
template <>
std::string allowed<Duration>() {
  return R"(a duration, such as "1m 30s")";
}
template <>
std::string allowed<MessageExpiry>() {
  return R"("none" or a duration, such as "7 days")";
}
template <>
std::string allowed<TopicSize>() {
  return R"("unlimited" or a size, such as "10 GiB")";
}
template <>
std::string allowed<CpuAllocation>() {
  return R"("all", a count, a range such as "0..4" (0 to 3), "numa:auto" or )"
         R"("numa:nodes=0,1;cores=4;no_ht=true")";
}
template <>
std::string allowed<std::optional<std::uint16_t>>() {
  return allowed<std::uint16_t>();
}
template <>
std::string allowed<std::optional<Duration>>() {
  return allowed<Duration>();
}

// Reading

bool is_word(std::string_view text, std::string_view word) {
  return std::ranges::equal(text, word, [](char a, char b) { return (a | 0x20) == b; });
}

bool read(const RawValue& value, bool& into) {
  if (value.kind == Kind::untyped) {
    into = is_word(value.text, "true");
    return into || is_word(value.text, "false");
  }
  into = value.boolean;
  return value.kind == Kind::boolean;
}

template <std::unsigned_integral T>
bool read(const RawValue& value, T& into) {
  if (value.kind == Kind::untyped) {
    const auto* const end = value.text.data() + value.text.size();
    const auto [rest, error] = std::from_chars(value.text.data(), end, into);
    return error == std::errc{} && rest == end;
  }
  if (value.kind != Kind::integer || !std::in_range<T>(value.integer)) return false;
  into = static_cast<T>(value.integer);
  return true;
}

bool read(const RawValue& value, std::string& into) {
  into = value.text;
  return (value.kind == Kind::text || value.kind == Kind::untyped) && base::is_utf8(into);
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// An element of a list in the environment: blanks and one pair of quotes around it are dropped.
std::string list_element(std::string_view text) {
  text = trimmed(text);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
  }
  return std::string(text);
}

/// "[a, "b,c"]": commas between quotes do not split.
bool read_list(std::string_view text, std::vector<std::string>& into) {
  text = trimmed(text);
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') return false;
  text = trimmed(text.substr(1, text.size() - 2));
  if (text.empty()) return true;
  bool is_quoted = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') is_quoted = !is_quoted;
    if (text[i] != ',' || is_quoted) continue;
    into.push_back(list_element(text.substr(begin, i - begin)));
    begin = i + 1;
  }
  into.push_back(list_element(text.substr(begin)));
  return !is_quoted && std::ranges::all_of(into, base::is_utf8);
}

bool read(const RawValue& value, std::vector<std::string>& into) {
  if (value.kind == Kind::untyped) return read_list(value.text, into);
  into = value.texts;
  return value.kind == Kind::texts;
}

template <ParsedText T>
bool read(const RawValue& value, T& into) {
  const bool is_number = ParsedNumber<T> && value.kind == Kind::integer;
  if (value.kind != Kind::text && value.kind != Kind::untyped && !is_number) return false;
  const auto parsed = T::parse(is_number ? std::to_string(value.integer) : value.text);
  if (parsed) into = *parsed;
  return parsed.has_value();
}

template <class T>
bool read(const RawValue& value, std::optional<T>& into) {
  return read(value, into.emplace());
}

// Printing

std::optional<std::string> print(bool value) { return value ? "true" : "false"; }
template <std::unsigned_integral T>
std::optional<std::string> print(T value) {
  return std::to_string(value);
}
std::optional<std::string> print(const std::string& value) { return quoted(value); }
std::optional<std::string> print(const std::vector<std::string>& value) {
  std::string text;
  for (const auto& element : value) text += (text.empty() ? "" : ", ") + quoted(element);
  return "[" + text + "]";
}
template <ParsedText T>
std::optional<std::string> print(const T& value) {
  return quoted(value.to_string());
}
template <class T>
std::optional<std::string> print(const std::optional<T>& value) {
  return value ? print(*value) : std::nullopt;
}

// Walking

std::string below(const std::string& path, std::string_view name) {
  return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
}

template <class T>
void collect(std::vector<Field>& fields, const std::string& path, T& member) {
  if constexpr (Described<T>) {
    boost::mp11::mp_for_each<Members<T>>([&](auto description) {
      collect(fields, below(path, description.name), member.*description.pointer);
    });
  } else if constexpr (TableVector<T>) {
    for (std::size_t i = 0; i < member.size(); ++i) {
      collect(fields, below(path, std::to_string(i)), member[i]);
    }
  } else {
    fields.push_back({path, &value_type<T>(), &member});
  }
}

template <class T>
void collect_lists(std::vector<TableList>& lists, const std::string& path, T& member) {
  if constexpr (Described<T>) {
    boost::mp11::mp_for_each<Members<T>>([&](auto description) {
      collect_lists(lists, below(path, description.name), member.*description.pointer);
    });
  } else if constexpr (TableVector<T>) {
    lists.push_back({path, [&member](std::size_t size) {
                       member.clear();
                       member.resize(size);
                     }});
  }
}

}  // namespace

template <class T>
const ValueType& value_type() {
  static const ValueType type{
      .allowed = allowed<T>(),
      .assign =
          [](const RawValue& value, void* member) {
            T scratch{};
            if (!read(value, scratch)) return false;
            if (member != nullptr) *static_cast<T*>(member) = std::move(scratch);
            return true;
          },
      .print = [](const void* member) { return print(*static_cast<const T*>(member)); },
  };
  return type;
}

template const ValueType& value_type<bool>();
template const ValueType& value_type<std::uint16_t>();
template const ValueType& value_type<std::uint32_t>();
template const ValueType& value_type<std::uint64_t>();
template const ValueType& value_type<std::string>();
template const ValueType& value_type<std::vector<std::string>>();
template const ValueType& value_type<ByteSize>();
template const ValueType& value_type<Duration>();
template const ValueType& value_type<MessageExpiry>();
template const ValueType& value_type<TopicSize>();
template const ValueType& value_type<CpuAllocation>();

std::vector<Field> fields_of(Settings& settings) {
  std::vector<Field> fields;
  collect(fields, "", settings);
  return fields;
}

std::vector<TableList> table_lists_of(Settings& settings) {
  std::vector<TableList> lists;
  collect_lists(lists, "", settings);
  return lists;
}

}  // namespace iggy::server
