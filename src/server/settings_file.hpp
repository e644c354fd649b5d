// A configuration file as values by path: "tcp.address" = "127.0.0.1:8090".
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace iggy::server {

/// One value as it was written, before anybody knows what it should be.
struct RawValue {
  enum class Kind : std::uint8_t {
    boolean,
    integer,
    text,
    texts,    // a list of texts, perhaps empty
    table,    // an empty one: the values of others stand for themselves
    untyped,  // from the environment: only the setting knows its type
    other,    // a fraction, a date, a mixed list
  };

  Kind kind = Kind::other;
  bool boolean = false;
  std::int64_t integer = 0;
  std::string text;  // of text and untyped; of the others as they can be shown
  std::vector<std::string> texts;
  std::string origin;  // "server.toml:12:5", "environment variable IGGY_TCP_ADDRESS"
};

/// Elements of a list of tables bear their index: "cluster.node.others.0.name".
using RawValues = std::map<std::string, RawValue, std::less<>>;

struct SettingsFile {
  RawValues values;
  std::vector<std::string> problems;  // what is not TOML, with line and column
};

/// Reads TOML. `file_name` is for origins and problems alone.
[[nodiscard]] SettingsFile parse_settings_file(std::string_view text, std::string_view file_name);

/// `text` as a TOML string on one line.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace iggy::server
