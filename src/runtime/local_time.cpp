// The time zone of the machine.
#include "runtime/local_time.hpp"

#include <ctime>

namespace iggy::runtime {

Timestamp in_local_zone(Timestamp time) {
  const auto seconds = static_cast<std::time_t>(time.microseconds / 1'000'000);
  std::tm local{};
  ::tzset();
  if (::localtime_r(&seconds, &local) == nullptr) return time;
  return {time.microseconds + static_cast<std::uint64_t>(local.tm_gmtoff * 1'000'000)};
}

}  // namespace iggy::runtime
