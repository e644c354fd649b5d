// The ids of things, each a type of its own, so that they can't be swapped.
#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

namespace iggy {

enum class StreamId : std::uint32_t {};
enum class TopicId : std::uint32_t {};
enum class PartitionId : std::uint32_t {};
enum class UserId : std::uint32_t {};
enum class ClientId : std::uint32_t {};
enum class ConsumerId : std::uint32_t {};

inline constexpr UserId root_user_id{0};
/// What client lists show for a connection that is not logged in.
inline constexpr UserId nobody{std::numeric_limits<std::uint32_t>::max()};

/// Numbers a stream, topic, partition or user for ever: the ids above are given out again, an
/// incarnation never. 0: none.
enum class Incarnation : std::uint64_t {};

/// The number inside of an id.
template <class Id>
  requires std::is_enum_v<Id>
constexpr auto number(Id id) {
  return static_cast<std::underlying_type_t<Id>>(id);
}

}  // namespace iggy
