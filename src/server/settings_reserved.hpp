// Keys that are accepted, so that configurations made for the reference load, but have no effect.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "server/settings_fields.hpp"

namespace iggy::server {

enum class ReservedUse : std::uint8_t {
  ignored,
  secret,         // ignored, and never shown
  must_stay_off,  // who turns it on relies on something that would not happen: refused
};

struct ReservedKey {
  std::string_view path;       // # stands for the index in a list of tables
  const ValueType& (*type)();  // values are checked all the same
  ReservedUse use = ReservedUse::ignored;
};

[[nodiscard]] std::span<const ReservedKey> reserved_keys();

}  // namespace iggy::server
