// The system calls on an open file: which of them run on the shard, and which on a worker.
#include "runtime/real_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>

#include "base/logging.hpp"
#include "runtime/shard.hpp"
#include "runtime/task_group.hpp"
#include "runtime/workers.hpp"

namespace iggy::runtime {
namespace {

constexpr std::size_t pieces_max = 1024;  // IOV_MAX of Linux
/// The last close of an unlinked file frees its blocks, which takes its time with large ones.
constexpr std::uint64_t slow_close_bytes = 1024 * 1024;

std::uint64_t total_size(std::span<const ByteView> pieces) {
  std::uint64_t size = 0;
  for (const auto& piece : pieces) size += piece.size();
  return size;
}

/// The pieces of a write that are still to be written.
class Rest {
 public:
  explicit Rest(std::span<const ByteView> pieces) : pieces_(pieces) { advance(0); }

  [[nodiscard]] bool empty() const { return pieces_.empty(); }

  /// Puts the next of them into `vectors`; gives their number.
  int fill(std::array<iovec, pieces_max>& vectors) const {
    const auto count = std::min(pieces_.size(), vectors.size());
    for (std::size_t i = 0; i < count; ++i) {
      const auto piece = i == 0 ? pieces_[0].subspan(done_) : pieces_[i];
      vectors[i] = {const_cast<std::byte*>(piece.data()), piece.size()};
    }
    return static_cast<int>(count);
  }

  /// Leaves `size` bytes behind, and empty pieces.
  void advance(std::uint64_t size) {
    done_ += size;
    while (!pieces_.empty() && done_ >= pieces_.front().size()) {
      done_ -= pieces_.front().size();
      pieces_ = pieces_.subspan(1);
    }
  }

