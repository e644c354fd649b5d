// The owner of the catalogue: puts changes in order, journals them and publishes what they come to.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "broker/catalogue.hpp"
#include "broker/changes.hpp"
#include "broker/edits.hpp"
#include "broker/journal.hpp"
#include "iggy/error.hpp"
#include "runtime/disk.hpp"
#include "runtime/event.hpp"
#include "runtime/task.hpp"
#include "runtime/task_group.hpp"

namespace iggy::broker {

/// Decides a change by the newest catalogue; plain, it does not wait.
using BuildChange = std::function<Result<Change>(const Catalogue& head)>;

/// Lives on shard 0; everything is called there. `close` it before it is destroyed.
///
/// It holds two catalogues: the head, with the changes that are on their way to the disk, against
/// which new ones are checked; and the published one, which every shard has. A commit returns when
/// its change is on the disk and on every shard. Commits take effect in the order of their calls,
/// and those that wait together share one write and one sync.
class CatalogueOwner {
 public:
  struct Options {
    std::string directory;  // <data>/state
    /// Brings a new catalogue to all shards; ends when the last one has it. Called for one after
    /// the other, never before the journal has it.
    std::function<Task<>(CataloguePtr)> publish;
    /// Called once, when the journal could not be synced: the process has to end with a non-zero
    /// status, since what it acknowledged no longer agrees with what it would find after a restart.
    std::function<void(Error)> on_fatal;
    /// The journal is compacted when it is larger than this and than the last snapshot.
    ByteSize compact_at = 4_MiB;
  };

  /// Reads what is there; `published()` is then for the caller to bring to the shards.
  /// Errors: those of `Journal::open` and of `apply`, each with its log line.
  static Task<Result<std::unique_ptr<CatalogueOwner>>> open(runtime::Disk& disk, Options options);
  ~CatalogueOwner();
  CatalogueOwner(const CatalogueOwner&) = delete;
  CatalogueOwner& operator=(const CatalogueOwner&) = delete;

  /// Checks `edit` against the newest state, makes it durable and visible everywhere, and gives
  /// what came of it. Not cut short by cancellation.
  ///
  /// Errors: those of the edit, nothing has happened; no_space, io_error and others of the disk,
  /// also when a change before it could not be written: it is as if it had never been asked for;
  /// cannot_sync_file: unknown, the process ends.
  template <class Edit>
  Task<Result<typename Edit::Outcome>> commit(Edit edit, UserId by) {
    const auto committed =
        co_await commit_change([&edit](const Catalogue& head) { return edit.change(head); }, by);
    if (!committed) co_return fail(committed);
    co_return Edit::outcome(*committed);
  }
  /// The same for a change that no edit describes.
  Task<Result<Committed>> commit_change(BuildChange build, UserId by);

  /// What all shards have, or are being brought at this moment.
  [[nodiscard]] const CataloguePtr& published() const { return published_; }

  /// Waits for the commits and the compaction under way; later commits are refused: cancelled.
  Task<> close();

 private:
  struct Waiting;
  using Group = std::deque<Waiting*>;

  CatalogueOwner(runtime::Disk& disk, Options options);
  Result<> recover(Journal::Contents contents);
  Task<Result<Committed>> commit_in_order(BuildChange build, UserId by);
  Result<> apply_to_head(Waiting& waiting, UserId by);
  [[nodiscard]] Result<> may_commit() const;
  void start_draining();
  Task<> drain();
  Group take_group();
  Task<> publish(const Group& group);
  void refuse(const Group& group, Error error);
  void report_if_fatal();
  void compact_if_due();
  Task<> compact(CataloguePtr catalogue);

  runtime::Disk& disk_;
  Options options_;
  std::unique_ptr<Journal> journal_;
  CataloguePtr head_;
  CataloguePtr published_;
  Group queue_;  // applied to the head, not yet journalled
  runtime::TaskGroup tasks_;
  std::uint64_t compact_at_bytes_;
  bool draining_ = false;
  bool compacting_ = false;
  bool closing_ = false;
  bool fatal_was_reported_ = false;
};

}  // namespace iggy::broker
