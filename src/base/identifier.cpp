// Reading and printing identifiers.
#include "iggy/identifier.hpp"

#include <charconv>

namespace iggy {

Identifier Identifier::parse(std::string_view text) {
  std::uint32_t id{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error == std::errc{} && end == text.data() + text.size()) return Identifier(id);
  return Identifier(std::string(text));
}

std::string Identifier::to_string() const { return is_numeric() ? std::to_string(id()) : name(); }

}  // namespace iggy
