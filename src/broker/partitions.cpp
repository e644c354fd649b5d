// Adding and removing partitions of a topic.
#include "broker/partitions.hpp"

namespace iggy::broker {

Task<Result<>> create_partitions(Context context, wire::CreatePartitions request) {
  if (const auto valid = wire::validate(request); !valid) co_return fail(valid);
  const auto found = context.find_topic(request.stream_id, request.topic_id, may_manage_topic);
  if (!found) co_return fail(found);
  const auto& [stream, topic] = *found;

  const auto added = co_await context.commit(
      AddPartitions{.topic = key_of(*stream, *topic), .count = request.partitions_count});
  if (!added) co_return fail(added);
  co_return Result<>{};
}

Task<Result<>> delete_partitions(Context context, wire::DeletePartitions request) {
  if (const auto valid = wire::validate(request); !valid) co_return fail(valid);
  const auto found = context.find_topic(request.stream_id, request.topic_id, may_manage_topic);
  if (!found) co_return fail(found);
  const auto& [stream, topic] = *found;

  const auto in = context.broker.here().catalogue;  // held, with the stream in it
  const auto removed = co_await context.commit(
      RemovePartitions{.topic = key_of(*stream, *topic), .count = request.partitions_count});
  if (!removed) co_return fail(removed);

  auto dropped = partitions_of(*stream, *removed->before);
  const auto kept = removed->after->partitions_count();
  dropped.erase(dropped.begin(), dropped.begin() + kept);
  context.broker.clean_up(std::move(dropped));
  co_return Result<>{};
}

}  // namespace iggy::broker
