// The broker: its start and end, and what it knows across the shards.
#include "broker/broker.hpp"

#include <algorithm>
#include <charconv>
#include <span>

#include "base/error_table.hpp"
#include "base/hash.hpp"
#include "base/logging.hpp"

namespace iggy::broker {
namespace {

std::string partitions_directory(const BrokerSettings& settings) {
  return runtime::join_path(settings.data_path, "partitions");
}

/// The incarnation that a partition's directory is named by.
std::optional<Incarnation> incarnation_named(std::string_view name) {
  std::uint64_t value{};
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), value);
  if (error != std::errc{} || end != name.data() + name.size()) return std::nullopt;
  return Incarnation{value};
}

/// Every incarnation that a partition has, ascending.
std::vector<Incarnation> incarnations_in(const Catalogue& catalogue) {
  std::vector<Incarnation> all;
  for (const auto& [_, stream] : catalogue.streams) {
    for (const auto& [_, topic] : stream->topics) {
      for (const auto& [_, partition] : topic->partitions) all.push_back(partition.incarnation);
    }
  }
  std::ranges::sort(all);
  return all;
}

}  // namespace

Totals& Totals::operator+=(const Totals& other) {
  partitions_count += other.partitions_count;
  size_bytes += other.size_bytes;
  messages_count += other.messages_count;
  segments_count += other.segments_count;
  return *this;
}

PartitionRef ref_of(const Stream& stream, const Topic& topic, PartitionId id,
                    const Partition& partition) {
  return {.stream_id = stream.id,
          .topic_id = topic.id,
          .partition_id = id,
          .stream = stream.incarnation,
          .topic = topic.incarnation,
          .partition = partition.incarnation,
          .is_written = partition.written};
}

ShardState::ShardState(runtime::Disk& disk, const BrokerSettings& settings)
    : partitions(disk, partitions_directory(settings), settings.log,
                 settings.recreate_missing_state) {}

Broker::Broker(runtime::Disk& disk, std::vector<runtime::Shard*> shards, BrokerSettings settings,
               std::function<void(Error)> on_fatal)
    : disk_(disk),
      shards_(std::move(shards)),
      settings_(std::move(settings)),
      on_fatal_(std::move(on_fatal)),
      states_(shards_.size()),
      host_(runtime::host_names()) {}

Broker::~Broker() = default;

Task<Result<>> Broker::start() {
  const auto& clock = runtime::Shard::current().clock();
  started_at_ = clock.now();
  started_at_monotonic_ = clock.monotonic();
  if (const auto made = co_await disk_.make_directories(partitions_directory(settings_)); !made) {
    co_return fail(made);
  }
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    co_await runtime::on(*shards_[i], [this, i] {
      states_[i] = std::make_unique<ShardState>(disk_, settings_);
      return true;
    });
  }
  auto owner = co_await CatalogueOwner::open(
      disk_, {.directory = runtime::join_path(settings_.data_path, "state"),
              .publish = [this](CataloguePtr catalogue) { return publish(std::move(catalogue)); },
              .on_fatal = on_fatal_});
  if (!owner) co_return fail(owner);
  owner_ = std::move(*owner);
  co_await publish(owner_->published());
  co_return Result<>{};
}

Task<> Broker::publish(CataloguePtr catalogue) {
  for (auto* shard : shards_) {
    co_await runtime::on(*shard, [this, &catalogue] {
      here().catalogue = catalogue;
      return true;
    });
  }
}

Task<Result<>> Broker::open_partitions() {
  co_await remove_leftovers();
  for (auto* shard : shards_) {
    const auto opened = co_await runtime::on(*shard, [this] { return open_partitions_here(); });
    if (!opened) co_return fail(opened);
  }
  co_return Result<>{};
}

