// Looking at what a poll returned.
#pragma once

#include <cstdint>

#include "benchmarks/frames.hpp"
#include "benchmarks/histogram.hpp"

namespace iggy::benchmarks {

/// Where the messages of a reply must lie.
struct Expected {
  std::uint64_t offset = 0;  // of the first
  std::uint32_t count = 0;
};

/// Are `messages` what was sent there, as far as `verify` asks? Ends the program with a message if
/// not.
void check_messages(ByteView messages, const Expected& expected, const BatchPattern& pattern,
                    Verify verify);

/// Adds the time since each message was sent.
void add_ages(ByteView messages, std::int64_t now, Histogram& ages);

}  // namespace iggy::benchmarks
