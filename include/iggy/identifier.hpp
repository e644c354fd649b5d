// How a request names a stream, topic, group, user or consumer: by number or by name.
#pragma once

#include <cassert>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace iggy {

/// A numeric id or a name of 1 to 255 bytes. A name is looked up as a name even if it is all
/// digits.
class Identifier {
 public:
  Identifier() = default;
  explicit Identifier(std::uint32_t id) : value_(id) {}
  explicit Identifier(std::string name) : value_(std::move(name)) {
    assert(!this->name().empty() && this->name().size() <= 255);
  }

  /// What a person types: a text that is a u32 becomes a number, any other a name.
  /// An empty or too long text cannot be expressed and gives no identifier: ask `is_valid` first.
  static Identifier parse(std::string_view text);
  static bool is_valid(std::string_view text) { return !text.empty() && text.size() <= 255; }

  [[nodiscard]] bool is_numeric() const { return std::holds_alternative<std::uint32_t>(value_); }
  [[nodiscard]] std::uint32_t id() const { return std::get<std::uint32_t>(value_); }
  [[nodiscard]] const std::string& name() const { return std::get<std::string>(value_); }
  [[nodiscard]] std::string to_string() const;

  bool operator==(const Identifier&) const = default;

 private:
  std::variant<std::uint32_t, std::string> value_ = std::uint32_t{0};
};

}  // namespace iggy