Task<Result<>> Broker::open_partitions_here() {
  const auto catalogue = here().catalogue;  // held: this goes across many waits
  for (const auto& [_, stream] : catalogue->streams) {
    for (const auto& [_, topic] : stream->topics) {
      for (const auto& [id, partition] : topic->partitions) {
        if (!partition.written) continue;
        if (&shard_of(topic->incarnation, id) != &runtime::Shard::current()) continue;
        const auto opened = co_await here().partitions.open(ref_of(*stream, *topic, id, partition));
        if (!opened) co_return fail(opened);
      }
    }
  }
  co_return Result<>{};
}

/// Directories that no partition of the catalogue owns: those of dropped partitions are removed,
/// what nobody knows is kept and named.
Task<> Broker::remove_leftovers() {
  const auto catalogue = here().catalogue;
  const auto directory = partitions_directory(settings_);
  const auto entries = co_await disk_.list(directory);
  if (!entries) {
    base::log_warning("cannot list {}: {}", directory, base::describe(entries.error()).text);
    co_return;
  }

  const auto known = incarnations_in(*catalogue);
  auto dropped = catalogue->dropped_partitions;
  auto highest_unknown = Incarnation{};
  for (const auto& entry : *entries) {
    const auto incarnation = incarnation_named(entry.name);
    if (incarnation && std::ranges::binary_search(known, *incarnation)) continue;
    const auto path = runtime::join_path(directory, entry.name);
    if (incarnation && dropped.contains(*incarnation)) {
      if (const auto removed = co_await disk_.remove_all(path); !removed) {
        base::log_warning("cannot remove {}: {}", path, base::describe(removed.error()).text);
        dropped = dropped.erase(*incarnation);  // stays on the list of the catalogue
      }
      continue;
    }
    base::log_warning("{} belongs to no partition that the catalogue knows; it is left alone",
                      path);
    if (incarnation) highest_unknown = std::max(highest_unknown, *incarnation);
  }

  if (highest_unknown >= catalogue->next_incarnation) {
    (void)co_await owner_->commit(SkipIncarnations{.seen = highest_unknown}, nobody);
  }
  std::vector<Incarnation> removed;
  for (const auto& [incarnation, _] : dropped) removed.push_back(incarnation);
  co_await forget_dropped(std::move(removed));
}

/// Takes removed partitions off the catalogue's list. Their names must be gone for good before: a
/// directory that came back after a loss of power would be one that nobody knows.
Task<> Broker::forget_dropped(std::vector<Incarnation> removed) {
  if (removed.empty()) co_return;
  if (const auto synced = co_await disk_.sync_directory(partitions_directory(settings_)); !synced) {
    co_return;
  }
  (void)co_await commit(ForgetDroppedPartitions{std::move(removed)}, nobody);
}

Task<> Broker::begin_stopping() {
  for (auto* shard : shards_) {
    co_await runtime::on(*shard, [this] { return here().is_stopping = true; });
  }
}

Task<> Broker::stop() {
  // Cleaning up commits to the catalogue, so it ends before the catalogue's owner does.
  for (auto* shard : shards_) {
    co_await runtime::on(*shard, [this] { return here().background.join(); });
  }
  for (auto* shard : shards_) {
    co_await runtime::on(*shard, [this] { return close_here(); });
  }
  if (owner_) co_await owner_->close();
}

Task<> Broker::close_here() {
  co_await here().partitions.close_all();
  here().catalogue.reset();
}

runtime::Shard& Broker::shard_of(Incarnation topic, PartitionId partition) {
  if (shards_.size() == 1) return *shards_.front();
  // A topic's partitions lie side by side; the hash spreads topics of one partition.
  const auto topic_number = number(topic);
  const auto hash = base::hash64(std::as_bytes(std::span(&topic_number, 1)));
  return *shards_[(hash + number(partition)) % shards_.size()];
}

bool Broker::has_topic(const PartitionRef& ref) {
  const auto* stream = catalogue().find_stream(ref.stream_id);
  const auto* topic = stream ? stream->find_topic(ref.topic_id) : nullptr;
  return topic && topic->incarnation == ref.topic;
}

