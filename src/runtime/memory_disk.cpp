// The calls of the fake disk: each passes the faults, then acts on the tree.
#include "runtime/memory_disk.hpp"

#include <algorithm>
#include <cassert>
#include <map>
#include <utility>

#include "runtime/memory_faults.hpp"
#include "runtime/memory_tree.hpp"

namespace iggy::runtime {

struct MemoryDisk::State {
  explicit State(std::uint64_t seed) : dice(seed) {}

  [[nodiscard]] std::uint64_t free_bytes() const {
    return capacity_bytes > tree.used_bytes() ? capacity_bytes - tree.used_bytes() : 0;
  }

  /// The verdict about a call that was made in the life number `since`: those from before a crash
  /// find the disk gone.
  [[nodiscard]] Verdict judge(const MemoryFaults::Call& call, std::uint64_t since) {
    if (since != life) return {.error = Error::io_error, .bytes = 0};
    return faults.judge(call, dice);
  }

  MemoryTree tree;
  MemoryFaults faults;
  Dice dice;
  std::uint64_t life = 0;  // crashes so far
  std::uint64_t capacity_bytes = std::uint64_t{1} << 40;
  std::map<std::string, std::uint64_t> locks;  // path, number of the lock
  std::uint64_t locks_given = 0;
};

namespace {

/// What a call gives that has acted and may nevertheless have failed.
Result<> outcome(const Verdict& verdict, Result<> acted) {
  if (verdict.error) return fail(*verdict.error);
  return acted;
}

}  // namespace

class MemoryDisk::OpenFile final : public File {
 public:
  OpenFile(std::shared_ptr<State> state, MemoryNodeHandle node, std::string path, OpenMode mode)
      : state_(std::move(state)),
        node_(std::move(node)),
        path_(std::move(path)),
        life_(state_->life),
        writable_(mode != OpenMode::read) {
    state_->tree.open(*node_);
  }
  ~OpenFile() override {
    if (life_ == state_->life) state_->tree.close(*node_);
  }

  Task<Result<std::size_t>> read(std::uint64_t position, MutableByteView into) override;
  Task<Result<>> write_at(std::uint64_t position, std::span<const ByteView> pieces) override;
  Task<Result<>> truncate(std::uint64_t size) override;
  Task<Result<>> sync() override;
  Task<Result<>> preallocate(std::uint64_t size) override;
  Result<std::uint64_t> size() override;
  [[nodiscard]] const std::string& path() const override { return path_; }

 private:
  [[nodiscard]] Verdict judge(DiskCall kind, bool changes, std::uint64_t size = 0) {
    auto verdict = state_->judge({kind, changes, size, {path_}}, life_);
    if (changes && !writable_) verdict = {.error = Error::io_error, .bytes = 0};
    return verdict;
  }
  /// How many bytes may be written behind `position` until the disk is full.
  [[nodiscard]] std::uint64_t room(std::uint64_t position) const {
    const auto end = node_->space() + state_->free_bytes();
    return end > position ? end - position : 0;
  }
  std::uint64_t write(std::uint64_t position, std::span<const ByteView> pieces,
                      std::uint64_t bytes_max);

  std::shared_ptr<State> state_;
  MemoryNodeHandle node_;
  std::string path_;
  std::uint64_t life_;  // in which it was opened
  bool writable_;
};

Task<Result<std::size_t>> MemoryDisk::OpenFile::read(std::uint64_t position, MutableByteView into) {
  co_await state_->faults.pass(DiskCall::read);
  const auto verdict = judge(DiskCall::read, /*changes=*/false);
  if (verdict.error) co_return fail(*verdict.error);
  const auto& bytes = node_->file.contents();
  if (position >= bytes.size()) co_return std::size_t{0};
  const auto size = std::min<std::uint64_t>(into.size(), bytes.size() - position);
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(position), size, into.begin());
  co_return size;
}

Task<Result<>> MemoryDisk::OpenFile::write_at(std::uint64_t position,
                                              std::span<const ByteView> pieces) {
  co_await state_->faults.pass(DiskCall::write);
  std::uint64_t size = 0;
  for (const auto& piece : pieces) size += piece.size();
  const auto verdict = judge(DiskCall::write, /*changes=*/true, size);
  const auto wanted = std::min(size, verdict.bytes);
  const auto written = write(position, pieces, std::min(wanted, room(position)));
  if (verdict.error) co_return fail(*verdict.error);
  if (written < wanted) co_return fail(Error::no_space);
  co_return Result<>{};
}

