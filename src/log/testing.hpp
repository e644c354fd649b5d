// For tests of the log: batches, a log on the fake disk, and what polls of it give.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "log/log_store.hpp"
#include "log/partition_log.hpp"
#include "runtime/memory_disk.hpp"
#include "runtime/testing.hpp"
#include "wire/message_batch.hpp"

namespace iggy::log {

/// The bytes of a batch as a producer sends it: everything that the server sets is zero.
class SentBatch {
 public:
  SentBatch(std::initializer_list<std::string_view> payloads) {
    for (const auto payload : payloads) add(payload);
  }
  explicit SentBatch(const std::vector<std::string>& payloads) {
    for (const auto& payload : payloads) add(payload);
  }
  void add(std::string_view payload, unsigned __int128 id = 0) {
    const auto start = bytes_.size();
    bytes_.resize(start + wire::message_header_size + payload.size());
    wire::store_message_header(
        bytes_.data() + start,
        {.id = id, .payload_size = static_cast<std::uint32_t>(payload.size())});
    const auto source = base::as_bytes(payload);
    std::copy(source.begin(), source.end(),
              bytes_.begin() + static_cast<std::ptrdiff_t>(start + wire::message_header_size));
    ++count_;
  }
  [[nodiscard]] wire::Batch batch() { return {.bytes = bytes_, .count = count_}; }
  [[nodiscard]] const base::Bytes& bytes() const { return bytes_; }

 private:
  base::Bytes bytes_;
  std::uint32_t count_ = 0;
};

/// `texts("a", "b")`: the payloads that are expected.
template <class... Texts>
std::vector<std::string> texts(Texts... texts) {
  return {texts...};
}

/// A message as a consumer sees it.
struct Polled {
  std::uint64_t offset = 0;
  std::uint64_t timestamp = 0;
  std::string payload;
  bool is_intact = false;
  bool operator==(const Polled&) const = default;
};

/// Takes the messages in `bytes` apart.
inline std::vector<Polled> parse(base::ByteView bytes) {
  std::vector<Polled> messages;
  while (!bytes.empty()) {
    const auto header = wire::load_message_header(bytes.data());
    const auto message = bytes.first(header.message_size());
    const auto payload = message.subspan(wire::message_header_size, header.payload_size);
    messages.push_back(
        {.offset = header.offset,
         .timestamp = header.timestamp,
         .payload = std::string(base::as_text(payload)),
         .is_intact = header.checksum == wire::message_checksum(message) && header.reserved == 0});
    bytes = bytes.subspan(message.size());
  }
  return messages;
}

/// A partition's log in "data/7" of a fake disk.
class LogBench {
 public:
  static constexpr auto directory = "data/7";
  static constexpr auto first_segment = "data/7/00000000000000000000.log";
  using Crash = runtime::MemoryDisk::Crash;

  explicit LogBench(std::uint64_t seed = 1) : disk_(seed) {}

  Result<> open(PartitionLog::Options options = {.incarnation = Incarnation{7},
                                                 .directory = directory}) {
    log_.reset();
    store_ = std::make_unique<LogStore>(disk_, settings_);
    auto opened = shard_.run(PartitionLog::open(*store_, std::move(options)));
    if (!opened) return fail(opened);
    log_ = *std::move(opened);
    return {};
  }

  /// What a restart finds after the process, or the machine, has died.
  Result<> crash_and_open(Crash crash = Crash::process_killed) {
    log_.reset();
    disk_.crash(crash);
    return open();
  }

  Result<Appended> append(SentBatch batch) { return shard_.run(log_->append(batch.batch())); }

  Result<ReadReply> read(ReadRequest request) {
    if (request.bytes_max == 0) request.bytes_max = 1'000'000'000;
    return shard_.run(log_->read(request, scratch_));
  }

  /// The bytes of a reply, wherever they are.
  base::Bytes bytes_of(const ReadReply& reply) {
    base::Bytes bytes(reply.bytes.begin(), reply.bytes.end());
    for (const auto& slice : reply.slices) {
      const auto start = bytes.size();
      bytes.resize(start + slice.size);
      const auto into = base::MutableByteView(bytes).subspan(start);
      EXPECT_EQ(shard_.run(slice.file->read(slice.position, into)), slice.size);
    }
    EXPECT_EQ(bytes.size(), reply.size);
    return bytes;
  }

  std::vector<Polled> poll(ReadRequest request) {
    const auto reply = read(request);
    if (!reply) {
      ADD_FAILURE() << "error " << static_cast<std::uint32_t>(reply.error());
      return {};
    }
    const auto messages = parse(bytes_of(*reply));
    EXPECT_EQ(messages.size(), reply->count);
    if (!messages.empty()) {
      EXPECT_EQ(messages.front().offset, reply->first_offset);
      EXPECT_EQ(messages.back().offset, reply->last_offset);
    }
    return messages;
  }

  /// The payloads of all messages from `offset` on, by as many polls as it takes. Each message must
  /// be intact and have the next offset.
  std::vector<std::string> payloads_from(std::uint64_t offset, std::uint32_t count = 1000) {
    std::vector<std::string> payloads;
    while (offset < log_->end_offset()) {
      const auto messages =
          poll({.from = ReadRequest::From::offset, .value = offset, .count = count});
      if (messages.empty()) {
        ADD_FAILURE() << "nothing at offset " << offset;
        break;
      }
      for (const auto& message : messages) {
        EXPECT_TRUE(message.is_intact);
        EXPECT_EQ(message.offset, offset);
        payloads.push_back(message.payload);
        ++offset;
      }
    }
    return payloads;
  }
  std::vector<std::string> payloads() { return payloads_from(log_->start_offset()); }

  /// Changes one byte of a file.
  void flip(const std::string& path, std::size_t position, std::byte bits = std::byte{0x10}) {
    auto bytes = disk_.contents(path);
    bytes.at(position) ^= bits;
    disk_.set_contents(path, std::move(bytes));
  }
  /// Cuts a file.
  void cut(const std::string& path, std::size_t size) {
    auto bytes = disk_.contents(path);
    bytes.resize(size);
    disk_.set_contents(path, std::move(bytes));
  }

  runtime::TestShard shard_;
  runtime::MemoryDisk disk_;
  LogSettings settings_{.checkpoint_interval = {}};  // the least is worth a checkpoint
  std::unique_ptr<LogStore> store_;
  std::unique_ptr<PartitionLog> log_;
  std::vector<std::byte> scratch_ = std::vector<std::byte>(32 * 1024);
};

class LogTest : public ::testing::Test, public LogBench {};

}  // namespace iggy::log
