// A partition's log as others see it: each call, handed to the part that does it.
#include "log/partition_log.hpp"

#include <cassert>
#include <utility>

#include "log/appender.hpp"
#include "log/checkpoint.hpp"
#include "log/partition_state.hpp"
#include "log/reader.hpp"
#include "log/recovery.hpp"

namespace iggy::log {

struct PartitionLog::State : PartitionState {
  State(LogStore& log_store, Options log_options)
      : PartitionState(log_store, std::move(log_options)) {}

  /// Refuses new calls, and waits for what is under way.
  Task<> end_work() {
    life = Life::closing;
    co_await appender.finish();
  }

  /// Lets go of the files, and of those who wait for messages.
  void end() {
    life = Life::closed;
    active.file.close();
    for (auto& segment : sealed) segment.file.close();
    store.indexes().forget(log);
    advanced.notify_all();
  }

  Appender appender{*this};
};

PartitionLog::PartitionLog(std::unique_ptr<State> state) : state_(std::move(state)) {}
PartitionLog::~PartitionLog() = default;

Task<Result<std::unique_ptr<PartitionLog>>> PartitionLog::open(LogStore& store, Options options) {
  auto state = std::make_unique<State>(store, std::move(options));
  const auto recovered = co_await recover(*state);
  if (!recovered) co_return fail(recovered);
  co_return std::unique_ptr<PartitionLog>(new PartitionLog(std::move(state)));
}

Task<Result<Appended>> PartitionLog::append(wire::Batch batch) {
  return state_->appender.append(batch);
}

Task<Result<ReadReply>> PartitionLog::read(ReadRequest request, MutableByteView scratch) {
  return read_log(*state_, request, scratch);
}

Task<Result<>> PartitionLog::sync() {
  if (state_->life != Life::open) co_return fail(Error::incarnation_gone);
  co_return co_await sync_log(*state_);
}

Task<Result<>> PartitionLog::checkpoint() {
  if (state_->life != Life::open) co_return fail(Error::incarnation_gone);
  co_return co_await write_checkpoint(*state_);
}

bool PartitionLog::is_dirty() const {
  return state_->durable_end < state_->visible_end || state_->is_checkpoint_due();
}

Task<Result<>> PartitionLog::close() {
  if (state_->life != Life::open) co_return fail(Error::incarnation_gone);
  co_await state_->end_work();
  if (const auto file = state_->active.file.use()) co_await file->give_back();
  const auto written = co_await write_checkpoint(*state_);
  state_->end();
  co_return written;
}

Task<> PartitionLog::abandon() {
  if (state_->life != Life::open) co_return;
  co_await state_->end_work();
  // A checkpoint under way still writes to the directory.
  const auto alone = co_await state_->keeping.acquire();
  if (alone) state_->keeping.release();
  state_->end();
}

runtime::Event& PartitionLog::advanced() { return state_->advanced; }

bool PartitionLog::has_messages() const { return state_->visible_end > 0; }
std::uint64_t PartitionLog::start_offset() const { return state_->start_offset(); }
std::uint64_t PartitionLog::end_offset() const { return state_->visible_end; }
std::uint64_t PartitionLog::current_offset() const {
  return state_->visible_end > 0 ? state_->visible_end - 1 : 0;
}
std::uint64_t PartitionLog::messages_count() const {
  return state_->visible_end - state_->start_offset();
}
std::uint64_t PartitionLog::size_bytes() const { return state_->size_bytes(); }
std::uint32_t PartitionLog::segments_count() const {
  const auto next = state_->active.is_full ? 1U : 0U;  // it is being made
  return static_cast<std::uint32_t>(state_->sealed.size()) + 1 + next;
}
const std::string& PartitionLog::directory() const { return state_->options.directory; }

}  // namespace iggy::log