std::uint64_t MemoryDisk::OpenFile::write(std::uint64_t position, std::span<const ByteView> pieces,
                                          std::uint64_t bytes_max) {
  std::uint64_t written = 0;
  for (const auto& piece : pieces) {
    const auto part = piece.first(std::min<std::uint64_t>(piece.size(), bytes_max - written));
    state_->tree.write(*node_, position + written, part);
    written += part.size();
  }
  return written;
}

Task<Result<>> MemoryDisk::OpenFile::truncate(std::uint64_t size) {
  co_await state_->faults.pass(DiskCall::truncate);
  const auto verdict = judge(DiskCall::truncate, /*changes=*/true);
  if (verdict.acts()) state_->tree.truncate(*node_, size);
  co_return outcome(verdict, {});
}

Task<Result<>> MemoryDisk::OpenFile::sync() {
  co_await state_->faults.pass(DiskCall::sync);
  const auto verdict = state_->judge({DiskCall::sync, true, 0, {path_}}, life_);
  if (!verdict.error) {
    node_->file.sync();
  } else if (life_ == state_->life && !state_->faults.has_lost_power()) {
    node_->file.fail_sync(state_->dice);
  }
  co_return outcome(verdict, {});
}

Task<Result<>> MemoryDisk::OpenFile::preallocate(std::uint64_t size) {
  co_await state_->faults.pass(DiskCall::preallocate);
  const auto verdict = judge(DiskCall::preallocate, /*changes=*/true);
  if (!verdict.acts()) co_return outcome(verdict, {});
  if (size > room(0)) co_return outcome(verdict, fail(Error::no_space));
  state_->tree.reserve(*node_, size);
  co_return outcome(verdict, {});
}

Result<std::uint64_t> MemoryDisk::OpenFile::size() {
  if (life_ != state_->life || state_->faults.has_lost_power()) return fail(Error::io_error);
  return node_->file.size();
}

MemoryDisk::MemoryDisk(std::uint64_t seed) : state_(std::make_shared<State>(seed)) {}
MemoryDisk::~MemoryDisk() = default;

Task<Result<FileHandle>> MemoryDisk::open(std::string path, OpenMode mode) {
  const auto life = state_->life;
  co_await state_->faults.pass(DiskCall::open);
  auto node = state_->tree.find(path);
  const bool creates = mode == OpenMode::create || mode == OpenMode::create_new;
  const auto verdict = state_->judge({DiskCall::open, creates && !node, 0, {path}}, life);
  if (verdict.acts() && !node && creates) {
    const auto created = state_->tree.create(path);
    if (!created && !verdict.error) co_return fail(created);
    if (created) node = *created;
  } else if (!verdict.error && node && mode == OpenMode::create_new) {
    co_return fail(Error::file_exists);
  }
  if (verdict.error) co_return fail(*verdict.error);
  if (!node) co_return fail(Error::file_not_found);
  if (node->is_directory) co_return fail(Error::io_error);
  co_return std::make_shared<OpenFile>(state_, std::move(node), std::move(path), mode);
}

Task<Result<>> MemoryDisk::make_directories(std::string path) {
  const auto life = state_->life;
  co_await state_->faults.pass(DiskCall::make_directories);
  const auto verdict = state_->judge({DiskCall::make_directories, true, 0, {path}}, life);
  if (!verdict.acts()) co_return outcome(verdict, {});
  const auto made = state_->tree.make_directories(path);
  if (made && !verdict.power_fails) state_->tree.sync_path(path);
  co_return outcome(verdict, made);
}

Task<Result<>> MemoryDisk::rename(std::string from, std::string to) {
  const auto life = state_->life;
  co_await state_->faults.pass(DiskCall::rename);
  const auto verdict = state_->judge({DiskCall::rename, true, 0, {from, to}}, life);
  if (!verdict.acts()) co_return outcome(verdict, {});
  co_return outcome(verdict, state_->tree.rename(from, to));
}

Task<Result<>> MemoryDisk::unlink(std::string path) {
  const auto life = state_->life;
  co_await state_->faults.pass(DiskCall::unlink);
  const auto verdict = state_->judge({DiskCall::unlink, true, 0, {path}}, life);
  if (!verdict.acts()) co_return outcome(verdict, {});
  co_return outcome(verdict, state_->tree.unlink(path));
}

Task<Result<>> MemoryDisk::remove_all(std::string path) {
  const auto life = state_->life;
  co_await state_->faults.pass(DiskCall::remove_all);
  const auto verdict = state_->judge({DiskCall::remove_all, true, 0, {path}}, life);
  if (!verdict.acts()) co_return outcome(verdict, {});
  co_return outcome(verdict, state_->tree.remove_all(path));
}

