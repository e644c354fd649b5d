// The time zone of the machine.
#pragma once

#include "iggy/units.hpp"

namespace iggy::runtime {

/// `time` moved by the offset that the local time zone has then: what is printed of it as UTC is
/// the local time. A time that the C library can't express is not moved.
[[nodiscard]] Timestamp in_local_zone(Timestamp time);

}  // namespace iggy::runtime
