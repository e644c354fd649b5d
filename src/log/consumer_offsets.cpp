// Keeping consumer offsets: a map in memory, and a file of its changes.
#include "log/consumer_offsets.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <utility>

#include "base/error_table.hpp"
#include "base/logging.hpp"
#include "log/offset_records.hpp"
#include "log/open_files.hpp"
#include "runtime/held_permit.hpp"

namespace iggy::log {
namespace {

constexpr std::string_view file_name = "offsets";
// Records that a file may hold before it is rewritten at once, and below which it is left alone.
constexpr std::uint64_t records_max = 1'000'000;
constexpr std::uint64_t records_left_alone = 1024;
constexpr std::uint64_t file_size_max = (records_max + 1) * OffsetRecord::size;

}  // namespace

struct ConsumerOffsets::State {
  State(LogStore& log_store, std::string log_directory)
      : disk(log_store.disk()),
        open_files(log_store.files()),
        directory(std::move(log_directory)),
        path(runtime::join_path(directory, file_name)) {}

  Task<Result<>> load(std::uint64_t end_offset);
  void reduce(std::uint64_t end_offset);
  Task<Result<>> append(OffsetRecord record);
  Task<Result<FileHandle>> open_file();
  Task<Result<>> sync_file();
  Task<Result<>> refuse(FileHandle opened, std::uint64_t end, Error error);
  Task<Result<>> rewrite();
  [[nodiscard]] bool is_mostly_dead() const {
    return records_count > records_left_alone && records_count > 2 * offsets.size();
  }

