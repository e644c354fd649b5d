// How sizes, times and payloads are shown to people.
#include "cli/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/utf8.hpp"
#include "cli/values.hpp"
#include "runtime/local_time.hpp"

namespace iggy::cli {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

/// The size of the sequence that `lead` begins; 1 if it begins none.
std::size_t sequence_size(unsigned char lead) {
  if (lead >= 0xF0) return 4;
  if (lead >= 0xE0) return 3;
  return lead >= 0xC0 ? 2 : 1;
}

/// The size of the valid character at the front of `text`; 0 if there is none.
std::size_t character_size(std::string_view text) {
  const auto size = sequence_size(static_cast<unsigned char>(text.front()));
  return size <= text.size() && base::is_utf8(text.substr(0, size)) ? size : 0;
}

/// The bytes that one U+FFFD replaces: the longest beginning of a character, at least one byte.
std::size_t damage_size(std::string_view text) {
  const auto size = sequence_size(static_cast<unsigned char>(text.front()));
  for (auto kept = std::min(size, text.size()); kept > 1; --kept) {
    // A beginning is one if some continuation completes it.
    for (const char next : {'\x80', '\x90', '\xA0', '\xBF'}) {
      std::string completed(text.substr(0, kept));
      completed.resize(size, '\x80');
      if (kept < size) completed[kept] = next;
      if (base::is_utf8(completed)) return kept;
    }
  }
  return 1;
}

char32_t code_point(std::string_view character) {
  const auto lead = static_cast<unsigned char>(character.front());
  if (character.size() == 1) return lead;
  char32_t value = lead & (0xFFU >> (character.size() + 1));
  for (const char c : character.substr(1))
    value = value << 6 | (static_cast<unsigned char>(c) & 0x3F);
  return value;
}

struct Range {
  char32_t first;
  char32_t last;
};

template <std::size_t size>
bool is_in(const std::array<Range, size>& ranges, char32_t c) {
  return std::ranges::any_of(ranges, [c](Range r) { return r.first <= c && c <= r.last; });
}

/// Columns of a character on a terminal. Source: Unicode's East Asian Width, the large blocks.
std::size_t character_columns(char32_t c) {
  static constexpr auto none = std::to_array<Range>(
      {{0x0300, 0x036F}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}});
  static constexpr auto two = std::to_array<Range>({{0x1100, 0x115F},
                                                    {0x2E80, 0x303E},
                                                    {0x3041, 0xA4CF},
                                                    {0xAC00, 0xD7A3},
                                                    {0xF900, 0xFAFF},
                                                    {0xFE30, 0xFE6F},
                                                    {0xFF00, 0xFF60},
                                                    {0xFFE0, 0xFFE6},
                                                    {0x1F300, 0x1F64F},
                                                    {0x1F900, 0x1F9FF},
                                                    {0x20000, 0x3FFFD}});
  if (is_in(none, c)) return 0;
  return is_in(two, c) ? 2 : 1;
}

}  // namespace

std::string size_text(ByteSize size) {
  constexpr std::array<std::string_view, 6> units{"KB", "MB", "GB", "TB", "PB", "EB"};
  if (size.bytes < 1000) return fmt::format("{} B", size.bytes);
  std::uint64_t unit = 1000;
  std::size_t index = 0;
  while (index + 1 < units.size() && size.bytes / unit >= 1000) {
    unit *= 1000;
    ++index;
  }
  return fmt::format("{:.2f} {}", static_cast<double>(size.bytes) / static_cast<double>(unit),
                     units[index]);
}

std::string local_time_text(Timestamp time) {
  return fmt::format("{}.{:06}", runtime::in_local_zone(time).to_string(),
                     time.microseconds % 1'000'000);
}

std::string expiry_text(Duration expiry) {
  return expiry == wire::never_expires ? "unlimited" : to_string(Expiry{expiry});
}

std::string max_size_text(ByteSize size) { return to_string(MaxTopicSize{size}); }

std::string printable(std::string_view bytes) {
  if (base::is_utf8(bytes)) return std::string(bytes);
  std::string text;
  while (!bytes.empty()) {
    const auto size = character_size(bytes);
    text += size > 0 ? bytes.substr(0, size) : replacement;
    bytes.remove_prefix(size > 0 ? size : damage_size(bytes));
  }
  return text;
}

std::string escaped(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // U+0080 to U+009F drive terminals too: in UTF-8, C2 and the byte itself.
    const bool is_c1 =
        byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (is_c1) {
      result += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[++i]));
    } else if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7F) {
      result += fmt::format("\\x{:02x}", byte);
    } else {
      result += text[i];
    }
  }
  return result;
}

std::size_t columns(std::string_view text) {
  std::size_t count = 0;
  while (!text.empty()) {
    const auto size = std::max<std::size_t>(character_size(text), 1);
    count += character_columns(code_point(text.substr(0, size)));
    text.remove_prefix(size);
  }
  return count;
}

std::string counted(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace iggy::cli
