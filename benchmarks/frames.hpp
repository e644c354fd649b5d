// The requests of the load driver, built once before the load begins.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "benchmarks/options.hpp"

namespace iggy::benchmarks {

using base::Bytes;
using base::ByteView;

/// One of all partitions, numbered through all topics.
struct Target {
  std::uint32_t topic = 0;
  std::uint32_t partition = 0;
};

/// The partitions of connection `index` of `connections`: those of the range, dealt out in turn;
/// one each if there are more connections than partitions.
std::vector<Target> targets_of(const Options& options, PartitionRange range, std::uint32_t index,
                               std::uint32_t connections);

/// The messages of every batch. The payload of message i of a batch tells i, so that a reader knows
/// from an offset what must lie there. Its first 8 bytes are left to a time stamp.
class BatchPattern {
 public:
  explicit BatchPattern(const Options& options);

  /// Is `payload` what the message with this offset was sent with?
  [[nodiscard]] bool fits(ByteView payload, std::uint64_t offset) const;
  [[nodiscard]] std::vector<ByteView> payloads() const;

 private:
  std::uint32_t message_size_;
  Bytes payloads_;
};

constexpr std::size_t stamp_size = 8;

/// A send request in two parts: what names the partition, and what all partitions share.
struct SendFrames {
  std::vector<Bytes> heads;       // one for each target
  Bytes body;                     // indexes and messages
  std::size_t first_payload = 0;  // where in the body
};

SendFrames send_frames(const std::vector<Target>& targets, const BatchPattern& pattern);

/// Writes `nanoseconds` into the payload of every message of `frames`.
void stamp(SendFrames& frames, std::size_t message_size, std::int64_t nanoseconds);

/// A poll request by offset; `set_offset` changes where it begins.
Bytes poll_frame(const Target& target, std::uint32_t consumer, const Options& options);
void set_offset(Bytes& poll_frame, std::uint64_t offset);

Bytes login_frame();
Bytes create_stream_frame();
Bytes create_topic_frame(std::uint32_t topic, std::uint32_t partitions);

}  // namespace iggy::benchmarks
