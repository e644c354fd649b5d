// The statistics of a server, printed.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "wire/system.hpp"

namespace iggy::cli {

/// Label and value of each row.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> stats_rows(const wire::Stats& stats);
/// A JSON object, indented by two.
[[nodiscard]] std::string stats_json(const wire::Stats& stats);
[[nodiscard]] std::string stats_toml(const wire::Stats& stats);

}  // namespace iggy::cli
