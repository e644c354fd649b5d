// For tests of the operations: a broker on the fake disk, users with and without rights, and short
// ways to fill and read a topic.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/context.hpp"
#include "broker/messages.hpp"
#include "broker/streams.hpp"
#include "broker/test_support.hpp"
#include "broker/topics.hpp"
#include "log/testing.hpp"
#include "runtime/memory_disk.hpp"
#include "runtime/testing.hpp"
#include "wire/frame.hpp"

namespace iggy::broker {

/// A send request as it arrives; it keeps the bytes that `request()` refers to.
class SentRequest {
 public:
  SentRequest(wire::SendTarget target, const std::vector<std::string>& payloads) {
    std::vector<wire::OutgoingMessage> messages;
    messages.reserve(payloads.size());
    for (const auto& payload : payloads) messages.push_back({.payload = base::as_bytes(payload)});
    frame_ = wire::encode_send_request(target, messages).value();
  }
  [[nodiscard]] wire::SendMessages request() {
    const auto payload = base::MutableByteView(frame_).subspan(wire::frame_header_size);
    return wire::decode_send_messages(payload).value();
  }

 private:
  base::Bytes frame_;
};

/// A get that succeeded without an answer: there is no such thing.
template <class T>
bool is_nothing(const Result<std::optional<T>>& got) {
  return got && !*got;
}

/// What a poll gave; each message as "offset:payload".
struct Page {
  PartitionId partition_id{};
  std::uint64_t current_offset = 0;
  std::vector<std::string> messages;

  bool operator==(const Page&) const = default;
};

inline wire::PollingStrategy from_offset(std::uint64_t offset) {
  return {.kind = wire::PollingKind::offset, .value = offset};
}

/// A broker in "data" on one test shard, with two users: root, and a guest without rights. Users,
/// streams, topics and partitions are numbered for ever in the order of their making: root is 1,
/// the guest 2, whatever a test makes first 3.
class BrokerBench {
 public:
  using Crash = runtime::MemoryDisk::Crash;

  explicit BrokerBench(std::uint64_t seed = 1, BrokerSettings settings = {})
      : disk_(seed), settings_(std::move(settings)) {
    settings_.data_path = "data";
    EXPECT_TRUE(start());
    root_session_ = session_of(add_user("iggy"));
    guest_session_ = session_of(add_user("guest"));
  }
  ~BrokerBench() { stop(); }
  BrokerBench(const BrokerBench&) = delete;
  BrokerBench& operator=(const BrokerBench&) = delete;

  Result<> start() {
    broker_ = std::make_unique<Broker>(disk_, std::vector{&shard_.shard()}, settings_,
                                       [this](Error error) { fatal_.push_back(error); });
    if (const auto started = shard_.run(broker_->start()); !started) return started;
    const auto opened = shard_.run(broker_->open_partitions());
    if (opened) settle();  // what earlier deletions have left is gone
    return opened;
  }
  void stop() {
    if (broker_) shard_.run(broker_->stop());
    broker_.reset();
  }
  Result<> restart() {
    stop();
    return start();
  }
  /// What a start finds after the process, or the machine, has died: nothing reaches the disk once
  /// it has stopped working.
  Result<> crash_and_start(Crash crash = Crash::process_killed) {
    disk_.lose_power_after(0);
    stop();
    disk_.crash(crash);
    return start();
  }
  /// Waits until what deletions left is cleaned up.
  void settle() { shard_.run(broker_->here().background.join()); }

  template <class T>
  T run(Task<T> task) {
    return shard_.run(std::move(task));
  }

  [[nodiscard]] Context root() { return {*broker_, root_session_}; }
  [[nodiscard]] Context guest() { return {*broker_, guest_session_}; }
  /// Somebody logged in with these rights.
  [[nodiscard]] Context user_with(const Permissions& permissions) {
    const auto name = "user " + std::to_string(sessions_.size());
    sessions_.push_back(session_of(add_user(name, permissions)));
    return {*broker_, sessions_.back()};
  }
  UserPtr add_user(std::string name, std::optional<Permissions> permissions = std::nullopt,
                   std::string password_hash = {}, UserStatus status = UserStatus::active) {
    return run(broker_->commit(AddUser{.name = wire::Name(std::move(name)),
                                       .password_hash = std::move(password_hash),
                                       .status = status,
                                       .permissions = std::move(permissions)},
                               nobody))
        .value();
  }

