// The partitions that live on one shard.
#include "broker/partition_store.hpp"

#include <algorithm>

#include "base/error_table.hpp"
#include "base/logging.hpp"
#include "broker/side_by_side.hpp"

namespace iggy::broker {
namespace {

/// Partitions of a shard that are brought to the disk at the same time: their syncs share the
/// commits of the file system's journal.
constexpr std::size_t syncs_max = 16;

Task<> save(std::shared_ptr<OpenPartition> partition) {
  if (partition->log->is_dirty()) {
    const auto saved = co_await partition->log->checkpoint();
    if (!saved && saved.error() != Error::incarnation_gone) {
      base::log_error("cannot save {}: {}", partition->log->directory(),
                      base::describe(saved.error()).text);
    }
  }
  // Consumers go on where nobody sends.
  (void)co_await partition->offsets->sync();
}

Task<> close(std::shared_ptr<OpenPartition> partition) {
  (void)co_await partition->offsets->sync();
  co_await partition->offsets->close();
  const auto closed = co_await partition->log->close();
  if (!closed && closed.error() != Error::incarnation_gone) {
    base::log_error("cannot close {} cleanly: {}; the next start recovers it",
                    partition->log->directory(), base::describe(closed.error()).text);
  }
}

}  // namespace

PartitionStore::PartitionStore(runtime::Disk& disk, std::string directory,
                               log::LogSettings settings, bool recreate_missing)
    : store_(disk, settings),
      directory_(std::move(directory)),
      recreate_missing_(recreate_missing) {}

std::string PartitionStore::directory_of(Incarnation partition) const {
  return runtime::join_path(directory_, fmt::format("{:020}", number(partition)));
}

Task<Result<std::shared_ptr<OpenPartition>>> PartitionStore::open(PartitionRef ref) {
  while (true) {
    if (auto found = find(ref.partition)) co_return found;
    const auto under_way = opening_.find(ref.partition);
    if (under_way == opening_.end()) break;
    const auto opened = under_way->second;  // kept alive while others leave it
    if (const auto waited = co_await opened->wait(); !waited) co_return fail(waited);
  }

  const auto opened = std::make_shared<runtime::Event>();
  opening_.emplace(ref.partition, opened);
  auto partition = co_await open_files(ref);
  opening_.erase(ref.partition);
  if (partition) open_.emplace(ref.partition, *partition);
  opened->notify_all();
  co_return partition;
}

Task<Result<std::shared_ptr<OpenPartition>>> PartitionStore::open_files(PartitionRef ref) {
  const auto directory = directory_of(ref.partition);
  auto log = co_await log::PartitionLog::open(
      store_, {.incarnation = ref.partition, .directory = directory, .must_exist = ref.is_written});
  if (!log && log.error() == Error::file_not_found && recreate_missing_) {
    base::log_warning(
        "partition {} of topic {} of stream {} has lost its directory {}: starting it empty, as "
        "system.recovery.recreate_missing_state says",
        number(ref.partition_id), number(ref.topic_id), number(ref.stream_id), directory);
    log = co_await log::PartitionLog::open(
        store_, {.incarnation = ref.partition, .directory = directory, .must_exist = false});
  }
  if (!log) {
    base::log_error("cannot open partition {} of topic {} of stream {} in {}: {}",
                    number(ref.partition_id), number(ref.topic_id), number(ref.stream_id),
                    directory, base::describe(log.error()).text);
    co_return fail(log);
  }
  auto offsets = co_await log::ConsumerOffsets::open(store_, directory, (*log)->end_offset());
  if (!offsets) co_return fail(offsets);
  co_return std::make_shared<OpenPartition>(
      OpenPartition{ref, std::move(*log), std::move(*offsets)});
}

std::shared_ptr<OpenPartition> PartitionStore::find(Incarnation partition) const {
  const auto found = open_.find(partition);
  return found == open_.end() ? nullptr : found->second;
}

PartitionTotals PartitionStore::totals(Incarnation partition) const {
  const auto found = open_.find(partition);
  if (found == open_.end()) return {};
  const auto& log = *found->second->log;
  return {.segments_count = log.segments_count(),
          .current_offset = log.current_offset(),
          .size_bytes = log.size_bytes(),
          .messages_count = log.messages_count()};
}

Task<Result<>> PartitionStore::remove(Incarnation partition) {
  // One that is being opened is let in first: its opener finds it gone afterwards.
  while (opening_.contains(partition)) {
    const auto opened = opening_.find(partition)->second;
    (void)co_await opened->wait();
  }
  const auto held = find(partition);
  open_.erase(partition);
  if (held) {
    co_await held->log->abandon();
    co_await held->offsets->close();
  }
  const auto directory = directory_of(partition);
  const auto removed = co_await store_.disk().remove_all(directory);
  if (!removed) {
    base::log_warning("cannot remove {}: {}; it is tried again at the next start", directory,
                      base::describe(removed.error()).text);
  }
  co_return removed;
}

Task<> PartitionStore::save_all() {
  auto dirty = all();
  std::erase_if(dirty, [](const auto& partition) {
    return !partition->log->is_dirty() && !partition->offsets->is_dirty();
  });
  co_await side_by_side(std::move(dirty), syncs_max, save);
}

Task<> PartitionStore::close_all() {
  co_await side_by_side(all(), syncs_max, close);
  open_.clear();
}

std::vector<std::shared_ptr<OpenPartition>> PartitionStore::all() const {
  std::vector<std::shared_ptr<OpenPartition>> partitions;
  partitions.reserve(open_.size());
  for (const auto& [_, partition] : open_) partitions.push_back(partition);
  // In the order of their making: nothing depends on hash order.
  std::ranges::sort(partitions, {}, [](const auto& p) { return p->ref.partition; });
  return partitions;
}

}  // namespace iggy::broker
