// The broker: its start and end, and what it knows across the shards.
#include "broker/broker.hpp"

#include <algorithm>
#include <charconv>
#include <span>

#include "base/error_table.hpp"
#include "base/hash.hpp"
#include "base/logging.hpp"
#include "broker/side_by_side.hpp"

namespace iggy::broker {
namespace {

/// Partitions that a shard opens at the same time after the start.
constexpr std::size_t openings_max = 8;

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

/// The incarnations that name directories, ascending.
std::vector<Incarnation> incarnations_in(const std::vector<runtime::DirectoryEntry>& entries) {
  std::vector<Incarnation> all;
  all.reserve(entries.size());
  for (const auto& entry : entries) {
    if (const auto incarnation = incarnation_named(entry.name)) all.push_back(*incarnation);
  }
  std::ranges::sort(all);
  return all;
}

/// The partitions that hold data.
std::vector<PartitionRef> written_partitions(const Catalogue& catalogue) {
  std::vector<PartitionRef> written;
  for (const auto& [_, stream] : catalogue.streams) {
    for (const auto& [_, topic] : stream->topics) {
      for (const auto& [id, partition] : topic->partitions) {
        if (partition.written) written.push_back(ref_of(*stream, *topic, id, partition));
      }
    }
  }
  return written;
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

/// Half of the descriptors are for connections and for files that are open for a moment.
void bound_open_files(log::LogSettings& settings, std::size_t shards_count) {
  const auto share = runtime::descriptor_limit() / 2 / shards_count;
  settings.files_max = std::min<std::size_t>(settings.files_max, share);
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
      host_(runtime::host_names()) {
  bound_open_files(settings_.log, shards_.size());
}

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
  auto entries = co_await disk_.list(partitions_directory(settings_));
  if (!entries) {
    base::log_error("cannot list {}: {}", partitions_directory(settings_),
                    base::describe(entries.error()).text);
    co_return fail(entries);
  }
  if (const auto whole = check_directories(incarnations_in(*entries)); !whole) {
    co_return fail(whole);
  }
  co_await name_unknown(*std::move(entries));
  here().background.spawn(remove_leftovers());
  for (auto* shard : shards_) {
    co_await runtime::on(*shard, [this] {
      here().opening.spawn(open_all_here());
      return true;
    });
  }
  co_return Result<>{};
}

/// What the catalogue knows to be written must be there.
Result<> Broker::check_directories(const std::vector<Incarnation>& there) const {
  Result<> checked;
  for (const auto& ref : written_partitions(*states_.front()->catalogue)) {
    if (settings_.recreate_missing_state) break;
    if (std::ranges::binary_search(there, ref.partition)) continue;
    base::log_error("partition {} of topic {} of stream {} has lost its directory {}",
                    number(ref.partition_id), number(ref.topic_id), number(ref.stream_id),
                    states_.front()->partitions.directory_of(ref.partition));
    checked = fail(Error::file_not_found);
  }
  return checked;
}

/// Opens the partitions of this shard that hold data, a few at a time: requests come first.
Task<> Broker::open_all_here() {
  auto written = written_partitions(*here().catalogue);
  std::erase_if(written, [this](const PartitionRef& ref) {
    return &shard_of(ref.topic, ref.partition_id) != &runtime::Shard::current();
  });
  co_await side_by_side(std::move(written), openings_max,
                        [this](PartitionRef ref) { return open_in_background(ref); });
  here().are_all_open = true;
  here().all_open.notify_all();
}

Task<> Broker::open_in_background(PartitionRef ref) {
  co_await runtime::yield();
  // What goes wrong is in the log, and told to whoever uses the partition.
  if (!here().is_stopping) (void)co_await partition(ref);
}

/// Directories that nobody knows are kept and named; their incarnations are not given out again.
Task<> Broker::name_unknown(std::vector<runtime::DirectoryEntry> entries) {
  const auto catalogue = here().catalogue;
  const auto known = incarnations_in(*catalogue);
  auto highest_unknown = Incarnation{};
  for (const auto& entry : entries) {
    const auto incarnation = incarnation_named(entry.name);
    if (incarnation && std::ranges::binary_search(known, *incarnation)) continue;
    if (incarnation && catalogue->dropped_partitions.contains(*incarnation)) continue;
    base::log_warning("{} belongs to no partition that the catalogue knows; it is left alone",
                      runtime::join_path(partitions_directory(settings_), entry.name));
    if (incarnation) highest_unknown = std::max(highest_unknown, *incarnation);
  }
  if (highest_unknown >= catalogue->next_incarnation) {
    (void)co_await owner_->commit(SkipIncarnations{.seen = highest_unknown}, nobody);
  }
}

/// Removes the directories of partitions that were dropped before the start.
Task<> Broker::remove_leftovers() {
  const auto catalogue = here().catalogue;
  std::vector<Incarnation> removed;
  for (const auto& [incarnation, _] : catalogue->dropped_partitions) {
    if (co_await here().partitions.remove(incarnation)) removed.push_back(incarnation);
  }
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
    co_await runtime::on(*shard, [this] {
      here().is_stopping = true;
      return here().background.join();
    });
    co_await runtime::on(*shard, [this] { return here().opening.join(); });
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
    const auto some = co_await runtime::on(*shard, [this] { return totals_by_topic_here(); });
    for (const auto& [topic, totals] : some) sums[topic] += totals;
  }
  co_return sums;
}

Task<std::map<Incarnation, Totals>> Broker::totals_by_topic_here() {
  std::map<Incarnation, Totals> sums;
  while (!here().are_all_open) {
    if (const auto waited = co_await here().all_open.wait(); !waited) co_return sums;
  }
  for (const auto& partition : here().partitions.all()) {
    if (!find_in_catalogue(partition->ref)) continue;  // about to be cleaned up
    const auto& log = *partition->log;
    sums[partition->ref.topic] += {.partitions_count = 1,
                                   .size_bytes = log.size_bytes(),
                                   .messages_count = log.messages_count(),
                                   .segments_count = log.segments_count()};
  }
  co_return sums;
}

Task<std::vector<PartitionTotals>> Broker::totals_of(std::vector<PartitionRef> partitions) {
  std::vector<PartitionTotals> totals(partitions.size());
  for (auto* shard : shards_) {
    co_await runtime::on(
        *shard, [this, &partitions, &totals] { return add_totals_here(partitions, totals); });
  }
  co_return totals;
}

/// Fills in those that live on the current shard.
Task<> Broker::add_totals_here(const std::vector<PartitionRef>& partitions,
                               std::vector<PartitionTotals>& totals) {
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    const auto& ref = partitions[i];
    if (&shard_of(ref.topic, ref.partition_id) != &runtime::Shard::current()) continue;
    if (ref.is_written) (void)co_await partition(ref);
    totals[i] = here().partitions.totals(ref.partition);
  }
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
