// Commands about the connection's own session: login, logout, who am I.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/ids.hpp"
#include "wire/codec.hpp"
#include "wire/primitives.hpp"

namespace iggy::wire {

/// Bytes of a user name and of a password. Source: the protocol, 2.1.
inline constexpr std::size_t username_size_min = 3;
inline constexpr std::size_t username_size_max = 50;
inline constexpr std::size_t password_size_min = 3;
inline constexpr std::size_t password_size_max = 100;

/// Who a session is now.
struct UserIdentity {
  UserId user_id{};

  bool operator==(const UserIdentity&) const = default;
};
BOOST_DESCRIBE_STRUCT(UserIdentity, (), (user_id))

/// Allowed before login. Version and context describe the client; nothing depends on them.
struct LoginUser {
  static constexpr std::uint32_t code = 38;
  using Reply = UserIdentity;

  Name username;
  ShortText password;
  LongText version;
  LongText context;

  bool operator==(const LoginUser&) const = default;
};
BOOST_DESCRIBE_STRUCT(LoginUser, (), (username, password, version, context))

/// Checks what needs no stored data. Errors: invalid_username, invalid_password.
[[nodiscard]] Result<> validate(const LoginUser& request);

/// The session goes on without a user.
struct LogoutUser {
  static constexpr std::uint32_t code = 39;
  using Reply = void;

  bool operator==(const LogoutUser&) const = default;
};
BOOST_DESCRIBE_STRUCT(LogoutUser, (), ())

enum class Transport : std::uint8_t { tcp = 1, quic = 2, http = 3, websocket = 4 };
BOOST_DESCRIBE_ENUM(Transport, tcp, quic, http, websocket)

/// A connection, as lists show it.
struct Client {
  ClientId client_id{};
  UserId user_id = nobody;
  Transport transport = Transport::tcp;
  LongText address;
  std::uint32_t consumer_groups_count{};

  bool operator==(const Client&) const = default;
};
BOOST_DESCRIBE_STRUCT(Client, (), (client_id, user_id, transport, address, consumer_groups_count))

/// A consumer group that a connection is a member of.
struct ConsumerGroupMembership {
  StreamId stream_id{};
  TopicId topic_id{};
  std::uint32_t group_id{};

  bool operator==(const ConsumerGroupMembership&) const = default;
};
BOOST_DESCRIBE_STRUCT(ConsumerGroupMembership, (), (stream_id, topic_id, group_id))

/// A connection with its memberships.
struct ClientDetails {
  Client client;
  std::vector<ConsumerGroupMembership> consumer_groups;

  bool operator==(const ClientDetails&) const = default;
};
BOOST_DESCRIBE_STRUCT(ClientDetails, (), (client, consumer_groups))

/// Answered with the connection's own entry.
struct GetMe {
  static constexpr std::uint32_t code = 20;
  using Reply = ClientDetails;

  bool operator==(const GetMe&) const = default;
};
BOOST_DESCRIBE_STRUCT(GetMe, (), ())

}  // namespace iggy::wire
