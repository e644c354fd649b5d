// How far consumers are.
#include "broker/consumer_offsets.hpp"

#include "broker/consumers.hpp"

namespace iggy::broker {
namespace {

// The next three run on the partition's shard. It may have been deleted on the way there.

Task<Result<std::optional<wire::ConsumerOffset>>> get(Broker& broker, PartitionRef ref,
                                                      log::ConsumerKey consumer) {
  const auto partition = co_await broker.partition(ref);
  if (!partition && partition.error() == Error::incarnation_gone) co_return std::nullopt;
  if (!partition) co_return fail(partition);
  const auto stored = (*partition)->offsets->get(consumer);
  if (!stored) co_return std::nullopt;
  co_return wire::ConsumerOffset{.partition_id = ref.partition_id,
                                 .current_offset = (*partition)->log->current_offset(),
                                 .stored_offset = *stored};
}

Task<Result<>> store(Broker& broker, PartitionRef ref, log::ConsumerKey consumer,
                     std::uint64_t offset) {
  const auto partition = co_await broker.partition(ref);
  if (!partition) co_return fail(partition);
  const auto& log = *(*partition)->log;
  if (!log.has_messages() || offset > log.current_offset()) co_return fail(Error::invalid_offset);
  co_return co_await (*partition)->offsets->store(consumer, offset);
}

Task<Result<>> remove(Broker& broker, PartitionRef ref, log::ConsumerKey consumer) {
  const auto partition = co_await broker.partition(ref);
  if (!partition) co_return fail(partition);
  co_return co_await (*partition)->offsets->remove(consumer);
}

/// The partition and key of a request that changes an offset.
struct Target {
  PartitionRef ref;
  log::ConsumerKey consumer;
};

Result<Target> find_target(const Context& context, const Identifier& stream,
                           const Identifier& topic, const wire::Consumer& consumer,
                           std::optional<PartitionId> partition) {
  const auto found = context.find_topic(stream, topic, may_poll);
  if (!found) return fail(found);
  const auto key = consumer_key(consumer);
  if (!key) return fail(key);
  const auto ref = find_partition(*found, partition.value_or(PartitionId{0}));
  if (!ref) return fail(ref);
  return Target{*ref, *key};
}

}  // namespace

Task<Result<std::optional<wire::ConsumerOffset>>> get_consumer_offset(
    Context context, wire::GetConsumerOffset request) {
  const auto target = find_target(context, request.stream_id, request.topic_id, request.consumer,
                                  request.partition_id);
  if (!target && target.error() == Error::unauthorized) co_return fail(target);
  if (!target) co_return std::nullopt;

  auto& shard = context.broker.shard_of(target->ref.topic, target->ref.partition_id);
  co_return co_await runtime::on(shard, [&broker = context.broker, &target = *target] {
    return get(broker, target.ref, target.consumer);
  });
}

Task<Result<>> store_consumer_offset(Context context, wire::StoreConsumerOffset request) {
  const auto target = find_target(context, request.stream_id, request.topic_id, request.consumer,
                                  request.partition_id);
  if (!target) co_return fail(target);

  auto& shard = context.broker.shard_of(target->ref.topic, target->ref.partition_id);
  co_return co_await runtime::on(
      shard, [&broker = context.broker, &target = *target, offset = request.offset] {
        return store(broker, target.ref, target.consumer, offset);
      });
}

Task<Result<>> delete_consumer_offset(Context context, wire::DeleteConsumerOffset request) {
  const auto target = find_target(context, request.stream_id, request.topic_id, request.consumer,
                                  request.partition_id);
  if (!target) co_return fail(target);

  auto& shard = context.broker.shard_of(target->ref.topic, target->ref.partition_id);
  co_return co_await runtime::on(shard, [&broker = context.broker, &target = *target] {
    return remove(broker, target.ref, target.consumer);
  });
}

}  // namespace iggy::broker
