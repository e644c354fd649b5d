// The settings as a table of fields: what loading, printing and naming them work on.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/settings.hpp"
#include "server/settings_file.hpp"

namespace iggy::server {

/// How values of one type are read and printed. Assigning to no member only checks the value.
struct ValueType {
  std::string allowed;                                      // behind "must be"
  bool (*assign)(const RawValue& value, void* member);      // false: refused, member as before
  std::optional<std::string> (*print)(const void* member);  // as TOML; nothing: absent
};

/// The type of settings that are a `T`. There are those that `Settings` has, and those of keys
/// without effect: bool, integers, texts, lists of texts, sizes, durations and so on.
template <class T>
const ValueType& value_type();

/// One setting: a member of a `Settings`, which must outlive it.
struct Field {
  std::string path;  // "tcp.socket.nodelay", "cluster.node.others.0.name"
  const ValueType* type;
  void* member;
};

/// All settings, in the order of their declaration.
[[nodiscard]] std::vector<Field> fields_of(Settings& settings);

/// A setting that is a list of tables.
struct TableList {
  std::string path;  // "cluster.node.others"
  std::function<void(std::size_t)> resize;
};

[[nodiscard]] std::vector<TableList> table_lists_of(Settings& settings);

}  // namespace iggy::server
