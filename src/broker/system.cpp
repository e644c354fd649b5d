// The server itself.
#include "broker/system.hpp"

#include <algorithm>

namespace iggy::broker {
namespace {

constexpr std::uint64_t second = 1'000'000;

}  // namespace

Task<Result<>> ping(Context, wire::Ping) { co_return Result<>{}; }

Task<Result<wire::Stats>> get_stats(Context context, wire::GetStats) {
  if (!may_read_servers(context.permissions())) co_return fail(Error::unauthorized);

  auto& broker = context.broker;
  const auto snapshot = broker.here().catalogue;  // held: the figures take a while
  const auto totals = co_await broker.totals_by_topic();
  const auto clients_count = co_await broker.clients_count();
  const auto machine = co_await broker.machine_figures();

  Totals sum;
  for (const auto& [_, topic] : totals) sum += topic;
  const auto unused =
      snapshot->partitions_count - std::min(snapshot->partitions_count, sum.partitions_count);
  co_return wire::Stats{.process_id = machine.process.process_id,
                        .cpu_usage = machine.process.cpu_percent,
                        .total_cpu_usage = machine.process.total_cpu_percent,
                        .memory_usage = {machine.process.memory_bytes},
                        .total_memory = {machine.process.total_memory_bytes},
                        .available_memory = {machine.process.available_memory_bytes},
                        .run_time = {broker.run_time().microseconds / second * second},
                        .start_time = {broker.started_at().microseconds / second * second},
                        .read_bytes = {machine.process.read_bytes},
                        .written_bytes = {machine.process.written_bytes},
                        .messages_size_bytes = {sum.size_bytes},
                        .streams_count = static_cast<std::uint32_t>(snapshot->streams.size()),
                        .topics_count = static_cast<std::uint32_t>(snapshot->topics_count),
                        .partitions_count = static_cast<std::uint32_t>(snapshot->partitions_count),
                        // One that nobody has used yet has its first segment all the same.
                        .segments_count = static_cast<std::uint32_t>(sum.segments_count + unused),
                        .messages_count = sum.messages_count,
                        .clients_count = clients_count,
                        .hostname = broker.host().hostname,
                        .os_name = broker.host().os_name,
                        .os_version = broker.host().os_version,
                        .kernel_version = broker.host().kernel_version,
                        .iggy_server_version = std::string(server_version),
                        .iggy_server_semver = server_semver,
                        .threads_count = machine.process.threads_count,
                        .free_disk_space = {machine.space.free_bytes},
                        .total_disk_space = {machine.space.total_bytes}};
}

Task<Result<wire::ClusterMetadata>> get_cluster_metadata(Context context,
                                                         wire::GetClusterMetadata) {
  co_return context.broker.cluster();
}

}  // namespace iggy::broker