  runtime::Disk& disk;
  OpenFiles& open_files;
  std::string directory;
  std::string path;
  std::map<ConsumerKey, std::uint64_t> offsets;
  KeptFile file;
  std::uint64_t records_count = 0;
  bool is_dirty = false;       // something is not synced
  bool is_named = false;       // the file's name is on the disk for certain
  bool needs_rewrite = false;  // what the file holds is not what it should
  runtime::Semaphore writing{1};
};

ConsumerOffsets::ConsumerOffsets(std::unique_ptr<State> state) : state_(std::move(state)) {}
ConsumerOffsets::~ConsumerOffsets() = default;

Task<Result<std::unique_ptr<ConsumerOffsets>>> ConsumerOffsets::open(LogStore& store,
                                                                     std::string directory,
                                                                     std::uint64_t end_offset) {
  auto state = std::make_unique<State>(store, std::move(directory));
  if (const auto loaded = co_await state->load(end_offset); !loaded) co_return fail(loaded);
  if (state->needs_rewrite && !co_await state->rewrite()) {
    base::log_warning("{} is rewritten with the next change.", state->path);
  }
  co_return std::unique_ptr<ConsumerOffsets>(new ConsumerOffsets(std::move(state)));
}

std::optional<std::uint64_t> ConsumerOffsets::get(ConsumerKey key) const {
  const auto found = state_->offsets.find(key);
  if (found == state_->offsets.end()) return std::nullopt;
  return found->second;
}

Task<Result<>> ConsumerOffsets::store(ConsumerKey key, std::uint64_t offset) {
  auto& state = *state_;
  if (!state.writing.try_acquire()) {
    if (const auto alone = co_await state.writing.acquire(); !alone) co_return fail(alone);
  }
  const runtime::HeldPermit held(state.writing);
  const auto found = state.offsets.find(key);
  if (found != state.offsets.end() && found->second == offset) co_return Result<>{};
  if (found == state.offsets.end() && state.offsets.size() >= keys_max) {
    co_return fail(Error::limit_reached);
  }
  const auto written = co_await state.append(
      {.key = key, .operation = OffsetRecord::Operation::store, .offset = offset});
  if (!written) co_return fail(written);
  state.offsets[key] = offset;
  co_return Result<>{};
}

Task<Result<>> ConsumerOffsets::remove(ConsumerKey key) {
  auto& state = *state_;
  if (const auto alone = co_await state.writing.acquire(); !alone) co_return fail(alone);
  const runtime::HeldPermit held(state.writing);
  if (!state.offsets.contains(key)) co_return fail(Error::consumer_offset_not_found);
  const auto written =
      co_await state.append({.key = key, .operation = OffsetRecord::Operation::remove});
  if (!written) co_return fail(written);
  state.offsets.erase(key);
  co_return Result<>{};
}

Task<Result<>> ConsumerOffsets::sync() {
  auto& state = *state_;
  if (const auto alone = co_await state.writing.acquire(); !alone) co_return fail(alone);
  const runtime::HeldPermit held(state.writing);
  if (state.needs_rewrite || state.is_mostly_dead()) co_return co_await state.rewrite();
  if (!state.is_dirty) co_return Result<>{};
  co_return co_await state.sync_file();
}

bool ConsumerOffsets::is_dirty() const {
  return state_->is_dirty || state_->needs_rewrite || state_->is_mostly_dead();
}

Task<> ConsumerOffsets::close() {
  auto& state = *state_;
  const auto alone = co_await state.writing.acquire();
  if (state.is_dirty) (void)co_await state.sync_file();
  state.file.close();
  if (alone) state.writing.release();
}

std::optional<std::uint64_t> ConsumerOffsets::lowest() const {
  std::optional<std::uint64_t> lowest;
  for (const auto& [key, offset] : state_->offsets)
    lowest = std::min(lowest.value_or(offset), offset);
  return lowest;
}

std::size_t ConsumerOffsets::size() const { return state_->offsets.size(); }

Task<Result<>> ConsumerOffsets::State::load(std::uint64_t end_offset) {
  const auto bytes = co_await runtime::read_file(disk, path, file_size_max);
  if (!bytes && bytes.error() == Error::file_not_found) co_return Result<>{};
  if (!bytes) {
    base::log_error("Cannot read {}: {}.", path, base::describe(bytes.error()).text);
    co_return fail(Error::cannot_read_consumer_offsets);
  }
  const auto replayed = replay(*bytes, offsets);
  records_count = replayed.records_count;
  if (replayed.bad_bytes > 0) {
    base::log_warning("{} bytes of {} are torn or damaged and left out.", replayed.bad_bytes, path);
    needs_rewrite = true;
  }
  while (offsets.size() > keys_max) offsets.erase(std::prev(offsets.end()));
  reduce(end_offset);
  co_return Result<>{};
}

/// Nobody has processed what is not there. The change is kept: otherwise the old value would be
/// right again when the log has grown.
void ConsumerOffsets::State::reduce(std::uint64_t end_offset) {
  for (auto& [key, offset] : offsets) {
    if (offset < end_offset) continue;
    base::log_warning("{}: {} {} had processed offset {}, but the log ends at {}.", path,
                      key.kind == ConsumerKind::group ? "group" : "consumer", key.id, offset,
                      end_offset);
    if (end_offset > 0) offset = end_offset - 1;
    needs_rewrite = true;
  }
  if (end_offset == 0) offsets.clear();
}

Task<Result<>> ConsumerOffsets::State::append(OffsetRecord record) {
  if (needs_rewrite || records_count >= records_max) {
    if (const auto rewritten = co_await rewrite(); !rewritten) co_return fail(rewritten);
  }
  auto opened = file.use();
  if (!opened) {
    auto result = co_await open_file();
    if (!result) {
      base::log_error("Cannot open {}: {}.", path, base::describe(result.error()).text);
      co_return fail(result.error() == Error::no_space ? Error::no_space
                                                       : Error::cannot_write_to_file);
    }
    opened = *std::move(result);
  }
  const auto end = records_count * OffsetRecord::size;
  const auto bytes = encode(record);
  const std::array<base::ByteView, 1> pieces{bytes};
  const auto written = co_await opened->write_at(end, pieces);
  if (!written) co_return co_await refuse(std::move(opened), end, written.error());
  ++records_count;
  is_dirty = true;
  co_return Result<>{};
}

/// Cuts off what a failed write may have left behind `end`. Gives the error to answer with.
Task<Result<>> ConsumerOffsets::State::refuse(FileHandle opened, std::uint64_t end, Error error) {
  base::log_error("Cannot write to {}: {}.", path, base::describe(error).text);
  // What was refused must not come back, not after a loss of power either.
  auto cut = co_await opened->truncate(end);
  if (cut) cut = co_await opened->sync();
  if (!cut) needs_rewrite = true;
  co_return fail(error == Error::no_space ? Error::no_space : Error::cannot_write_to_file);
}

/// Opens the file, or makes it.
Task<Result<FileHandle>> ConsumerOffsets::State::open_file() {
  auto opened = co_await disk.open(path, runtime::OpenMode::read_write);
  if (!opened && opened.error() == Error::file_not_found) {
    const auto made = co_await disk.make_directories(directory);
    if (!made) co_return fail(made);
    opened = co_await disk.open(path, runtime::OpenMode::create);
    if (!opened) co_return fail(opened);
    records_count = 0;
  }
  if (!opened) co_return fail(opened);
  file.keep(open_files, *opened);
  co_return opened;
}

/// Brings the file to the disk, and its name, which may be new, or that of a process that died
/// before it was synced. Errors: cannot_sync_file, cancelled.
Task<Result<>> ConsumerOffsets::State::sync_file() {
  auto opened = file.use();
  Result<> synced;
  if (!opened) {
    auto result = co_await open_file();
    if (!result) synced = fail(result);
    if (result) opened = *std::move(result);
  }
  if (synced) synced = co_await opened->sync();
  if (synced && !is_named) synced = co_await disk.sync_directory(directory);
  if (!synced) {
    if (synced.error() == Error::cancelled) co_return fail(synced);
    base::log_error("Cannot sync {}: {}.", path, base::describe(synced.error()).text);
    // What reached the disk is unknown; what should be there is not.
    needs_rewrite = true;
    co_return fail(Error::cannot_sync_file);
  }
  is_named = true;
  is_dirty = false;
  co_return Result<>{};
}

/// Writes a new file with the living records, and puts it in the place of the old one.
/// Errors: no_space, cannot_write_to_file: the old file, or the new one, is there.
Task<Result<>> ConsumerOffsets::State::rewrite() {
  base::Bytes bytes;
  bytes.reserve(offsets.size() * OffsetRecord::size);
  for (const auto& [key, offset] : offsets) {
    const auto record =
        encode({.key = key, .operation = OffsetRecord::Operation::store, .offset = offset});
    bytes.insert(bytes.end(), record.begin(), record.end());
  }
  file.close();
  needs_rewrite = true;
  const auto written = co_await runtime::write_file(disk, path, bytes);
  if (!written) {
    base::log_error("Cannot rewrite {}: {}.", path, base::describe(written.error()).text);
    co_return fail(written.error() == Error::no_space ? Error::no_space
                                                      : Error::cannot_write_to_file);
  }
  records_count = offsets.size();
  needs_rewrite = false;
  is_named = true;
  is_dirty = false;
  co_return Result<>{};
}

}  // namespace iggy::log
