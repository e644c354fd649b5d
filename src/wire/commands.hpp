// All commands, as one list of types.
#pragma once

#include <cstdint>
#include <tuple>

#include "wire/consumer_offsets.hpp"
#include "wire/messages.hpp"
#include "wire/partitions.hpp"
#include "wire/sessions.hpp"
#include "wire/streams.hpp"
#include "wire/system.hpp"
#include "wire/topics.hpp"

namespace iggy::wire {

/// Every command that the one generic codec reads and writes. `SendMessages` has its own.
using DescribedCommands =
    std::tuple<Ping, GetStats, GetClusterMetadata, GetMe, LoginUser, LogoutUser, PollMessages,
               FlushUnsavedBuffer, GetConsumerOffset, StoreConsumerOffset, DeleteConsumerOffset,
               GetStream, GetStreams, CreateStream, DeleteStream, UpdateStream, PurgeStream,
               GetTopic, GetTopics, CreateTopic, DeleteTopic, UpdateTopic, PurgeTopic,
               CreatePartitions, DeletePartitions>;

template <class... Commands, class Function>
bool with_command_of(std::tuple<Commands...>*, std::uint32_t code, Function&& function) {
  return ((Commands::code == code && (function.template operator()<Commands>(), true)) || ...);
}

/// Calls `function.operator()<Command>()` with the described command of this code. False: none has.
template <class Function>
bool with_command(std::uint32_t code, Function&& function) {
  return with_command_of(static_cast<DescribedCommands*>(nullptr), code, function);
}

}  // namespace iggy::wire
