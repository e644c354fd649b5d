// Looking things up for an operation.
#include "broker/context.hpp"

namespace iggy::broker {

const User* Context::user() const {
  const auto* user = catalogue().find_user(session.user_id);
  // The number may have been given to somebody else since the login.
  return user && user->incarnation == session.user_incarnation ? user : nullptr;
}

const Permissions* Context::permissions() const {
  const auto* known = user();
  return known ? known->permissions_or_null() : nullptr;
}

Result<const Stream*> Context::find_stream(const wire::IdentifierView& stream) const {
  const auto* found = catalogue().find_stream(stream);
  if (!found) return fail(Error::stream_id_not_found);
  return found;
}

Result<FoundTopic> Context::find_topic(const wire::IdentifierView& stream,
                                       const wire::IdentifierView& topic) const {
  const auto in = find_stream(stream);
  if (!in) return fail(in);
  const auto* found = (*in)->find_topic(topic);
  if (!found) return fail(Error::topic_id_not_found);
  return FoundTopic{*in, found};
}

Result<FoundTopic> Context::find_topic(const wire::IdentifierView& stream,
                                       const wire::IdentifierView& topic, MayUseTopic may) const {
  const auto found = find_topic(stream, topic);
  if (found && !may(permissions(), found->stream->id, found->topic->id)) {
    return fail(Error::unauthorized);
  }
  return found;
}

std::vector<PartitionRef> partitions_of(const Stream& stream, const Topic& topic) {
  std::vector<PartitionRef> all;
  all.reserve(topic.partitions_count());
  for (const auto& [id, partition] : topic.partitions) {
    all.push_back(ref_of(stream, topic, id, partition));
  }
  return all;
}

std::vector<PartitionRef> partitions_of(const Stream& stream) {
  std::vector<PartitionRef> all;
  for (const auto& [_, topic] : stream.topics) {
    const auto some = partitions_of(stream, *topic);
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

}  // namespace iggy::broker
