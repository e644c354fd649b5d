// The one codec of all described structs: their members in the order of their description.
//
// Only .cpp files include this; each instantiates `Codec` for the types that it is about.
#pragma once

#include <boost/describe/enumerators.hpp>
#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "iggy/units.hpp"
#include "wire/codec.hpp"
#include "wire/fields.hpp"
#include "wire/primitives.hpp"

namespace iggy::wire {

template <class T>
inline constexpr bool is_list = false;
template <class T>
inline constexpr bool is_list<std::vector<T>> = true;
template <class T>
inline constexpr bool is_counted_list = false;
template <class T>
inline constexpr bool is_counted_list<CountedList<T>> = true;
template <class T>
inline constexpr bool is_maybe_reply = false;
template <class T>
inline constexpr bool is_maybe_reply<std::optional<T>> = !std::same_as<T, PartitionId>;

/// An enumeration whose unknown values the decoder refuses. Ids can be any number; a compression
/// algorithm is checked by `validate`, after the limits of other fields.
template <class T>
concept KindEnum =
    boost::describe::has_describe_enumerators<T>::value && !std::same_as<T, CompressionAlgorithm>;

template <class T>
using MembersOf = boost::describe::describe_members<T, boost::describe::mod_public>;

template <class T>
concept Described = std::is_class_v<T> && boost::describe::has_describe_members<T>::value;

template <class T>
void read_value(base::ByteReader& reader, T& value);
template <class T>
void write_value(base::ByteWriter& writer, const T& value);

/// The fewest bytes that a `T` can have. It bounds what a count from outside may reserve.
template <class T>
consteval std::size_t size_min() {
  if constexpr (Described<T>) {
    std::size_t sum = 0;
    boost::mp11::mp_for_each<MembersOf<T>>([&](auto member) {
      sum += size_min<std::remove_cvref_t<decltype(std::declval<T>().*member.pointer)>>();
    });
    return sum;
  } else if constexpr (std::same_as<T, Name> || std::same_as<T, Identifier>) {
    return 2;
  } else if constexpr (std::same_as<T, ShortText>) {
    return 1;
  } else if constexpr (std::same_as<T, LongText> || is_counted_list<T>) {
    return 4;
  } else {
    static_assert(std::is_arithmetic_v<T> || std::is_enum_v<T> || std::same_as<T, Duration> ||
                  std::same_as<T, Timestamp> || std::same_as<T, ByteSize>);
    return sizeof(T);
  }
}

template <class E>
[[nodiscard]] constexpr bool is_enumerator(E value) {
  bool found = false;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>(
      [&](auto enumerator) { found = found || enumerator.value == value; });
  return found;
}

template <class E>
void read_enum(base::ByteReader& reader, E& value) {
  value = static_cast<E>(reader.integer<std::underlying_type_t<E>>());
  if constexpr (KindEnum<E>) {
    if (!is_enumerator(value)) reader.fail(Error::invalid_command);
  }
}

template <class T>
void read_list_to_end(base::ByteReader& reader, std::vector<T>& list) {
  while (reader.remaining() > 0) read_value(reader, list.emplace_back());
}

template <class T>
void read_counted_list(base::ByteReader& reader, CountedList<T>& list) {
  const auto count = reader.integer<std::uint32_t>();
  if (count > reader.remaining() / size_min<T>()) reader.fail(Error::invalid_command);
  if (reader.failed()) return;
  list.reserve(count);
  for (std::uint32_t i = 0; i < count && !reader.failed(); ++i) {
    read_value(reader, list.emplace_back());
  }
}

template <class T>
void read_value(base::ByteReader& reader, T& value) {
  if constexpr (is_maybe_reply<T>) {
    if (reader.remaining() > 0) read_value(reader, value.emplace());
  } else if constexpr (is_counted_list<T>) {
    read_counted_list(reader, value);
  } else if constexpr (is_list<T>) {
    read_list_to_end(reader, value);
  } else if constexpr (std::is_enum_v<T>) {
    read_enum(reader, value);
  } else if constexpr (std::same_as<T, ByteSize>) {
    value.bytes = reader.integer<std::uint64_t>();
  } else if constexpr (std::same_as<T, Duration> || std::same_as<T, Timestamp>) {
    value.microseconds = reader.integer<std::uint64_t>();
  } else if constexpr (base::WireInteger<T> && !std::same_as<T, bool>) {
    value = reader.integer<T>();
  } else if constexpr (Described<T>) {
    boost::mp11::mp_for_each<MembersOf<T>>(
        [&](auto member) { read_value(reader, value.*member.pointer); });
  } else {
    read_field(reader, value);
  }
}

template <class T>
void write_value(base::ByteWriter& writer, const T& value) {
  if constexpr (is_maybe_reply<T>) {
    if (value) write_value(writer, *value);
  } else if constexpr (is_counted_list<T> || is_list<T>) {
    if constexpr (is_counted_list<T>) writer.integer(static_cast<std::uint32_t>(value.size()));
    for (const auto& element : value) write_value(writer, element);
  } else if constexpr (std::is_enum_v<T>) {
    writer.integer(static_cast<std::underlying_type_t<T>>(value));
  } else if constexpr (std::same_as<T, ByteSize>) {
    writer.integer(value.bytes);
  } else if constexpr (std::same_as<T, Duration> || std::same_as<T, Timestamp>) {
    writer.integer(value.microseconds);
  } else if constexpr (base::WireInteger<T> && !std::same_as<T, bool>) {
    writer.integer(value);
  } else if constexpr (Described<T>) {
    boost::mp11::mp_for_each<MembersOf<T>>(
        [&](auto member) { write_value(writer, value.*member.pointer); });
  } else {
    write_field(writer, value);
  }
}

template <class T>
Result<T> Codec<T>::decode(base::ByteView payload) {
  T value{};
  base::ByteReader reader(payload);
  read_value(reader, value);
  if (reader.failed()) return fail(reader.failure());
  return value;
}

template <class T>
void Codec<T>::encode_to(base::ByteWriter& writer, const T& value) {
  write_value(writer, value);
}

}  // namespace iggy::wire
