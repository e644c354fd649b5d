// The order of changes: checked against the head, journalled in groups, published, answered.
#include "broker/catalogue_owner.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/error_table.hpp"
#include "base/logging.hpp"
#include "broker/snapshot.hpp"
#include "runtime/cancel.hpp"
#include "runtime/shard.hpp"
#include "runtime/workers.hpp"

namespace iggy::broker {

namespace {

/// A group ends behind the change that reaches it: one write of a bounded size.
constexpr std::size_t group_bytes_max = 1 << 20;

constexpr std::string_view remedy =
    "Nothing was changed. Restore the directory of the state from a backup, or start the server "
    "that wrote it.";

}  // namespace

/// A commit that waits for its group; it lives in the frame of the coroutine that asked.
struct CatalogueOwner::Waiting {
  Committed committed;
  EncodedChange encoded;
  runtime::Event ended;
  std::optional<Result<>> outcome;
};

CatalogueOwner::CatalogueOwner(runtime::Disk& disk, Options options)
    : disk_(disk), options_(std::move(options)), compact_at_bytes_(options_.compact_at.bytes) {}

CatalogueOwner::~CatalogueOwner() = default;

Task<Result<std::unique_ptr<CatalogueOwner>>> CatalogueOwner::open(runtime::Disk& disk,
                                                                   Options options) {
  std::unique_ptr<CatalogueOwner> owner(new CatalogueOwner(disk, std::move(options)));
  auto opened = co_await Journal::open(disk, owner->options_.directory);
  if (!opened) co_return fail(opened);
  owner->journal_ = std::move(opened->journal);
  const auto recovered = owner->recover(std::move(opened->contents));
  if (!recovered) co_return fail(recovered);
  co_return owner;
}

/// What the snapshot and the records behind it come to.
Result<> CatalogueOwner::recover(Journal::Contents contents) {
  Result<Catalogue> catalogue;
  if (contents.snapshot) {
    compact_at_bytes_ = std::max<std::uint64_t>(compact_at_bytes_, contents.snapshot->size());
    catalogue = decode_snapshot(*contents.snapshot);
    if (catalogue && catalogue->journal_index != contents.snapshot_index) {
      catalogue = fail(Error::state_file_corrupted);
    }
  }
  if (!catalogue) {
    base::log_error("the snapshot in {} can't be used ({}). {}", options_.directory,
                    base::describe(catalogue.error()).name, remedy);
    return fail(catalogue);
  }
  for (const auto& [meta, encoded] : contents.records) {
    const auto change = decode_change(encoded.type, encoded.version, encoded.body);
    catalogue = change ? apply(*catalogue, *change, meta) : fail(change);
    if (catalogue) continue;
    base::log_error("record {} (type {}, version {}) of the journal in {} can't be used ({}). {}",
                    meta.index, encoded.type, encoded.version, options_.directory,
                    base::describe(catalogue.error()).name, remedy);
    return fail(catalogue);
  }
  published_ = head_ = std::make_shared<const Catalogue>(std::move(*catalogue));
  return {};
}

Task<Result<Committed>> CatalogueOwner::commit_change(BuildChange build, UserId by) {
  // What was begun is brought to its end, so that nobody is told less than what happened.
  runtime::CancelScope apart;
  co_return co_await runtime::in_scope(apart, commit_in_order(std::move(build), by));
}

Task<Result<Committed>> CatalogueOwner::commit_in_order(BuildChange build, UserId by) {
  if (const auto open = may_commit(); !open) co_return fail(open);
  const auto has_room = co_await journal_->has_room();
  if (const auto open = may_commit(); !open) co_return fail(open);

  auto change = build(*head_);
  if (!change) co_return fail(change);
  if (!has_room && !frees_space(*change)) co_return fail(Error::no_space);
  Waiting waiting;
  waiting.committed.change = std::move(*change);
  if (const auto applied = apply_to_head(waiting, by); !applied) co_return fail(applied);

  queue_.push_back(&waiting);
  start_draining();
  while (!waiting.outcome) (void)co_await waiting.ended.wait();
  if (!*waiting.outcome) co_return fail(*waiting.outcome);
  co_return std::move(waiting.committed);
}

Result<> CatalogueOwner::may_commit() const {
  if (journal_->has_failed()) return fail(Error::cannot_sync_file);
  if (closing_) return fail(Error::cancelled);
  return {};
}

Result<> CatalogueOwner::apply_to_head(Waiting& waiting, UserId by) {
  auto& committed = waiting.committed;
  committed.meta = {.index = head_->journal_index + 1,
                    .epoch = 0,
                    .time = runtime::Shard::current().clock().now(),
                    .user = by};
  auto after = apply(*head_, committed.change, committed.meta);
  if (!after) return fail(after);
  waiting.encoded = encode(committed.change);
  if (waiting.encoded.body.size() > record_body_bytes_max) return fail(Error::limit_reached);
  committed.before = head_;
  committed.after = std::make_shared<const Catalogue>(std::move(*after));
  head_ = committed.after;
  return {};
}

void CatalogueOwner::start_draining() {
  if (draining_) return;
  draining_ = true;
  tasks_.spawn(drain());
}

Task<> CatalogueOwner::drain() {
  co_await runtime::yield();  // all that are asked for in this turn share the first write
  while (!queue_.empty()) {
    const auto group = take_group();
    std::vector<JournalRecord> records;
    for (auto* waiting : group) {
      records.push_back({waiting->committed.meta, std::move(waiting->encoded)});
    }
    const auto written = co_await journal_->append(records);
    if (written) {
      co_await publish(group);
    } else {
      refuse(group, written.error());
    }
  }
  draining_ = false;
}

CatalogueOwner::Group CatalogueOwner::take_group() {
  Group group;
  std::size_t size = 0;
  while (!queue_.empty() && size < group_bytes_max) {
    group.push_back(queue_.front());
    queue_.pop_front();
    size += group.back()->encoded.body.size();
  }
  return group;
}

Task<> CatalogueOwner::publish(const Group& group) {
  published_ = group.back()->committed.after;
  co_await options_.publish(published_);
  for (auto* waiting : group) {
    waiting->outcome.emplace();
    waiting->ended.notify_all();
  }
  compact_if_due();
}

/// Goes back to what is on the disk. The later ones were built on the refused ones.
void CatalogueOwner::refuse(const Group& group, Error error) {
  head_ = published_;
  for (const auto* refused : {&group, static_cast<const Group*>(&queue_)}) {
    for (auto* waiting : *refused) {
      waiting->outcome.emplace(fail(error));
      waiting->ended.notify_all();
    }
  }
  queue_.clear();
  report_if_fatal();
}

void CatalogueOwner::report_if_fatal() {
  if (!journal_->has_failed() || fatal_was_reported_) return;
  fatal_was_reported_ = true;
  base::log_error("{}: what is on the disk is unknown, so the server has to end",
                  options_.directory);
  options_.on_fatal(Error::cannot_sync_file);
}

void CatalogueOwner::compact_if_due() {
  const auto is_due = journal_->size_bytes() >= compact_at_bytes_ &&
                      published_->journal_index > journal_->snapshot_index();
  if (!is_due || compacting_ || closing_) return;
  compacting_ = true;
  tasks_.spawn(compact(published_));
}

Task<> CatalogueOwner::compact(CataloguePtr catalogue) {
  const auto bytes =
      co_await runtime::offload([&catalogue] { return encode_snapshot(*catalogue); });
  const auto compacted = co_await journal_->compact(catalogue->journal_index, bytes);
  // The work of writing snapshots stays in proportion to that of the changes.
  compact_at_bytes_ = std::max<std::uint64_t>(options_.compact_at.bytes, bytes.size());
  if (!compacted) {
    compact_at_bytes_ += journal_->size_bytes();
    base::log_warning("{}: the journal could not be compacted: {}; it goes on and is tried later",
                      options_.directory, base::describe(compacted.error()).name);
  }
  compacting_ = false;
  report_if_fatal();
}

Task<> CatalogueOwner::close() {
  closing_ = true;
  co_await tasks_.join();
}

}  // namespace iggy::broker
