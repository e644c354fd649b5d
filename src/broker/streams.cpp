// What can be done with streams.
#include "broker/streams.hpp"

#include "broker/describe.hpp"

namespace iggy::broker {

Task<Result<std::optional<wire::StreamDetails>>> get_stream(Context context,
                                                            wire::GetStream request) {
  const auto* found = context.catalogue().find_stream(request.stream_id);
  if (!found) co_return std::nullopt;
  if (!may_read_stream(context.permissions(), found->id)) co_return fail(Error::unauthorized);

  const auto snapshot = context.broker.here().catalogue;  // held: the totals take a while
  const auto totals = co_await context.broker.totals_by_topic();
  wire::StreamDetails details{.stream = describe(*found, totals)};
  for (const auto& [_, topic] : found->topics) {
    details.topics.push_back(describe(*topic, totals_of(totals, *topic)));
  }
  co_return details;
}

Task<Result<std::vector<wire::Stream>>> get_streams(Context context, wire::GetStreams) {
  if (!may_list_streams(context.permissions())) co_return fail(Error::unauthorized);

  const auto snapshot = context.broker.here().catalogue;
  const auto totals = co_await context.broker.totals_by_topic();
  std::vector<wire::Stream> streams;
  streams.reserve(snapshot->streams.size());
  for (const auto& [_, stream] : snapshot->streams) streams.push_back(describe(*stream, totals));
  co_return streams;
}

Task<Result<wire::Stream>> create_stream(Context context, wire::CreateStream request) {
  if (!may_create_stream(context.permissions())) co_return fail(Error::unauthorized);

  const auto stream = co_await context.commit(AddStream{std::move(request.name)});
  if (!stream) co_return fail(stream);
  co_return describe(**stream, {});
}

Task<Result<>> update_stream(Context context, wire::UpdateStream request) {
  const auto stream = context.find_stream(request.stream_id);
  if (!stream) co_return fail(stream);
  if (!may_manage_stream(context.permissions(), (*stream)->id)) {
    co_return fail(Error::unauthorized);
  }

  const auto renamed =
      co_await context.commit(RenameStream{key_of(**stream), std::move(request.name)});
  if (!renamed) co_return fail(renamed);
  co_return Result<>{};
}

Task<Result<>> delete_stream(Context context, wire::DeleteStream request) {
  const auto stream = context.find_stream(request.stream_id);
  if (!stream) co_return fail(stream);
  if (!may_manage_stream(context.permissions(), (*stream)->id)) {
    co_return fail(Error::unauthorized);
  }

  const auto removed = co_await context.commit(RemoveStream{key_of(**stream)});
  if (!removed) co_return fail(removed);
  context.broker.clean_up(partitions_of(**removed));
  co_return Result<>{};
}

Task<Result<>> purge_stream(Context context, wire::PurgeStream request) {
  const auto stream = context.find_stream(request.stream_id);
  if (!stream) co_return fail(stream);
  if (!may_manage_stream(context.permissions(), (*stream)->id)) {
    co_return fail(Error::unauthorized);
  }

  const auto renewed = co_await context.commit(RenewStreamPartitions{key_of(**stream)});
  if (!renewed) co_return fail(renewed);
  context.broker.clean_up(partitions_of(*renewed->before));
  co_return Result<>{};
}

}  // namespace iggy::broker
