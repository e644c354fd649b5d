// What an operation acts on and for whom.
#pragma once

#include "broker/broker.hpp"
#include "broker/permissions.hpp"
#include "broker/session.hpp"

namespace iggy::broker {

/// A stream and a topic in it. Good until the next co_await, as all that lies in the catalogue.
struct FoundTopic {
  const Stream* stream;
  const Topic* topic;
};

/// Handed to every operation, by value. Broker and session outlive it.
struct Context {
  Broker& broker;
  Session& session;

  [[nodiscard]] const Catalogue& catalogue() const { return broker.catalogue(); }
  /// The session's user; null if it is not logged in, or the user was deleted.
  [[nodiscard]] const User* user() const;
  /// What the session may do; null if that is nothing.
  [[nodiscard]] const Permissions* permissions() const;

  /// Errors: stream_id_not_found.
  [[nodiscard]] Result<const Stream*> find_stream(const wire::IdentifierView& stream) const;
  /// Errors: stream_id_not_found, topic_id_not_found.
  [[nodiscard]] Result<FoundTopic> find_topic(const wire::IdentifierView& stream,
                                              const wire::IdentifierView& topic) const;
  /// The same for a session that may do this with the topic. Errors: unauthorized, too.
  using MayUseTopic = bool (*)(const Permissions*, StreamId, TopicId);
  [[nodiscard]] Result<FoundTopic> find_topic(const wire::IdentifierView& stream,
                                              const wire::IdentifierView& topic,
                                              MayUseTopic may) const;

  template <class Edit>
  Task<Result<typename Edit::Outcome>> commit(Edit edit) const {
    return broker.commit(std::move(edit), session.user_id);
  }
};

/// Every partition of a topic or stream.
[[nodiscard]] std::vector<PartitionRef> partitions_of(const Stream& stream, const Topic& topic);
[[nodiscard]] std::vector<PartitionRef> partitions_of(const Stream& stream);

}  // namespace iggy::broker
