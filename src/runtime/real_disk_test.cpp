// Tests of the file system of the machine: its refusals, and what runs beside the shard.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/disk.hpp"
#include "runtime/reactor.hpp"
#include "runtime/real_file.hpp"
#include "runtime/shard.hpp"
#include "runtime/task_group.hpp"
#include "runtime/temporary_directory_testing.hpp"
#include "runtime/testing.hpp"
#include "runtime/timer.hpp"
#include "runtime/workers.hpp"

namespace iggy::runtime {
namespace {

class RealDisk : public TemporaryDirectoryTest {
 protected:
  ~RealDisk() override { ::umount2(root.c_str(), MNT_DETACH); }  // if a test mounted something

  [[nodiscard]] std::string in_root(std::string_view name) const { return join_path(root, name); }
  FileHandle open(const std::string& path, OpenMode mode = OpenMode::create) {
    return run(disk->open(path, mode)).value();
  }

  std::unique_ptr<Disk> disk = make_real_disk();
};

Result<> write(const FileHandle& file, std::uint64_t position, ByteView bytes) {
  const std::array pieces{bytes};
  return run(file->write_at(position, pieces));
}

mode_t mode_of(const std::string& path) {
  struct stat status{};
  EXPECT_EQ(::stat(path.c_str(), &status), 0);
  return status.st_mode & 07777;
}

// Refusals

TEST_F(RealDisk, says_that_a_device_is_full) {
  const auto file = open("/dev/full", OpenMode::read_write);

  EXPECT_EQ(write(file, 0, base::Bytes(10)), fail(Error::no_space));
  EXPECT_EQ(write(file, 0, base::Bytes(10)), fail(Error::no_space));
}

TEST_F(RealDisk, fills_a_file_system_to_the_last_byte_and_goes_on_when_there_is_room) {
  if (::mount("none", root.c_str(), "tmpfs", 0, "size=1m") != 0) {
    GTEST_SKIP() << "mounting is not permitted";
  }
  const auto file = open(in_root("file"));

  EXPECT_EQ(write(file, 0, base::Bytes(2 << 20, std::byte{1})), fail(Error::no_space));
  EXPECT_EQ(file->size(), 1 << 20);
  EXPECT_EQ(run(disk->space(root)).value().free_bytes, 0);
  EXPECT_EQ(run(file->preallocate(2 << 20)), fail(Error::no_space));

  EXPECT_TRUE(run(file->truncate(0)));
  EXPECT_TRUE(write(file, 0, base::Bytes(1 << 19, std::byte{2})));
}

TEST_F(RealDisk, says_that_no_more_files_can_be_opened) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  open(in_root("file"));
  // A first failure while there are descriptors: what sanitizers look up for it they remember.
  EXPECT_FALSE(run(disk->open(root, OpenMode::read_write)));
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);

  const auto opened = run(disk->open(in_root("file"), OpenMode::read));
  ::setrlimit(RLIMIT_NOFILE, &before);

  EXPECT_EQ(opened.error(), Error::too_many_open_files);
}

TEST_F(RealDisk, says_that_permission_is_missing) {
  if (::geteuid() == 0) {
    // Root may do anything, but not write to what the kernel shows.
    EXPECT_EQ(run(disk->make_directories("/proc/iggy")).error(), Error::file_not_found);
    EXPECT_EQ(run(disk->unlink("/proc/self/status")), fail(Error::permission_denied));
    return;
  }
  ASSERT_EQ(::chmod(root.c_str(), 0500), 0);
  EXPECT_EQ(run(disk->open(in_root("file"), OpenMode::create)).error(), Error::permission_denied);
  EXPECT_EQ(run(disk->make_directories(in_root("a"))), fail(Error::permission_denied));
  ASSERT_EQ(::chmod(root.c_str(), 0700), 0);
}

TEST(FileError, follows_from_errno) {
  EXPECT_EQ(file_error(ENOSPC), Error::no_space);
  EXPECT_EQ(file_error(EDQUOT), Error::no_space);
  EXPECT_EQ(file_error(EIO), Error::io_error);
  EXPECT_EQ(file_error(EMFILE), Error::too_many_open_files);
  EXPECT_EQ(file_error(ENFILE), Error::too_many_open_files);
  EXPECT_EQ(file_error(EACCES), Error::permission_denied);
  EXPECT_EQ(file_error(EPERM), Error::permission_denied);
  EXPECT_EQ(file_error(EROFS), Error::permission_denied);
  EXPECT_EQ(file_error(ENOENT), Error::file_not_found);
  EXPECT_EQ(file_error(ENOTDIR), Error::file_not_found);
  EXPECT_EQ(file_error(EEXIST), Error::file_exists);
  EXPECT_EQ(file_error(EOPNOTSUPP), Error::operation_unsupported);
  EXPECT_EQ(file_error(EFBIG), Error::io_error);
}

// What others may see

