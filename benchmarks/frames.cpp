// Requests from the codecs of wire/.
#include "benchmarks/frames.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "wire/frame.hpp"
#include "wire/messages.hpp"
#include "wire/sessions.hpp"
#include "wire/streams.hpp"
#include "wire/topics.hpp"

namespace iggy::benchmarks {

namespace {

const std::string stream_name = "benchmark";
std::string topic_name(std::uint32_t topic) { return fmt::format("topic-{}", topic); }

Bytes whole_send_frame(const Target& target, const BatchPattern& pattern) {
  std::vector<wire::OutgoingMessage> messages;
  for (const auto payload : pattern.payloads()) messages.push_back({.payload = payload});
  const auto topic = topic_name(target.topic);
  auto frame = wire::encode_send_request(
      {.stream_id = wire::IdentifierView(stream_name),
       .topic_id = wire::IdentifierView(topic),
       .partitioning = wire::Partitioning::partition(PartitionId{target.partition})},
      messages);
  if (!frame) {
    fmt::print(stderr, "load-driver: such a batch cannot be sent\n");
    std::exit(2);
  }
  return *std::move(frame);
}

/// Frame header, and the metadata with its length.
std::size_t head_size(const Bytes& frame) {
  return wire::frame_header_size + 4 +
         base::load<std::uint32_t>(frame.data() + wire::frame_header_size);
}

}  // namespace

std::vector<Target> targets_of(const Options& options, PartitionRange range, std::uint32_t index,
                               std::uint32_t connections) {
  const auto count = range.end - range.first;
  std::vector<Target> targets;
  const auto add = [&](std::uint32_t place) {
    const auto number = range.first + place;
    targets.push_back({number / options.partitions, number % options.partitions});
  };
  for (auto place = index; place < count; place += connections) add(place);
  if (targets.empty()) add(index % count);
  return targets;
}

BatchPattern::BatchPattern(const Options& options)
    : message_size_(options.message_size),
      payloads_(std::size_t{options.message_size} * options.batch) {
  for (std::size_t i = 0; i < options.batch; ++i) {
    for (std::size_t k = stamp_size; k < message_size_; ++k) {
      payloads_[i * message_size_ + k] = static_cast<std::byte>(i * 37 + k * 11 + (i >> 8));
    }
  }
}

bool BatchPattern::fits(ByteView payload, std::uint64_t offset) const {
  if (payload.size() != message_size_) return false;
  if (payload.size() <= stamp_size) return true;
  const auto batch = payloads_.size() / message_size_;
  const auto expected = ByteView(payloads_).subspan(offset % batch * message_size_, message_size_);
  return std::ranges::equal(payload.subspan(stamp_size), expected.subspan(stamp_size));
}

std::vector<ByteView> BatchPattern::payloads() const {
  std::vector<ByteView> found;
  for (std::size_t at = 0; at < payloads_.size(); at += message_size_) {
    found.push_back(ByteView(payloads_).subspan(at, message_size_));
  }
  return found;
}

SendFrames send_frames(const std::vector<Target>& targets, const BatchPattern& pattern) {
  SendFrames frames;
  for (const auto& target : targets) {
    const auto whole = whole_send_frame(target, pattern);
    const auto split = whole.begin() + static_cast<std::ptrdiff_t>(head_size(whole));
    frames.heads.emplace_back(whole.begin(), split);
    if (frames.body.empty()) frames.body.assign(split, whole.end());
  }
  frames.first_payload =
      pattern.payloads().size() * wire::message_index_size + wire::message_header_size;
  return frames;
}

void stamp(SendFrames& frames, std::size_t message_size, std::int64_t nanoseconds) {
  const auto step = wire::message_header_size + message_size;
  for (auto at = frames.first_payload; at < frames.body.size(); at += step) {
    base::store(frames.body.data() + at, static_cast<std::uint64_t>(nanoseconds));
  }
}

Bytes poll_frame(const Target& target, std::uint32_t consumer, const Options& options) {
  return wire::encode_request(wire::PollMessages{.consumer = {.id = Identifier(consumer)},
                                                 .stream_id = Identifier(stream_name),
                                                 .topic_id = Identifier(topic_name(target.topic)),
                                                 .partition_id = PartitionId{target.partition},
                                                 .strategy = {.kind = wire::PollingKind::offset},
                                                 .count = options.poll_count,
                                                 .auto_commit = options.auto_commit});
}

void set_offset(Bytes& poll_frame, std::uint64_t offset) {
  constexpr std::size_t behind_offset = 5;  // u32 count, bool auto_commit
  base::store(poll_frame.data() + poll_frame.size() - behind_offset - sizeof offset, offset);
}

Bytes login_frame() {
  return wire::encode_request(
      wire::LoginUser{.username = wire::Name("iggy"), .password = wire::ShortText("iggy")});
}

Bytes create_stream_frame() {
  return wire::encode_request(wire::CreateStream{.name = wire::Name(stream_name)});
}

Bytes create_topic_frame(std::uint32_t topic, std::uint32_t partitions) {
  return wire::encode_request(wire::CreateTopic{.stream_id = Identifier(stream_name),
                                                .partitions_count = partitions,
                                                .name = wire::Name(topic_name(topic))});
}

}  // namespace iggy::benchmarks
