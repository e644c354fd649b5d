// The types of settings that have a grammar of their own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "iggy/error.hpp"
#include "iggy/units.hpp"

namespace iggy::server {

/// How long messages are kept; `Duration::max()`: for ever, as on the wire.
struct MessageExpiry {
  Duration duration = Duration::max();

  bool operator==(const MessageExpiry&) const = default;

  [[nodiscard]] bool is_never() const { return duration == Duration::max(); }

  /// "none", "unlimited", "never_expire", or a duration of at least one microsecond and at most
  /// 4,294,967,295 seconds. The words for the server's default are refused: this is the default.
  /// Errors: invalid_configuration.
  static Result<MessageExpiry> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
};

/// How large a topic may grow; 2^64 - 1: without limit, as on the wire.
struct TopicSize {
  ByteSize size{~std::uint64_t{0}};

  bool operator==(const TopicSize&) const = default;

  [[nodiscard]] bool is_unlimited() const { return size.bytes == ~std::uint64_t{0}; }

  /// "unlimited", "none", "0" or a size. The words for the server's default are refused.
  /// Errors: invalid_configuration.
  static Result<TopicSize> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
};

/// Which CPUs get a shard. `choose_cpus` turns it into a list.
struct CpuAllocation {
  enum class Kind : std::uint8_t { all, count, range, numa };

  Kind kind = Kind::all;
  std::uint32_t count = 0;                // count: how many
  std::uint32_t first = 0;                // range: from here
  std::uint32_t end = 0;                  // range: up to, not with
  std::vector<std::uint32_t> numa_nodes;  // numa: only these; empty: all
  std::uint32_t cores_per_node = 0;       // numa: at most so many of each; 0: all
  bool without_siblings = true;           // numa: one hardware thread of each core

  bool operator==(const CpuAllocation&) const = default;

  /// "all", "4", "5..8" (8 is not in it), "numa:auto", "numa:nodes=0,1;cores=4;no_ht=true".
  /// Errors: invalid_configuration.
  static Result<CpuAllocation> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
};

}  // namespace iggy::server