TEST_F(RealDisk, keeps_files_and_directories_from_strangers) {
  const auto before = ::umask(0);
  const auto file = open(in_root("file"));
  ASSERT_TRUE(run(disk->make_directories(in_root("a/b"))));
  ::umask(before);

  EXPECT_EQ(mode_of(in_root("file")), 0640);
  EXPECT_EQ(mode_of(in_root("a")), 0750);
  EXPECT_EQ(mode_of(in_root("a/b")), 0750);
  EXPECT_EQ(::fcntl(file->descriptor(), F_GETFD), FD_CLOEXEC);
}

TEST_F(RealDisk, gets_a_lock_when_the_process_that_held_it_dies) {
  const auto path = in_root("lock");
  std::array<int, 2> locked{};
  ASSERT_EQ(::pipe(locked.data()), 0);
  const auto child = ::fork();
  if (child == 0) {
    const auto fd = ::open(path.c_str(), O_RDWR | O_CREAT, 0640);
    const auto done = ::flock(fd, LOCK_EX) == 0 ? 'y' : 'n';
    (void)!::write(locked[1], &done, 1);
    ::pause();
    ::_exit(0);
  }
  char answer = 0;
  ASSERT_EQ(::read(locked[0], &answer, 1), 1);
  ASSERT_EQ(answer, 'y');

  EXPECT_EQ(run(disk->lock(path)).error(), Error::file_locked);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(run(disk->lock(path)));

  ::close(locked[0]);
  ::close(locked[1]);
}

Task<> release_later(std::unique_ptr<DirectoryLock> lock) {
  (void)co_await sleep(Duration::milliseconds(1500));
  lock.reset();
}

TEST_F(RealDisk, waits_for_a_lock_whose_holder_is_ending) {
  TestShard shard;
  auto held = shard.run(disk->lock(in_root("lock"))).value();
  shard.group().spawn(release_later(std::move(held)));

  EXPECT_TRUE(shard.run(disk->lock(in_root("lock"))));
}

// What runs beside the shard

Task<int> write_much(Disk& disk, std::string path) {
  const auto file = co_await disk.open(std::move(path), OpenMode::create);
  if (!file) co_return 1;
  for (std::uint8_t block = 0; block < 20; ++block) {
    const base::Bytes bytes(1 << 20, std::byte{block});
    const std::array<ByteView, 1> pieces{bytes};
    const auto written = co_await (*file)->write_at(std::uint64_t{block} << 20, pieces);
    if (!written) co_return 2;
  }
  co_return (*file)->size() == 20 << 20 ? 0 : 3;
}

TEST_F(RealDisk, writes_back_while_more_is_written) {
  EXPECT_EQ(run_real(1, [&] { return write_much(*disk, in_root("file")); }), 0);

  const auto bytes = run(read_file(*disk, in_root("file"), 20 << 20)).value();
  ASSERT_EQ(bytes.size(), 20 << 20);
  EXPECT_EQ(bytes[(8 << 20) - 1], std::byte{7});
  EXPECT_EQ(bytes[8 << 20], std::byte{8});
  EXPECT_EQ(bytes.back(), std::byte{19});
}

/// A clock by which every write takes its time, blocked or not.
class SlowClock final : public Clock {
 public:
  [[nodiscard]] Timestamp now() const override { return {}; }
  [[nodiscard]] Duration monotonic() const override {
    elapsed_ = elapsed_ + step;
    return elapsed_;
  }
  [[nodiscard]] Duration blocked() const override {
    return everything_blocks ? elapsed_ : Duration{};
  }
  void advance(Duration by) { elapsed_ = elapsed_ + by; }

  Duration step{};
  bool everything_blocks = true;

 private:
  mutable Duration elapsed_ = Duration::seconds(1);
};

Task<> write_one(FileHandle file, std::uint64_t position, bool& done) {
  static constexpr std::array bytes{std::byte{'x'}};
  const std::array<ByteView, 1> pieces{bytes};
  EXPECT_TRUE(co_await file->write_at(position, pieces));
  done = true;
}

class SlowWrites : public RealDisk {
 protected:
  /// Begins to write one byte; true if that was done in place.
  bool writes_in_place() {
    const CurrentShard current(shard);
    bool done = false;
    TaskGroup group;
    group.spawn(write_one(file, position++, done));
    const bool was_in_place = done;
    while (!done) shard.turn(Duration::seconds(1));
    return was_in_place;
  }

  FileHandle file = open(in_root("file"));
  std::uint64_t position = 0;
  SlowClock clock;
  SeededRandom random{1};
  Workers workers{1};
  Shard shard{{.reactor = make_reactor(Backend::epoll).value(),
               .clock = &clock,
               .random = &random,
               .workers = &workers}};
};

TEST_F(SlowWrites, go_on_beside_the_shard_for_a_second) {
  clock.step = Duration::milliseconds(30);
  EXPECT_TRUE(writes_in_place());  // long; from now on watched
  EXPECT_TRUE(writes_in_place());  // it is blocked
  EXPECT_FALSE(writes_in_place());
  clock.advance(Duration::seconds(1));
  EXPECT_TRUE(writes_in_place());

  EXPECT_EQ(file->size(), 4);
}

