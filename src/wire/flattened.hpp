// For tests: a described struct as the flat list of fields that the published vectors give.
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "wire/described_codec.hpp"
#include "wire/sessions.hpp"
#include "wire/streams.hpp"
#include "wire/topics.hpp"

namespace iggy::wire::testing {

using FlatFields = std::vector<std::pair<std::string, std::string>>;

/// Headers of details: their fields stand among those of the details.
template <class T>
concept Inlined = std::same_as<T, Stream> || std::same_as<T, Topic> || std::same_as<T, Client>;

template <class T>
void flatten(FlatFields& out, const std::string& name, const T& value);

inline void flatten_text(FlatFields& out, const std::string& name, const std::string& text) {
  out.emplace_back(name + "_length", std::to_string(text.size()));
  if (!text.empty()) out.emplace_back(name, text);
}

inline void flatten_identifier(FlatFields& out, const std::string& name, const Identifier& id) {
  out.emplace_back(name + ".kind", id.is_numeric() ? "1" : "2");
  out.emplace_back(name + ".length", std::to_string(id.is_numeric() ? 4 : id.name().size()));
  out.emplace_back(name + ".value", id.to_string());
}

template <class T>
void flatten_members(FlatFields& out, const std::string& prefix, const T& value) {
  boost::mp11::mp_for_each<MembersOf<T>>(
      [&](auto member) { flatten(out, prefix + member.name, value.*member.pointer); });
}

template <class T>
void flatten_list(FlatFields& out, const std::string& name, const std::vector<T>& list) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    flatten_members(out, name + "[" + std::to_string(i) + "].", list[i]);
  }
}

template <class T>
void flatten(FlatFields& out, const std::string& name, const T& value) {
  if constexpr (std::same_as<T, Name> || std::same_as<T, ShortText>) {
    flatten_text(out, name, value.text());
  } else if constexpr (std::same_as<T, LongText>) {
    flatten_text(out, name, value);
  } else if constexpr (std::same_as<T, Identifier>) {
    flatten_identifier(out, name, value);
  } else if constexpr (std::same_as<T, std::optional<PartitionId>>) {
    out.emplace_back("partition_flag", value ? "1" : "0");
    out.emplace_back(name, std::to_string(value ? number(*value) : 0));
  } else if constexpr (is_counted_list<T>) {
    out.emplace_back(name + "_count", std::to_string(value.size()));
    flatten_list(out, name, value);
  } else if constexpr (is_list<T>) {
    flatten_list(out, name, value);
  } else if constexpr (std::is_enum_v<T>) {
    out.emplace_back(name, std::to_string(static_cast<std::uint64_t>(value)));
  } else if constexpr (std::same_as<T, ByteSize>) {
    out.emplace_back(name, std::to_string(value.bytes));
  } else if constexpr (std::same_as<T, Duration> || std::same_as<T, Timestamp>) {
    out.emplace_back(name, std::to_string(value.microseconds));
  } else if constexpr (std::is_arithmetic_v<T>) {
    out.emplace_back(name, std::to_string(value));
  } else if constexpr (Inlined<T>) {
    flatten_members(out, "", value);
  } else {
    flatten_members(out, name + ".", value);
  }
}

/// The fields of a whole request or reply. A reply that is a list is called `list`.
template <class T>
FlatFields flattened(const T& value, const std::string& list) {
  FlatFields out;
  if constexpr (is_maybe_reply<T>) {
    if (value) flatten_members(out, "", *value);
  } else if constexpr (is_list<T>) {
    flatten_list(out, list, value);
  } else {
    flatten_members(out, "", value);
  }
  return out;
}

}  // namespace iggy::wire::testing
