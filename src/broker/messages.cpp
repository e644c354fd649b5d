// Sending, polling and flushing messages.
#include "broker/messages.hpp"

#include "base/hash.hpp"
#include "broker/consumers.hpp"

namespace iggy::broker {
namespace {

/// The next partition of a balanced send, on the shard of the topic's partition 0.
std::uint64_t take_turn(Broker& broker, Incarnation topic) {
  return broker.here().balanced_counters[topic]++;
}

Task<PartitionId> next_balanced(Broker& broker, Incarnation topic, std::uint32_t partitions_count) {
  auto& shard = broker.shard_of(topic, PartitionId{0});
  const auto turn =
      co_await runtime::on(shard, [&broker, topic] { return take_turn(broker, topic); });
  co_return PartitionId{static_cast<std::uint32_t>(turn % partitions_count)};
}

/// Has the catalogue note that the partition holds data: from then on a missing directory is
/// damage.
Task<Result<>> note_written(Broker& broker, OpenPartition& partition) {
  const auto& ref = partition.ref;
  const auto noted =
      co_await broker.commit(MarkPartitionWritten{.topic = {.stream = {ref.stream_id, ref.stream},
                                                            .id = ref.topic_id,
                                                            .incarnation = ref.topic},
                                                  .partition = ref.partition_id,
                                                  .incarnation = ref.partition},
                             nobody);
  if (!noted) co_return fail(noted);
  partition.ref.is_written = true;
  co_return Result<>{};
}

/// On the partition's shard.
Task<Result<>> append(Broker& broker, PartitionRef ref, wire::Batch batch) {
  Result<std::shared_ptr<OpenPartition>> partition = broker.here().partitions.find(ref.partition);
  if (!*partition) partition = co_await broker.partition(ref);
  if (!partition) co_return fail(partition);
  const auto appended = co_await (*partition)->log->append(batch);
  if (!appended) co_return fail(appended);

  // Before any acknowledgement: also of a batch that came while the first one was being noted, or
  // after that had failed.
  if (!(*partition)->ref.is_written) co_return co_await note_written(broker, **partition);
  co_return Result<>{};
}

log::ReadRequest read_request(const wire::PollMessages& request,
                              std::optional<std::uint64_t> stored_offset, std::uint64_t bytes_max) {
  log::ReadRequest read{.count = request.count, .bytes_max = bytes_max};
  using From = log::ReadRequest::From;
  switch (request.strategy.kind) {
    case wire::PollingKind::offset:
      read.from = From::offset;
      read.value = request.strategy.value;
      break;
    case wire::PollingKind::timestamp:
      read.from = From::timestamp;
      read.value = request.strategy.value;
      break;
    case wire::PollingKind::first:
      read.from = From::first;
      break;
    case wire::PollingKind::last:
      read.from = From::last;
      break;
    case wire::PollingKind::next:
      read.from = stored_offset ? From::offset : From::first;
      read.value = stored_offset ? *stored_offset + 1 : 0;
      break;
  }
  return read;
}

/// On the partition's shard.
Task<Result<Polled>> poll(Broker& broker, PartitionRef ref, log::ConsumerKey consumer,
                          const wire::PollMessages& request, PollLimits limits) {
  Result<std::shared_ptr<OpenPartition>> partition = broker.here().partitions.find(ref.partition);
  if (!*partition) partition = co_await broker.partition(ref);
  if (!partition) co_return fail(partition);
  auto& [_, log, offsets] = **partition;

  auto read = co_await log->read(read_request(request, offsets->get(consumer), limits.bytes_max),
                                 limits.scratch);
  if (!read) co_return fail(read);
  if (request.auto_commit && read->count > 0) {
    const auto stored = co_await offsets->store(consumer, read->last_offset);
    if (!stored) co_return fail(stored);
  }
  co_return Polled{.head = {.partition_id = ref.partition_id,
                            .current_offset = read->current_offset,
                            .count = read->count},
                   .messages = std::move(*read)};
}

/// On the partition's shard.
Task<Result<>> flush(Broker& broker, PartitionRef ref, bool sync) {
  const auto partition = co_await broker.partition(ref);
  if (!partition) co_return fail(partition);
  if (!sync) co_return Result<>{};
  co_return co_await (*partition)->log->sync();
}

}  // namespace

Task<Result<>> send_messages(Context context, wire::SendMessages request) {
  const auto batch = wire::validate_batch(request);
  if (!batch) co_return fail(batch);
  auto found = context.find_topic(request.stream_id, request.topic_id, may_send);
  if (!found) co_return fail(found);

  const auto partitions_count = found->topic->partitions_count();
  auto partition_id = request.partitioning.partition_id;
  if (request.partitioning.kind == wire::PartitioningKind::messages_key) {
    if (partitions_count == 0) co_return fail(Error::no_partitions);
    partition_id = PartitionId{base::hash32(request.partitioning.key) % partitions_count};
  } else if (request.partitioning.kind == wire::PartitioningKind::balanced) {
    if (partitions_count == 0) co_return fail(Error::topic_id_not_found);
    const auto topic = found->topic->incarnation;
    partition_id = co_await next_balanced(context.broker, topic, partitions_count);
    found = context.find_topic(request.stream_id, request.topic_id);  // the world may have changed
    if (!found) co_return fail(found);
    // Another one by that name: nobody has asked whether the session may send to it.
    if (found->topic->incarnation != topic) co_return fail(Error::topic_id_not_found);
  }

  const auto ref = find_partition(*found, partition_id);
  if (!ref) co_return fail(ref);
  auto& shard = context.broker.shard_of(ref->topic, ref->partition_id);
  context.session.trail.note(shard.index());
  co_return co_await runtime::on(shard, [&broker = context.broker, &ref = *ref, &batch = *batch] {
    return append(broker, ref, batch);
  });
}

Task<Result<Polled>> poll_messages(Context context, wire::PollMessages request, PollLimits limits) {
  const auto found = context.find_topic(request.stream_id, request.topic_id, may_poll);
  if (!found) co_return fail(found);
  const auto consumer = consumer_key(request.consumer);
  if (!consumer) co_return fail(consumer);
  const auto ref = find_partition(*found, request.partition_id.value_or(PartitionId{0}));
  if (!ref) co_return fail(ref);

  auto& shard = context.broker.shard_of(ref->topic, ref->partition_id);
  context.session.trail.note(shard.index());
  co_return co_await runtime::on(
      shard, [&broker = context.broker, &ref = *ref, &consumer = *consumer, &request, &limits] {
        return poll(broker, ref, consumer, request, limits);
      });
}

Task<Result<>> flush_unsaved_buffer(Context context, wire::FlushUnsavedBuffer request) {
  const auto found = context.find_topic(request.stream_id, request.topic_id, may_send);
  if (!found) co_return fail(found);
  const auto ref = find_partition(*found, request.partition_id);
  if (!ref) co_return fail(ref);

  auto& shard = context.broker.shard_of(ref->topic, ref->partition_id);
  co_return co_await runtime::on(shard,
                                 [&broker = context.broker, &ref = *ref, sync = request.fsync] {
                                   return flush(broker, ref, sync);
                                 });
}

}  // namespace iggy::broker