Task<Result<>> MemoryDisk::sync_directory(std::string path) {
  const auto life = state_->life;
  co_await state_->faults.pass(DiskCall::sync_directory);
  const auto verdict = state_->judge({DiskCall::sync_directory, true, 0, {path}}, life);
  // One that meets the loss of power leaves it to the crash what is kept.
  if (verdict.error) co_return fail(*verdict.error);
  co_return state_->tree.sync_directory(path);
}

Task<Result<std::vector<DirectoryEntry>>> MemoryDisk::list(std::string path) {
  const auto life = state_->life;
  co_await state_->faults.pass(DiskCall::list);
  const auto verdict = state_->judge({DiskCall::list, /*changes=*/false, 0, {path}}, life);
  if (verdict.error) co_return fail(*verdict.error);
  const auto directory = state_->tree.find(path);
  if (!directory || !directory->is_directory) co_return fail(Error::file_not_found);
  std::vector<DirectoryEntry> entries;
  for (const auto& [name, node] : directory->names) entries.push_back({name, node->is_directory});
  co_return entries;
}

Task<Result<bool>> MemoryDisk::exists(std::string path) {
  if (state_->faults.has_lost_power()) co_return fail(Error::io_error);
  co_return state_->tree.find(path) != nullptr;
}

Task<Result<DiskSpace>> MemoryDisk::space(std::string path) {
  if (state_->faults.has_lost_power()) co_return fail(Error::io_error);
  if (!state_->tree.find(path)) co_return fail(Error::file_not_found);
  co_return DiskSpace{.free_bytes = state_->free_bytes(), .total_bytes = state_->capacity_bytes};
}

Task<Result<std::unique_ptr<DirectoryLock>>> MemoryDisk::lock(std::string path) {
  struct Lock final : DirectoryLock {
    Lock(std::shared_ptr<State> disk, std::string file, std::uint64_t id)
        : state(std::move(disk)), path(std::move(file)), number(id) {}
    ~Lock() override {
      const auto held = state->locks.find(path);
      if (held != state->locks.end() && held->second == number) state->locks.erase(held);
    }
    std::shared_ptr<State> state;
    std::string path;
    std::uint64_t number;
  };

  if (state_->faults.has_lost_power()) co_return fail(Error::io_error);
  if (state_->locks.contains(path)) co_return fail(Error::file_locked);
  if (!state_->tree.find(path)) {
    if (const auto created = state_->tree.create(path); !created) co_return fail(created);
  }
  const auto number = ++state_->locks_given;
  state_->locks[path] = number;
  co_return std::make_unique<Lock>(state_, std::move(path), number);
}

void MemoryDisk::fail_call(DiskCall call, std::uint64_t n, Error error, std::uint64_t written_bytes,
                           std::string path_part) {
  const auto bytes = call == DiskCall::write ? written_bytes : 0;
  state_->faults.fail_call(call, n, {.error = error, .bytes = bytes}, std::move(path_part));
}

void MemoryDisk::fail_always(DiskCall call, Error error, std::string path_part) {
  state_->faults.fail_always(call, error, std::move(path_part));
}

void MemoryDisk::heal() { state_->faults.heal(); }

void MemoryDisk::set_free_bytes(std::uint64_t bytes) {
  state_->capacity_bytes = state_->tree.used_bytes() + bytes;
}

void MemoryDisk::hold(DiskCall call) { state_->faults.hold(call); }
void MemoryDisk::release() { state_->faults.release(); }

void MemoryDisk::lose_power_after(std::uint64_t calls) { state_->faults.lose_power_after(calls); }
bool MemoryDisk::has_lost_power() const { return state_->faults.has_lost_power(); }

void MemoryDisk::crash(Crash kind) {
  ++state_->life;
  state_->locks.clear();
  if (kind == Crash::power_loss) {
    state_->tree.lose_power(state_->dice);
  } else {
    state_->tree.kill_process();
  }
  state_->faults.restart();
}

base::Bytes MemoryDisk::contents(const std::string& path) const {
  const auto node = state_->tree.find(path);
  assert(node && !node->is_directory);
  return node->file.contents();
}

void MemoryDisk::set_contents(const std::string& path, base::Bytes bytes) {
  auto& tree = state_->tree;
  auto node = tree.find(path);
  if (!node) {
    [[maybe_unused]] const auto made = tree.make_directories(parent_path(path));
    assert(made);
    node = *tree.create(path);
  }
  tree.replace(*node, std::move(bytes));
  tree.sync_path(path);
}

std::vector<std::string> MemoryDisk::paths() const { return state_->tree.files(); }

std::uint64_t MemoryDisk::calls(DiskCall call) const { return state_->faults.calls(call); }
std::uint64_t MemoryDisk::changing_calls() const { return state_->faults.changing_calls(); }

}  // namespace iggy::runtime