  void add_stream(std::string name) {
    ASSERT_TRUE(run(create_stream(root(), {.name = wire::Name(std::move(name))})));
  }
  void add_topic(std::string stream, std::string name, std::uint32_t partitions_count = 1) {
    ASSERT_TRUE(run(create_topic(root(), {.stream_id = Identifier(std::move(stream)),
                                          .partitions_count = partitions_count,
                                          .name = wire::Name(std::move(name))})));
  }
  /// Stream "s" with topic "t".
  void add_stream_and_topic(std::uint32_t partitions_count = 1) {
    add_stream("s");
    add_topic("s", "t", partitions_count);
  }

  Result<> send_as(Context context, wire::SendTarget target,
                   const std::vector<std::string>& payloads) {
    SentRequest sent(target, payloads);
    return run(send_messages(context, sent.request()));
  }
  Result<> send_to(std::string_view stream, std::string_view topic, std::uint32_t partition,
                   const std::vector<std::string>& payloads) {
    return send_as(root(),
                   {.stream_id = wire::IdentifierView(stream),
                    .topic_id = wire::IdentifierView(topic),
                    .partitioning = wire::Partitioning::partition(PartitionId{partition})},
                   payloads);
  }
  /// To partition 0 of topic "t" in stream "s".
  Result<> send(const std::vector<std::string>& payloads) { return send_to("s", "t", 0, payloads); }

  Result<Page> poll_as(Context context, wire::PollMessages request,
                       std::uint64_t bytes_max = 1'000'000) {
    const auto polled = run(
        poll_messages(context, std::move(request), {.bytes_max = bytes_max, .scratch = scratch_}));
    if (!polled) return fail(polled);
    return page_of(*polled);
  }
  /// The messages of a partition from its start on.
  Result<std::vector<std::string>> messages_in(std::string stream, std::string topic,
                                               std::uint32_t partition) {
    const auto page = poll_as(root(), {.stream_id = Identifier(std::move(stream)),
                                       .topic_id = Identifier(std::move(topic)),
                                       .partition_id = PartitionId{partition},
                                       .strategy = {.kind = wire::PollingKind::first},
                                       .count = 1000});
    if (!page) return fail(page);
    return page->messages;
  }
  /// Those of partition 0 of topic "t" in stream "s".
  Result<std::vector<std::string>> messages() { return messages_in("s", "t", 0); }

  /// The names of what lies where partitions have their directories.
  std::vector<std::string> partition_directories() {
    std::vector<std::string> names;
    for (const auto& entry : run(disk_.list("data/partitions")).value()) {
      names.push_back(entry.name);
    }
    return names;
  }
  [[nodiscard]] const Catalogue& catalogue() { return broker_->catalogue(); }

  runtime::TestShard shard_;
  runtime::MemoryDisk disk_;
  BrokerSettings settings_;
  std::vector<Error> fatal_;
  std::unique_ptr<Broker> broker_;
  Session root_session_;
  Session guest_session_;
  std::list<Session> sessions_;  // in place for ever: contexts refer to them
  std::vector<std::byte> scratch_ = std::vector<std::byte>(32 * 1024);

 private:
  static Session session_of(const UserPtr& user) {
    Session session{.client_id = ClientId{7}, .address = "127.0.0.1:54321"};
    session.log_in(user->id, user->incarnation);
    return session;
  }
  Page page_of(const Polled& polled) {
    Page page{.partition_id = polled.head.partition_id,
              .current_offset = polled.head.current_offset};
    base::Bytes bytes(polled.messages.bytes.begin(), polled.messages.bytes.end());
    for (const auto& slice : polled.messages.slices) {
      const auto start = bytes.size();
      bytes.resize(start + slice.size);
      const auto into = base::MutableByteView(bytes).subspan(start);
      EXPECT_EQ(run(slice.file->read(slice.position, into)), slice.size);
    }
    for (const auto& message : log::parse(bytes)) {
      EXPECT_TRUE(message.is_intact);
      page.messages.push_back(std::to_string(message.offset) + ":" + message.payload);
    }
    EXPECT_EQ(page.messages.size(), polled.head.count);
    return page;
  }
};

class BrokerTest : public ::testing::Test, public BrokerBench {};

}  // namespace iggy::broker