 private:
  std::span<const ByteView> pieces_;
  std::uint64_t done_ = 0;  // bytes of the first of them
};

/// Writes all of `pieces`, or gives the errno that stopped it.
int write_all(int descriptor, std::uint64_t position, std::span<const ByteView> pieces) {
  std::array<iovec, pieces_max> vectors;
  for (Rest rest(pieces); !rest.empty();) {
    const auto written =
        ::pwritev(descriptor, vectors.data(), rest.fill(vectors), static_cast<off_t>(position));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    if (written == 0) return EIO;  // it would go on for ever
    position += static_cast<std::uint64_t>(written);
    rest.advance(static_cast<std::uint64_t>(written));
  }
  return 0;
}

/// How a read went: the bytes, and the errno that stopped it before the end of the file, or 0.
struct ReadOutcome {
  std::size_t size = 0;
  int failure = 0;
};

/// Reads until `into` is full or the file ends.
ReadOutcome read_all(int descriptor, std::uint64_t position, MutableByteView into) {
  std::size_t size = 0;
  while (size < into.size()) {
    const auto read = ::pread(descriptor, into.data() + size, into.size() - size,
                              static_cast<off_t>(position + size));
    if (read < 0 && errno == EINTR) continue;
    if (read < 0) return {size, errno};
    if (read == 0) break;
    size += static_cast<std::size_t>(read);
  }
  return {size};
}

/// Reads what lies in the page cache; EAGAIN says that a disk must be asked for the rest.
ReadOutcome read_cached(int descriptor, std::uint64_t position, MutableByteView into) {
  std::size_t size = 0;
  while (size < into.size()) {
    iovec vector{into.data() + size, into.size() - size};
    const auto read =
        ::preadv2(descriptor, &vector, 1, static_cast<off_t>(position + size), RWF_NOWAIT);
    if (read < 0 && errno == EINTR) continue;
    if (read < 0) return {size, errno};
    if (read == 0) break;
    size += static_cast<std::size_t>(read);
  }
  return {size};
}

/// What the kernel knows about a stretch of a file, in pages.
struct CachedPages {
  std::uint64_t cached, dirty, in_writeback, evicted, recently_evicted;
};

/// Nothing if the kernel can't tell (before Linux 6.5).
std::optional<CachedPages> count_pages(int descriptor, std::uint64_t position, std::uint64_t size) {
  struct {
    std::uint64_t offset, length;
  } const range{position, size};
  CachedPages pages{};
  constexpr long cachestat = 451;  // the same on every architecture
  if (::syscall(cachestat, descriptor, &range, &pages, 0) != 0) return std::nullopt;
  return pages;
}

/// Whether all pages of a stretch are in the page cache or on their way, if the kernel can tell.
std::optional<bool> ask_cache(int descriptor, std::uint64_t position, std::uint64_t size) {
  static const auto page_size = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const auto pages = count_pages(descriptor, position, size);
  if (!pages) return std::nullopt;
  return pages->cached > (position + size - 1) / page_size - position / page_size;
}

/// Writes a stretch back and waits until that is done, where the kernel can tell. It could wait by
/// itself, but would then tell of a failure here, and not again at the next sync.
void write_stretch_back(int descriptor, std::uint64_t position, std::uint64_t size) {
  constexpr timespec pause{.tv_sec = 0, .tv_nsec = 1'000'000};
  ::sync_file_range(descriptor, static_cast<off64_t>(position), static_cast<off64_t>(size),
                    SYNC_FILE_RANGE_WRITE);
  while (true) {
    const auto pages = count_pages(descriptor, position, size);
    if (!pages || pages->in_writeback == 0) return;
    ::nanosleep(&pause, nullptr);
  }
}

/// Whether reading this much, or sending it, would not wait for a disk. Where the kernel does not
/// count pages, one of each piece in which files are read ahead speaks for the others. The last is
/// looked at in any case: pages that are on their way arrive in their order.
bool is_cached(int descriptor, std::uint64_t position, std::uint64_t size) {
  constexpr std::uint64_t step = 128 * 1024;
  std::byte byte;
  const auto waits_at = [&](std::uint64_t at) {
    return read_cached(descriptor, at, {&byte, 1}).failure == EAGAIN;
  };
  if (size == 0) return true;
  const auto counted = ask_cache(descriptor, position, size);
  for (std::uint64_t passed = 0; !counted && passed < size; passed += step) {
    if (waits_at(position + passed)) return false;
  }
  return counted.value_or(true) && !waits_at(position + size - 1);
}

/// Has a stretch of a file read into the page cache, and waits for it. 0, or an errno.
int load(int descriptor, std::uint64_t position, std::uint64_t size) {
  std::array<std::byte, 64 * 1024> scratch;
  while (size > 0) {
    const auto part = MutableByteView(scratch).first(std::min<std::uint64_t>(size, scratch.size()));
    const auto outcome = read_all(descriptor, position, part);
    if (outcome.failure != 0) return outcome.failure;
    if (outcome.size < part.size()) break;
    position += part.size();
    size -= part.size();
  }
  return 0;
}

Task<> close_on_worker(int descriptor) {
  co_await offload([descriptor] { ::close(descriptor); });
}

/// Truncated to its own size, a file loses what lies reserved behind that. Best effort.
void free_reserve(int descriptor) {
  struct stat status{};
  if (::fstat(descriptor, &status) == 0) (void)::ftruncate(descriptor, status.st_size);
}

/// Has a worker write a stretch back; it counts as unflushed until that is done. A hint: what goes
/// wrong with the data, sync will report.
Task<> flush(int descriptor, UnflushedRange range) {
  co_await offload([descriptor, begin = range.begin(), size = range.size()] {
    write_stretch_back(descriptor, begin, size);
  });
}

/// Reserves the first piece of a stretch behind the end of a file, unless the whole would take too
/// much of what is free.
bool reserve_piece(int descriptor, std::uint64_t from, std::uint64_t to) {
  struct statvfs status{};
  if (::fstatvfs(descriptor, &status) != 0) return false;
  const auto free = std::uint64_t{status.f_bavail} * status.f_frsize;
  const auto size = std::min(to - from, RealFile::reserve_piece_bytes);
  return (to - from) <= free / RealFile::free_part_reserved &&
         ::fallocate(descriptor, FALLOC_FL_KEEP_SIZE, static_cast<off_t>(from),
                     static_cast<off_t>(size)) == 0;
}

}  // namespace

Error file_error(int number) {
  switch (number) {
    case ENOSPC:
    case EDQUOT:
      return Error::no_space;
    case EMFILE:
    case ENFILE:
      return Error::too_many_open_files;
    case EACCES:
    case EPERM:
    case EROFS:
      return Error::permission_denied;
    case ENOENT:
    case ENOTDIR:
      return Error::file_not_found;
    case EEXIST:
    case ENOTEMPTY:
      return Error::file_exists;
    case EOPNOTSUPP:
    case ENOSYS:
      return Error::operation_unsupported;
    default:
      return Error::io_error;
  }
}

Error report_file_error(std::string_view what, const std::string& path, int number) {
  const auto error = file_error(number);
  if (error != Error::file_not_found && error != Error::file_exists) {
    const char* const reason = ::strerrordesc_np(number);
    base::log_error("cannot {} {}: {}", what, path, reason ? reason : "unknown reason");
  }
  return error;
}

RealFile::~RealFile() {
  struct stat status{};
  const bool is_slow = ::fstat(descriptor_, &status) == 0 && status.st_nlink == 0 &&
                       static_cast<std::uint64_t>(status.st_blocks) * 512 >= slow_close_bytes;
  auto* const shard = Shard::current_or_null();
  if (is_slow && shard != nullptr) {
    shard->services().spawn(close_on_worker(descriptor_));
  } else {
    ::close(descriptor_);
  }
}

Task<Result<std::size_t>> RealFile::read(std::uint64_t position, MutableByteView into) {
  auto outcome = read_cached(descriptor_, position, into);
  if (outcome.failure != 0 || outcome.size < into.size()) {
    // Cold, at its end, or of a file system that does not tell: some kernels took the first for the
    // second.
    const auto rest = into.subspan(outcome.size);
    const auto from = position + outcome.size;
    const auto self = shared_from_this();
    const auto end = size();
    if (!end) co_return fail(end);
    if (outcome.failure == EAGAIN || (outcome.failure == 0 && from < *end)) {
      const auto fd = descriptor_;
      const auto more = co_await offload([=] { return read_all(fd, from, rest); });
      outcome = {outcome.size + more.size, more.failure};
    } else if (outcome.failure == EOPNOTSUPP) {
      const auto more = read_all(descriptor_, from, rest);
      outcome = {outcome.size + more.size, more.failure};
    }
  }
  if (outcome.failure != 0) co_return fail(report_file_error("read", path_, outcome.failure));
  co_return outcome.size;
}

Task<Result<>> RealFile::write_at(std::uint64_t position, std::span<const ByteView> pieces) {
  // While space is being reserved the file is locked.
  const bool waits = reserve_runs_ || Shard::current().clock().monotonic() < slow_until_;
  if (!waits) co_return write_here(position, pieces);
  const auto self = shared_from_this();
  const auto fd = descriptor_;
  const auto failure = co_await offload([=] { return write_all(fd, position, pieces); });
  co_return wrote(position, total_size(pieces), failure);
}

/// On the shard; finds out whether that was a good idea.
Result<> RealFile::write_here(std::uint64_t position, std::span<const ByteView> pieces) {
  const auto& clock = Shard::current().clock();
  const auto size = total_size(pieces);
  const auto start = clock.monotonic();
  const bool is_watched = size >= watched_write_bytes || start < watched_until_;
  const auto blocked = is_watched ? clock.blocked() : Duration{};
  const auto failure = write_all(descriptor_, position, pieces);
  const auto end = clock.monotonic();
  if (end - start > long_write) {
    watched_until_ = end + slow_time;
    if (is_watched) note_blocked(clock.blocked() - blocked, end);
  }
  return wrote(position, size, failure);
}

void RealFile::note_blocked(Duration blocked, Duration now) {
  const auto made_up = Duration{(now - blocked_at_).microseconds / recovery_factor};
  blocked_ = blocked + (blocked_ > made_up ? blocked_ - made_up : Duration{});
  blocked_at_ = now;
  if (blocked_ > blocked_max) slow_until_ = now + slow_time;
}

/// Keeps the books after a write.
Result<> RealFile::wrote(std::uint64_t position, std::uint64_t size, int failure) {
  if (failure != 0) {
    const auto error =
        failing_ ? file_error(failure) : report_file_error("write to", path_, failure);
    failing_ = true;
    return fail(error);
  }
  failing_ = false;
  unflushed_.add(Shard::current().unflushed(), position, position + size);
  write_back_if_due();
  reserve_ahead(position + size);
  return {};
}

void RealFile::reserve_ahead(std::uint64_t end) {
  const auto to = std::min(expected_size_, end * reserve_factor);
  if (end < reserve_from || end + reserve_margin <= reserved_ || to <= reserved_ || to <= end ||
      reserve_runs_) {
    return;
  }
  reserve_runs_ = true;
  Shard::current().services().spawn(reserve(shared_from_this(), end, to));
}

Task<> RealFile::reserve(std::shared_ptr<RealFile> file, std::uint64_t from, std::uint64_t to) {
  const auto& clock = Shard::current().clock();
  bool reserved = true;
  for (auto at = from; reserved && at < to && !file->is_complete_; at += reserve_piece_bytes) {
    const auto start = clock.monotonic();
    reserved = co_await offload([=, fd = file->descriptor_] { return reserve_piece(fd, at, to); });
    reserved &= clock.monotonic() - start <= reserve_patience;
  }
  // Whether it can't or should not be done: it is not tried again.
  file->reserved_ = reserved ? to : std::numeric_limits<std::uint64_t>::max() - reserve_margin;
  file->reserve_runs_ = false;
  if (file->is_complete_) co_await file->give_back();  // it came too late
}

Task<> RealFile::give_back() {
  is_complete_ = true;
  if (reserved_ == 0) co_return;
  const auto self = shared_from_this();
  co_await offload([fd = descriptor_] { free_reserve(fd); });
}

void RealFile::write_back_if_due() {
  const auto& shard = Shard::current().unflushed();
  if (!shard->is_over_budget() || shard->writeback_runs) return;
  auto range = next_writeback();
  if (range.size() == 0) return;
  shard->writeback_runs = true;
  Shard::current().services().spawn(write_back(shared_from_this(), shard, std::move(range)));
}

/// The oldest bytes; none if those of the file are too few.
UnflushedRange RealFile::next_writeback() {
  if (unflushed_.size() < writeback_bytes + writeback_tail) return {};
  return unflushed_.take_first(writeback_bytes);
}

/// One piece after the other: what else needs the disk meanwhile waits for one at most.
Task<> RealFile::write_back(std::shared_ptr<RealFile> file, std::shared_ptr<UnflushedBytes> shard,
                            UnflushedRange range) {
  while (range.size() > 0) {
    co_await flush(file->descriptor_, std::move(range));
    range = shard->is_over_budget() ? file->next_writeback() : UnflushedRange{};
  }
  shard->writeback_runs = false;
}

/// Runs one system call on a worker; it gives -1 and errno when it fails.
Task<Result<>> RealFile::change(std::string_view what,
                                int (*call)(int descriptor, std::uint64_t argument),
                                std::uint64_t argument) {
  const auto self = shared_from_this();
  const auto failure = co_await offload([=, fd = descriptor_] {
    auto result = call(fd, argument);
    while (result != 0 && errno == EINTR) result = call(fd, argument);
    return result == 0 ? 0 : errno;
  });
  if (failure != 0) co_return fail(report_file_error(what, path_, failure));
  co_return Result<>{};
}

Task<Result<>> RealFile::bring_in(std::uint64_t position, std::uint64_t size) {
  if (is_cached(descriptor_, position, size)) co_return Result<>{};
  const auto self = shared_from_this();
  const auto failure = co_await offload([=, fd = descriptor_] { return load(fd, position, size); });
  if (failure != 0) co_return fail(report_file_error("read", path_, failure));
  co_return Result<>{};
}

Task<Result<>> RealFile::truncate(std::uint64_t size) {
  const auto self = shared_from_this();
  const auto truncated = co_await change(
      "truncate",
      [](int fd, std::uint64_t argument) { return ::ftruncate(fd, static_cast<off_t>(argument)); },
      size);
  if (truncated) unflushed_.cut(size);
  co_return truncated;
}

Task<Result<>> RealFile::sync() {
  const auto self = shared_from_this();
  auto range = std::move(unflushed_);  // what is written from now on may come too late for it
  while (range.size() > writeback_bytes) {
    co_await flush(descriptor_, range.take_first(writeback_bytes));
  }
  // Never twice: after a failure the kernel has forgotten what it could not write.
  const auto synced =
      co_await change("sync", [](int fd, std::uint64_t) { return ::fdatasync(fd); }, 0);
  if (!synced) unflushed_.add(std::move(range));
  co_return synced;
}

Task<Result<>> RealFile::preallocate(std::uint64_t size) {
  return change(
      "reserve space for",
      [](int fd, std::uint64_t argument) {
        if (argument == 0) return 0;  // which the kernel would call invalid
        return ::fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(argument));
      },
      size);
}

Result<std::uint64_t> RealFile::size() {
  struct stat status{};
  if (::fstat(descriptor_, &status) != 0) return fail(report_file_error("inspect", path_, errno));
  return static_cast<std::uint64_t>(status.st_size);
}

}  // namespace iggy::runtime
