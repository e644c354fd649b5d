// Polled messages as a table.
#pragma once

#include <cstdint>
#include <vector>

#include "cli/table.hpp"
#include "wire/polled_messages.hpp"

namespace iggy::cli {

enum class HeaderColumns : std::uint8_t { hidden, shown };

/// A row for each message; with its headers, one more column for each key and kind among them.
/// Headers that can't be read count as none.
[[nodiscard]] Table message_table(const std::vector<wire::MessageView>& messages,
                                  HeaderColumns headers);

}  // namespace iggy::cli
