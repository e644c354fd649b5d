// The file system of the machine.
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "runtime/disk.hpp"
#include "runtime/real_file.hpp"
#include "runtime/shard.hpp"
#include "runtime/timer.hpp"
#include "runtime/workers.hpp"

namespace iggy::runtime {
namespace {

constexpr mode_t directory_mode = 0750;
constexpr mode_t file_mode = 0640;
constexpr auto lock_patience = Duration::seconds(2);
constexpr auto lock_pause = Duration::milliseconds(20);

/// Closes a descriptor at the end of the block.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  [[nodiscard]] int number() const { return number_; }
  int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

int open_descriptor(const std::string& path, int flags) {
  int number = -1;
  do {
    number = ::open(path.c_str(), flags | O_CLOEXEC, file_mode);
  } while (number < 0 && errno == EINTR);
  return number;
}

int open_flags(OpenMode mode) {
  switch (mode) {
    case OpenMode::read:
      return O_RDONLY;
    case OpenMode::read_write:
      return O_RDWR;
    case OpenMode::create:
      return O_RDWR | O_CREAT;
    case OpenMode::create_new:
      return O_RDWR | O_CREAT | O_EXCL;
  }
  std::unreachable();
}

// What runs on the workers

Result<> sync_names(const std::string& path) {
  const Descriptor directory(open_descriptor(path, O_RDONLY | O_DIRECTORY));
  if (directory.number() < 0) return fail(report_file_error("open directory", path, errno));
  // Some file systems know no sync of a directory; then there is nothing that could be done.
  if (::fsync(directory.number()) != 0 && errno != EINVAL) {
    return fail(report_file_error("sync directory", path, errno));
  }
  return {};
}

Result<bool> is_directory(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return fail(report_file_error("inspect", path, errno));
  return S_ISDIR(status.st_mode);
}

int make_one_directory(const std::string& path) {
  return ::mkdir(path.c_str(), directory_mode) == 0 ? 0 : errno;
}

Result<> make_directory_tree(const std::string& path) {
  const auto parent = parent_path(path);
  auto failure = make_one_directory(path);
  if (failure == ENOENT && parent != path && parent != ".") {
    if (const auto made = make_directory_tree(parent); !made) return made;
    failure = make_one_directory(path);
  }
  if (failure == 0) {
    const auto synced = sync_names(parent);
    // Found there by the next attempt, it would pass for one that is on the disk.
    if (!synced) ::rmdir(path.c_str());
    return synced;
  }
  if (failure == ENOTDIR) return fail(Error::file_exists);  // a file is in the way
  if (failure != EEXIST) return fail(report_file_error("make directory", path, failure));
  const auto is_there = is_directory(path);
  if (!is_there) return fail(is_there);
  if (!*is_there) return fail(Error::file_exists);
  // Whoever made it has put nothing into it before its name was on the disk. While it is empty,
  // that may have been a process that died before.
  std::error_code error;
  const bool is_known_to_hold_something = !std::filesystem::is_empty(path, error) && !error;
  return is_known_to_hold_something ? Result<>{} : sync_names(parent);
}

Result<> remove_tree(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (!error || error == std::errc::no_such_file_or_directory ||
      error == std::errc::not_a_directory) {
    return {};
  }
  return fail(report_file_error("remove", path, error.value()));
}

Result<std::vector<DirectoryEntry>> entries(const std::string& path) {
  std::error_code error;
  std::vector<DirectoryEntry> found;
  for (std::filesystem::directory_iterator next(path, error), end; !error && next != end;
       next.increment(error)) {
    std::error_code ignored;  // a link that leads nowhere is no directory
    found.push_back({next->path().filename().string(), next->is_directory(ignored)});
  }
  if (error) return fail(report_file_error("list", path, error.value()));
  std::ranges::sort(found, {}, &DirectoryEntry::name);
  return found;
}

Result<DiskSpace> free_space(const std::string& path) {
  struct statvfs status{};
  if (::statvfs(path.c_str(), &status) != 0) {
    return fail(report_file_error("ask for the space at", path, errno));
  }
  return DiskSpace{.free_bytes = std::uint64_t{status.f_bavail} * status.f_frsize,
                   .total_bytes = std::uint64_t{status.f_blocks} * status.f_frsize};
}

class RealLock final : public DirectoryLock {
 public:
  explicit RealLock(int descriptor) : descriptor_(descriptor) {}

