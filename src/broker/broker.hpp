// The broker: everything that a user can act on, spread over the shards.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "broker/catalogue.hpp"
#include "broker/catalogue_owner.hpp"
#include "broker/partition_store.hpp"
#include "runtime/event.hpp"
#include "runtime/on.hpp"
#include "runtime/process.hpp"
#include "runtime/shard.hpp"
#include "runtime/task_group.hpp"
#include "wire/system.hpp"

namespace iggy::broker {

struct BrokerSettings {
  std::string data_path;
  log::LogSettings log;
  Duration default_message_expiry = wire::never_expires;  // for topics that ask for the default
  ByteSize default_max_topic_size = wire::unlimited_size;
  bool recreate_missing_state = false;
};

/// What one shard has of the broker. Only its own thread touches it.
struct ShardState {
  explicit ShardState(runtime::Disk& disk, const BrokerSettings& settings);

  CataloguePtr catalogue;  // the snapshot that requests on this shard use
  PartitionStore partitions;
  /// Of balanced sends, for topics whose partition 0 lives here.
  std::unordered_map<Incarnation, std::uint64_t> balanced_counters;
  /// Hashing a password takes 19 MiB and a CPU for a while: one at a time.
  runtime::Semaphore hashing{1};
  std::uint32_t clients_count = 0;
  bool is_stopping = false;       // logins are refused
  runtime::TaskGroup background;  // cleaning up behind deletions

  // After the start all partitions that hold data are opened.
  runtime::TaskGroup opening;
  bool are_all_open = false;
  runtime::Event all_open;  // woken when that turns true
};

/// What all partitions of something come to.
struct Totals {
  std::uint64_t partitions_count = 0;  // of those in use
  std::uint64_t size_bytes = 0;
  std::uint64_t messages_count = 0;
  std::uint64_t segments_count = 0;

  Totals& operator+=(const Totals& other);
};

/// Names of one partition, out of the catalogue.
[[nodiscard]] PartitionRef ref_of(const Stream& stream, const Topic& topic, PartitionId id,
                                  const Partition& partition);

class Broker {
 public:
  /// `shards` outlive the broker. `on_fatal`: the journal failed; the process has to end.
  Broker(runtime::Disk& disk, std::vector<runtime::Shard*> shards, BrokerSettings settings,
         std::function<void(Error)> on_fatal);
  ~Broker();

  // On shard 0.

  /// Reads the catalogue and gives every shard its state.
  /// Errors: those of CatalogueOwner::open.
  Task<Result<>> start();
  /// False until every shard has its state.
  [[nodiscard]] bool is_started() const { return states_.back() != nullptr; }
  /// Checks that every partition that holds data has its directory. In the background, those of
  /// deleted ones are removed, and all partitions are opened; who needs one earlier opens it.
  /// Errors: file_not_found, with a log line that names the directory.
  Task<Result<>> open_partitions();
  /// Closes everything in good order; no operation may be under way.
  Task<> stop();
  /// From now on logins are refused.
  Task<> begin_stopping();

  // On every shard.

  [[nodiscard]] ShardState& here() { return *states_[runtime::Shard::current().index()]; }
  /// The snapshot of the current shard; good until the next co_await.
  [[nodiscard]] const Catalogue& catalogue() { return *here().catalogue; }

  /// Has a change checked, journalled and brought to every shard. Errors: see CatalogueOwner.
  template <class Edit>
  Task<Result<typename Edit::Outcome>> commit(Edit edit, UserId by) {
    co_return co_await runtime::on(
        *shards_.front(), [this, &edit, by] { return owner_->commit(std::move(edit), by); });
  }

  /// The shard that a partition lives on: computed, never stored.
  [[nodiscard]] runtime::Shard& shard_of(Incarnation topic, PartitionId partition);

  /// The partition, on its own shard, which must be the current one. Errors: incarnation_gone (it
  /// was deleted or purged since `ref` was taken), those of PartitionLog::open.
  Task<Result<std::shared_ptr<OpenPartition>>> partition(PartitionRef ref);

  /// Removes what deleted or purged partitions have left, in the background.
  void clean_up(std::vector<PartitionRef> dropped);

  /// Sums by topic, over all shards, as soon as all partitions that hold data are open.
  Task<std::map<Incarnation, Totals>> totals_by_topic();
  /// Of each of these partitions, in their order.
  Task<std::vector<PartitionTotals>> totals_of(std::vector<PartitionRef> partitions);
  Task<std::uint32_t> clients_count();
  /// Figures of the process and free space; measured on shard 0.
  struct MachineFigures {
    runtime::ProcessFigures process;
    runtime::DiskSpace space;
  };
  Task<MachineFigures> machine_figures();

  /// Syncs and checkpoints what was written since the last time, on every shard.
  Task<> save();

  [[nodiscard]] const BrokerSettings& settings() const { return settings_; }
  [[nodiscard]] runtime::Disk& disk() { return disk_; }
  [[nodiscard]] Timestamp started_at() const { return started_at_; }
  /// Since the start, whatever the wall clock was set to meanwhile.
  [[nodiscard]] Duration run_time() const;
  [[nodiscard]] const runtime::HostNames& host() const { return host_; }
  /// What cluster metadata says; set once, before the first client.
  [[nodiscard]] const wire::ClusterMetadata& cluster() const { return cluster_; }
  void set_cluster(wire::ClusterMetadata cluster) { cluster_ = std::move(cluster); }

 private:
  Task<> publish(CataloguePtr catalogue);
  [[nodiscard]] bool has_topic(const PartitionRef& ref);
  [[nodiscard]] const Partition* find_in_catalogue(const PartitionRef& ref);
  Task<> remove_dropped(std::vector<PartitionRef> dropped);
  Task<> open_all_here();
  Task<std::map<Incarnation, Totals>> totals_by_topic_here();
  Task<> open_in_background(PartitionRef ref);
  Task<> add_totals_here(const std::vector<PartitionRef>& partitions,
                         std::vector<PartitionTotals>& totals);
  [[nodiscard]] Result<> check_directories(const std::vector<Incarnation>& there) const;
  Task<> name_unknown(std::vector<runtime::DirectoryEntry> entries);
  Task<> remove_leftovers();
  Task<> forget_dropped(std::vector<Incarnation> removed);
  Task<> close_here();

  runtime::Disk& disk_;
  std::vector<runtime::Shard*> shards_;
  BrokerSettings settings_;
  std::function<void(Error)> on_fatal_;
  std::vector<std::unique_ptr<ShardState>> states_;  // one for each shard
  std::unique_ptr<CatalogueOwner> owner_;            // on shard 0
  runtime::ProcessMeter meter_;                      // on shard 0
  runtime::HostNames host_;
  Timestamp started_at_{};
  Duration started_at_monotonic_{};
  wire::ClusterMetadata cluster_;
};

}  // namespace iggy::broker
