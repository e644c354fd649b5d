// A client: a connection to a server and one function for each command.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "client/connection.hpp"
#include "client/polled_messages.hpp"
#include "iggy/error.hpp"
#include "iggy/identifier.hpp"
#include "iggy/units.hpp"
#include "wire/consumer_offsets.hpp"
#include "wire/messages.hpp"
#include "wire/partitions.hpp"
#include "wire/sessions.hpp"
#include "wire/streams.hpp"
#include "wire/system.hpp"
#include "wire/topics.hpp"

namespace iggy::client {

struct ReconnectionRules {
  std::optional<std::uint32_t> retries_max = 3;  // nothing: for ever
  Duration interval = Duration::seconds(1);      // always the same
};

/// Makes a new connected stream to the server.
using Connector = std::function<Task<Result<std::unique_ptr<net::ByteStream>>>()>;

/// A connector that speaks plain TCP to `address`, "host:port".
Connector tcp_connector(std::string address);

struct TopicSettings {
  std::string name;
  wire::CompressionAlgorithm compression_algorithm = wire::CompressionAlgorithm::none;
  Duration message_expiry{};          // 0: the server's default, max: never
  ByteSize max_topic_size{};          // 0: the server's default, max: unlimited
  std::uint8_t replication_factor{};  // 0: the server's default
};

/// What is read, and by whom.
struct PartitionConsumer {
  wire::Consumer consumer;
  Identifier stream_id;
  Identifier topic_id;
  std::optional<PartitionId> partition_id;
};

/// A client of one server. Several tasks of one shard may call at once; their requests go out one
/// after the other.
///
/// Errors of all commands, beside those that the server answers with: not_connected, disconnected,
/// timed_out, cancelled; invalid_format for a name that is empty or longer than 255 bytes.
class Client {
 public:
  explicit Client(Connector connector, ReconnectionRules rules = {}, ConnectionLimits limits = {});

  /// Connects, again and again as the rules allow. Errors: cannot_establish_connection, cancelled.
  Task<Result<>> connect();
  /// Ends the connection in the orderly way. No command may be under way.
  Task<> close();
  [[nodiscard]] bool is_connected() const { return connection_ && connection_->is_usable(); }

  Task<Result<>> ping() { return call(wire::Ping{}); }
  Task<Result<wire::Stats>> get_stats() { return call(wire::GetStats{}); }
  Task<Result<wire::ClusterMetadata>> get_cluster_metadata() {
    return call(wire::GetClusterMetadata{});
  }

  /// Errors, found before anything is sent: invalid_username, invalid_password.
  Task<Result<wire::UserIdentity>> login_user(std::string username, std::string password);
  Task<Result<>> logout_user() { return call(wire::LogoutUser{}); }
  Task<Result<wire::ClientDetails>> get_me() { return call(wire::GetMe{}); }

  Task<Result<std::vector<wire::Stream>>> get_streams() { return call(wire::GetStreams{}); }
  Task<Result<std::optional<wire::StreamDetails>>> get_stream(Identifier stream_id);
  Task<Result<wire::Stream>> create_stream(std::string name);
  Task<Result<>> update_stream(Identifier stream_id, std::string name);
  Task<Result<>> delete_stream(Identifier stream_id);
  Task<Result<>> purge_stream(Identifier stream_id);

  Task<Result<std::vector<wire::Topic>>> get_topics(Identifier stream_id);
  Task<Result<std::optional<wire::TopicDetails>>> get_topic(Identifier stream_id,
                                                            Identifier topic_id);
  Task<Result<wire::TopicDetails>> create_topic(Identifier stream_id, TopicSettings settings,
                                                std::uint32_t partitions_count);
  Task<Result<>> update_topic(Identifier stream_id, Identifier topic_id, TopicSettings settings);
  Task<Result<>> delete_topic(Identifier stream_id, Identifier topic_id);
  Task<Result<>> purge_topic(Identifier stream_id, Identifier topic_id);

  Task<Result<>> create_partitions(Identifier stream_id, Identifier topic_id, std::uint32_t count);
  /// Deletes the last `count` ones.
  Task<Result<>> delete_partitions(Identifier stream_id, Identifier topic_id, std::uint32_t count);

  /// One request for all `messages`; target and messages are lent. Errors, found before anything
  /// is sent: those of `wire::encode_send_request`, invalid_message_payload_length (an empty one).
  Task<Result<>> send_messages(wire::SendTarget target,
                               std::span<const wire::OutgoingMessage> messages);
  /// Errors, found before anything is sent: invalid_messages_count (none asked for).
  Task<Result<PolledMessages>> poll_messages(wire::PollMessages request);
  Task<Result<>> flush_unsaved_buffer(wire::FlushUnsavedBuffer request);

  /// Nothing: none is stored, or there is no such stream, topic or partition.
  Task<Result<std::optional<wire::ConsumerOffset>>> get_consumer_offset(PartitionConsumer of);
  Task<Result<>> store_consumer_offset(PartitionConsumer of, std::uint64_t offset);
  Task<Result<>> delete_consumer_offset(PartitionConsumer of);

 private:
  template <class Request>
  Task<Result<typename Request::Reply>> call(Request request) {
    if (!connection_) co_return fail(Error::not_connected);
    co_return co_await connection_->call(std::move(request));
  }

  Connector connector_;
  ReconnectionRules rules_;
  ConnectionLimits limits_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace iggy::client
