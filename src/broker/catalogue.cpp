// Looking things up in the catalogue, by number or by name.
#include "broker/catalogue.hpp"

namespace iggy::broker {

namespace {

template <class Map, class Key>
auto pointee(const Map& map, Key key) -> decltype(map.find(key)->get()) {
  const auto* found = map.find(key);
  return found ? found->get() : nullptr;
}

/// By number, or by name through the index beside the map.
template <class Id, class Ptr>
auto pointee(const PersistentMap<Id, Ptr>& map, const NameIndex<Id>& ids,
             const wire::IdentifierView& identifier) {
  if (identifier.is_numeric()) return pointee(map, Id{identifier.id()});
  const auto id = ids.find(identifier.name());
  return id ? pointee(map, *id) : nullptr;
}

}  // namespace

const Topic* Stream::find_topic(TopicId topic) const { return pointee(topics, topic); }

const Topic* Stream::find_topic(const wire::IdentifierView& topic) const {
  return pointee(topics, topic_ids, topic);
}

const Stream* Catalogue::find_stream(StreamId stream) const { return pointee(streams, stream); }

const Stream* Catalogue::find_stream(const wire::IdentifierView& stream) const {
  return pointee(streams, stream_ids, stream);
}

const User* Catalogue::find_user(UserId user) const { return pointee(users, user); }

const User* Catalogue::find_user(const wire::IdentifierView& user) const {
  return pointee(users, user_ids, user);
}

const User* Catalogue::find_user_by_name(std::string_view name) const {
  const auto id = user_ids.find(name);
  return id ? find_user(*id) : nullptr;
}

}  // namespace iggy::broker