TEST_F(SlowWrites, stay_on_a_shard_that_is_blocked_now_and_then) {
  clock.step = Duration::milliseconds(5);

  for (int i = 0; i < 50; ++i) {
    EXPECT_TRUE(writes_in_place());
    clock.advance(Duration::milliseconds(300));
  }
  // Too often: five of them are more than is forgiven.
  int in_place = 0;
  while (in_place < 10 && writes_in_place()) ++in_place;
  EXPECT_GE(in_place, 3);
  EXPECT_LT(in_place, 10);
}

TEST_F(SlowWrites, stay_on_a_shard_that_only_lacks_the_cpu) {
  clock.step = Duration::milliseconds(30);
  clock.everything_blocks = false;

  for (int i = 0; i < 5; ++i) EXPECT_TRUE(writes_in_place());
}

std::uint64_t blocks_bytes(const FileHandle& file) {
  struct stat status{};
  EXPECT_EQ(::fstat(file->descriptor(), &status), 0);
  return static_cast<std::uint64_t>(status.st_blocks) * 512;
}

/// What is reserved, or given back, happens beside: true as soon as there are so many bytes.
template <class Condition>
Task<bool> wait_for_blocks(FileHandle file, Condition condition) {
  for (int i = 0; i < 1'000 && !condition(blocks_bytes(file)); ++i) {
    if (!co_await sleep(Duration::milliseconds(1))) co_return false;
  }
  co_return condition(blocks_bytes(file));
}

Task<int> grow(Disk& disk, std::string path) {
  const auto file = co_await disk.open(std::move(path), OpenMode::create);
  if (!file) co_return 1;
  (*file)->expect_size(32 << 20);
  const base::Bytes bytes(1 << 20, std::byte{1});
  const std::array<ByteView, 1> pieces{bytes};
  for (std::uint64_t i = 0; i < 4; ++i) {
    if (!co_await (*file)->write_at(i << 20, pieces)) co_return 2;
  }
  const bool was_reserved = co_await wait_for_blocks(
      *file, [](std::uint64_t size) { return size >= std::uint64_t{32} << 20; });
  if ((*file)->size() != 4 << 20) co_return 3;

  co_await (*file)->give_back();

  const bool was_freed = co_await wait_for_blocks(
      *file, [](std::uint64_t size) { return size < std::uint64_t{6} << 20; });
  if ((*file)->size() != 4 << 20) co_return 4;
  // File systems may refuse to reserve, or be too small.
  co_return !was_reserved || was_freed ? 0 : 5;
}

TEST_F(RealDisk, reserves_space_for_a_file_that_grows_and_gives_it_back) {
  EXPECT_EQ(run_real(1, [&] { return grow(*disk, in_root("file")); }), 0);
}

Task<int> drop_unlinked(Disk& disk, std::string path, int& descriptor) {
  {
    const auto file = co_await disk.open(path, OpenMode::create);
    if (!file) co_return 1;
    descriptor = (*file)->descriptor();
    const base::Bytes bytes(2 << 20, std::byte{1});
    const std::array<ByteView, 1> pieces{bytes};
    if (const auto written = co_await (*file)->write_at(0, pieces); !written) co_return 2;
    if (const auto gone = co_await disk.unlink(path); !gone) co_return 3;
  }
  co_return 0;
}

TEST_F(RealDisk, closes_a_large_unlinked_file_before_the_runtime_ends) {
  int descriptor = -1;

  EXPECT_EQ(run_real(1, [&] { return drop_unlinked(*disk, in_root("file"), descriptor); }), 0);

  EXPECT_EQ(::fcntl(descriptor, F_GETFD), -1);
}

Task<int> read_uncached(Disk& disk, std::string path) {
  const auto file = co_await disk.open(std::move(path), OpenMode::create);
  if (!file) co_return 1;
  const base::Bytes bytes(1 << 20, std::byte{5});
  const std::array<ByteView, 1> pieces{bytes};
  if (const auto written = co_await (*file)->write_at(0, pieces); !written) co_return 2;
  if (const auto synced = co_await (*file)->sync(); !synced) co_return 3;
  ::posix_fadvise((*file)->descriptor(), 0, 0, POSIX_FADV_DONTNEED);
  if (!co_await (*file)->bring_in(0, 1 << 20)) co_return 6;
  ::posix_fadvise((*file)->descriptor(), 0, 0, POSIX_FADV_DONTNEED);

  base::Bytes into(2 << 20);
  const auto read = co_await (*file)->read(0, into);
  if (!read) co_return 4;
  into.resize(*read);
  co_return into == bytes ? 0 : 5;
}

TEST_F(RealDisk, reads_what_is_not_in_memory) {
  EXPECT_EQ(run_real(1, [&] { return read_uncached(*disk, in_root("file")); }), 0);
}

}  // namespace
}  // namespace iggy::runtime
