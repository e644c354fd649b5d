// Who is on the other end: the part of a connection that operations know.
#pragma once

#include <string>

#include "base/ids.hpp"
#include "wire/sessions.hpp"

namespace iggy::broker {

/// Where a session's data requests went: as long as it is the same shard, they are counted.
struct DataTrail {
  std::uint32_t shard = 0;
  std::uint32_t requests = 0;

  void note(std::uint32_t next) {
    requests = next == shard ? requests + 1 : 1;
    shard = next;
  }
};

/// A connection's identity. It moves with the connection from shard to shard, unchanged.
struct Session {
  ClientId client_id{};
  wire::Transport transport = wire::Transport::tcp;
  std::string address;  // of the peer, "127.0.0.1:54321"

  DataTrail trail;

  UserId user_id = nobody;         // as shown to clients
  Incarnation user_incarnation{};  // what rights are bound to: the number is given out again

  [[nodiscard]] bool is_logged_in() const { return user_id != nobody; }
  void log_in(UserId id, Incarnation incarnation) {
    user_id = id;
    user_incarnation = incarnation;
  }
  void log_out() { log_in(nobody, Incarnation{}); }
};

}  // namespace iggy::broker
