// How sizes, times and payloads are shown to people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "iggy/units.hpp"

namespace iggy::cli {

/// Decimal units, two decimals: "568.00 MB", "18.45 EB"; below 1000 bytes "8 B".
[[nodiscard]] std::string size_text(ByteSize size);

/// "2026-11-25 07:51:00.123456", in the local time zone.
[[nodiscard]] std::string local_time_text(Timestamp time);

/// "unlimited", "server_default" or a duration: how topics show their expiry.
[[nodiscard]] std::string expiry_text(Duration expiry);
/// "unlimited", "server_default" or a size.
[[nodiscard]] std::string max_size_text(ByteSize size);

/// `bytes` as UTF-8: U+FFFD stands for what is none.
[[nodiscard]] std::string printable(std::string_view bytes);

/// Control characters other than line feed and tab as "\x1b", so that no payload drives the
/// terminal.
[[nodiscard]] std::string escaped(std::string_view text);

/// How many columns of a terminal `text` fills: one line of UTF-8, where each control character
/// counts as one.
[[nodiscard]] std::size_t columns(std::string_view text);

/// "1 message", "2 messages".
[[nodiscard]] std::string counted(std::uint64_t count, std::string_view noun);

}  // namespace iggy::cli
