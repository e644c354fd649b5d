// What a number of pings took.
#pragma once

#include <string>
#include <vector>

#include "iggy/units.hpp"

namespace iggy::cli {

/// "min/avg/max/mdev = 1.322/4.490/7.838/2.400 ms"; mdev is the standard deviation. Of at least one
/// time.
[[nodiscard]] std::string ping_statistics(const std::vector<Duration>& times);

}  // namespace iggy::cli
