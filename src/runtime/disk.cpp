// What is done the same way on every disk: paths, whole files.
#include "runtime/disk.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace iggy::runtime {
namespace {

/// Makes the file `path`, cut to nothing, with `bytes`, on the disk; its name is not yet.
Task<Result<>> write_synced(Disk& disk, std::string path, ByteView bytes) {
  const auto file = co_await disk.open(std::move(path), OpenMode::create);
  if (!file) co_return fail(file);
  // A crash may have left one.
  if (const auto cut = co_await (*file)->truncate(0); !cut) co_return fail(cut);
  const std::array pieces{bytes};
  if (const auto written = co_await (*file)->write_at(0, pieces); !written) {
    co_return fail(written);
  }
  co_return co_await (*file)->sync();
}

}  // namespace

Task<Result<base::Bytes>> read_file(Disk& disk, std::string path, std::uint64_t size_max) {
  const auto file = co_await disk.open(std::move(path), OpenMode::read);
  if (!file) co_return fail(file);
  const auto size = (*file)->size();
  if (!size) co_return fail(size);
  if (*size > size_max) co_return fail(Error::limit_reached);

  base::Bytes bytes(*size);
  const auto read = co_await (*file)->read(0, bytes);
  if (!read) co_return fail(read);
  bytes.resize(*read);  // it may have been cut meanwhile
  co_return bytes;
}

Task<Result<>> write_file(Disk& disk, std::string path, ByteView bytes) {
  const auto draft = path + ".new";
  auto done = co_await write_synced(disk, draft, bytes);
  if (done) done = co_await disk.rename(draft, path);
  if (!done) {
    // Best effort: the first failure is the one that counts.
    (void)co_await disk.unlink(draft);
    co_return done;
  }
  co_return co_await disk.sync_directory(parent_path(path));
}

std::string join_path(std::string_view directory, std::string_view name) {
  std::string path(directory);
  if (!path.empty() && path.back() != '/') path += '/';
  path += name;
  return path;
}

std::string parent_path(std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  const auto slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  path = path.substr(0, slash + 1);
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  return std::string(path);
}

}  // namespace iggy::runtime