/// Null if the partition was deleted or purged since `ref` was taken.
const Partition* Broker::find_in_catalogue(const PartitionRef& ref) {
  const auto* stream = catalogue().find_stream(ref.stream_id);
  const auto* topic = stream ? stream->find_topic(ref.topic_id) : nullptr;
  const auto* partition = topic ? topic->find_partition(ref.partition_id) : nullptr;
  return partition && partition->incarnation == ref.partition ? partition : nullptr;
}

Task<Result<std::shared_ptr<OpenPartition>>> Broker::partition(PartitionRef ref) {
  auto& store = here().partitions;
  if (auto open = store.find(ref.partition)) co_return open;

  const auto* partition = find_in_catalogue(ref);
  if (!partition) co_return fail(Error::incarnation_gone);
  ref.is_written = partition->written;
  co_return co_await store.open(ref);
}

void Broker::clean_up(std::vector<PartitionRef> dropped) {
  if (!dropped.empty()) here().background.spawn(remove_dropped(std::move(dropped)));
}

Task<> Broker::remove_dropped(std::vector<PartitionRef> dropped) {
  std::vector<Incarnation> gone;
  gone.reserve(dropped.size());
  for (const auto& ref : dropped) {
    const auto removed = co_await runtime::on(shard_of(ref.topic, ref.partition_id), [this, ref] {
      if (!has_topic(ref)) here().balanced_counters.erase(ref.topic);
      return here().partitions.remove(ref.partition);
    });
    if (removed) gone.push_back(ref.partition);
  }
  co_await forget_dropped(std::move(gone));
}

Task<std::map<Incarnation, Totals>> Broker::totals_by_topic() {
  std::map<Incarnation, Totals> sums;
  for (auto* shard : shards_) {
    const auto some = co_await runtime::on(*shard, [this] {
      std::map<Incarnation, Totals> sums;
      for (const auto& partition : here().partitions.all()) {
        if (!find_in_catalogue(partition->ref)) continue;  // about to be cleaned up
        const auto& log = *partition->log;
        sums[partition->ref.topic] += {.partitions_count = 1,
                                       .size_bytes = log.size_bytes(),
                                       .messages_count = log.messages_count(),
                                       .segments_count = log.segments_count()};
      }
      return sums;
    });
    for (const auto& [topic, totals] : some) sums[topic] += totals;
  }
  co_return sums;
}

Task<std::vector<PartitionTotals>> Broker::totals_of(std::vector<PartitionRef> partitions) {
  std::vector<PartitionTotals> totals(partitions.size());
  for (auto* shard : shards_) {
    co_await runtime::on(*shard, [this, shard, &partitions, &totals] {
      for (std::size_t i = 0; i < partitions.size(); ++i) {
        const auto& ref = partitions[i];
        if (&shard_of(ref.topic, ref.partition_id) != shard) continue;
        totals[i] = here().partitions.totals(ref.partition);
      }
      return true;
    });
  }
  co_return totals;
}

Task<std::uint32_t> Broker::clients_count() {
  std::uint32_t count = 0;
  for (auto* shard : shards_) {
    count += co_await runtime::on(*shard, [this] { return here().clients_count; });
  }
  co_return count;
}

Task<Broker::MachineFigures> Broker::machine_figures() {
  MachineFigures figures;
  figures.process = co_await runtime::on(*shards_.front(), [this] { return meter_.measure(); });
  if (const auto space = co_await disk_.space(settings_.data_path)) figures.space = *space;
  co_return figures;
}

Duration Broker::run_time() const {
  return runtime::Shard::current().clock().monotonic() - started_at_monotonic_;
}

Task<> Broker::save() {
  for (auto* shard : shards_) {
    co_await runtime::on(*shard, [this] { return here().partitions.save_all(); });
  }
}

}  // namespace iggy::broker