 private:
  Descriptor descriptor_;  // the lock goes with it
};

class RealDisk final : public Disk {
 public:
  Task<Result<FileHandle>> open(std::string path, OpenMode mode) override;
  Task<Result<>> make_directories(std::string path) override;
  Task<Result<>> rename(std::string from, std::string to) override;
  Task<Result<>> unlink(std::string path) override;
  Task<Result<>> remove_all(std::string path) override;
  Task<Result<>> sync_directory(std::string path) override;
  Task<Result<std::vector<DirectoryEntry>>> list(std::string path) override;
  Task<Result<bool>> exists(std::string path) override;
  Task<Result<DiskSpace>> space(std::string path) override;
  Task<Result<std::unique_ptr<DirectoryLock>>> lock(std::string path) override;
};

Task<Result<FileHandle>> RealDisk::open(std::string path, OpenMode mode) {
  Descriptor descriptor(open_descriptor(path, open_flags(mode)));
  if (descriptor.number() < 0) co_return fail(report_file_error("open", path, errno));
  struct stat status{};
  if (::fstat(descriptor.number(), &status) != 0 || S_ISDIR(status.st_mode)) {
    co_return fail(report_file_error("open", path, EISDIR));
  }
  co_return std::make_shared<RealFile>(descriptor.release(), std::move(path));
}

Task<Result<>> RealDisk::make_directories(std::string path) {
  co_return co_await offload([&] { return make_directory_tree(path); });
}

Task<Result<>> RealDisk::rename(std::string from, std::string to) {
  co_return co_await offload([&]() -> Result<> {
    if (::rename(from.c_str(), to.c_str()) == 0) return {};
    return fail(report_file_error("rename", from, errno));
  });
}

Task<Result<>> RealDisk::unlink(std::string path) {
  co_return co_await offload([&]() -> Result<> {
    if (::unlink(path.c_str()) == 0) return {};
    return fail(report_file_error("unlink", path, errno));
  });
}

Task<Result<>> RealDisk::remove_all(std::string path) {
  co_return co_await offload([&] { return remove_tree(path); });
}

Task<Result<>> RealDisk::sync_directory(std::string path) {
  co_return co_await offload([&] { return sync_names(path); });
}

Task<Result<std::vector<DirectoryEntry>>> RealDisk::list(std::string path) {
  co_return co_await offload([&] { return entries(path); });
}

Task<Result<bool>> RealDisk::exists(std::string path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) == 0) co_return true;
  const auto error = report_file_error("inspect", path, errno);
  if (error == Error::file_not_found) co_return false;
  co_return fail(error);
}

Task<Result<DiskSpace>> RealDisk::space(std::string path) {
  co_return co_await offload([&] { return free_space(path); });
}

Task<Result<std::unique_ptr<DirectoryLock>>> RealDisk::lock(std::string path) {
  Descriptor descriptor(open_descriptor(path, O_RDWR | O_CREAT));
  if (descriptor.number() < 0) co_return fail(report_file_error("open", path, errno));
  auto& clock = Shard::current().clock();
  const auto deadline = clock.monotonic() + lock_patience;
  while (::flock(descriptor.number(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) co_return fail(report_file_error("lock", path, errno));
    if (clock.monotonic() >= deadline) co_return fail(Error::file_locked);
    if (const auto slept = co_await sleep(lock_pause); !slept) co_return fail(slept);
  }
  co_return std::make_unique<RealLock>(descriptor.release());
}

}  // namespace

std::unique_ptr<Disk> make_real_disk() { return std::make_unique<RealDisk>(); }

}  // namespace iggy::runtime
