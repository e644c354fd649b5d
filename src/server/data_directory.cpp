// The data directory.
#include "server/data_directory.hpp"

#include <charconv>
#include <string_view>

#include "base/error_table.hpp"
#include "base/logging.hpp"

namespace iggy::server {
namespace {

constexpr std::string_view lock_name = "lock";
constexpr std::string_view format_name = "format";
constexpr std::string_view format_prefix = "iggy data directory, format ";
constexpr std::uint32_t format_version = 1;
constexpr std::uint64_t format_size_max = 256;

template <class T>
std::unexpected<Error> tell(const Result<T>& failed, std::string_view what, std::string_view path) {
  base::log_error("cannot {} {}: {}", what, path, base::describe(failed.error()).text);
  return fail(failed);
}

/// Removes all that is in the directory but `kept`. Errors: those of the first that can't be
/// removed.
Task<Result<>> empty(runtime::Disk& disk, std::string path, std::string_view kept) {
  const auto entries = co_await disk.list(path);
  if (!entries) co_return tell(entries, "list", path);
  for (const auto& entry : *entries) {
    if (entry.name == kept) continue;
    const auto inside = runtime::join_path(path, entry.name);
    Result<> removed;
    if (entry.is_directory) {
      removed = co_await disk.remove_all(inside);
    } else {
      removed = co_await disk.unlink(inside);
    }
    if (!removed) co_return tell(removed, "delete", inside);
  }
  co_return Result<>{};
}

/// A failure is only a warning: the start goes on with what is left.
Task<> start_fresh(runtime::Disk& disk, std::string path) {
  base::log_warning("--fresh: deleting everything in {}", path);
  if (const auto emptied = co_await empty(disk, path, lock_name); !emptied) {
    base::log_warning("{} could not be emptied; going on with what is left", path);
  }
}

/// Empties the runtime directory in place: making it anew would cost the start a sync.
Task<Result<>> prepare_runtime(runtime::Disk& disk, std::string path) {
  const auto exists = co_await disk.exists(path);
  if (!exists) co_return tell(exists, "look for", path);
  if (*exists) co_return co_await empty(disk, path, {});
  if (const auto made = co_await disk.make_directories(path); !made) {
    co_return tell(made, "make", path);
  }
  co_return Result<>{};
}

std::optional<std::uint32_t> version_in(std::string_view text) {
  if (!text.starts_with(format_prefix)) return std::nullopt;
  text.remove_prefix(format_prefix.size());
  std::uint32_t version{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (error != std::errc{} || std::string_view(end, text.data() + text.size()) != "\n") {
    return std::nullopt;
  }
  return version;
}

/// Reads the format of the directory, or writes it into a new one.
Task<Result<>> check_format(runtime::Disk& disk, std::string directory) {
  const auto path = runtime::join_path(directory, format_name);
  const auto bytes = co_await runtime::read_file(disk, path, format_size_max);
  if (!bytes && bytes.error() == Error::file_not_found) {
    const auto text = fmt::format("{}{}\n", format_prefix, format_version);
    const auto written = co_await runtime::write_file(disk, path, base::as_bytes(text));
    if (!written) co_return tell(written, "write", path);
    co_return Result<>{};
  }
  if (!bytes) co_return tell(bytes, "read", path);

  const auto version = version_in(base::as_text(*bytes));
  if (!version || *version > format_version) {
    base::log_error(
        "{} does not name format {} or an older one: a newer server wrote this directory, or it is "
        "not one of ours; start the newer server, or choose another system.path",
        path, format_version);
    co_return fail(Error::unsupported_format);
  }
  co_return Result<>{};
}

}  // namespace

Task<Result<std::unique_ptr<runtime::DirectoryLock>>> take_data_directory(
    runtime::Disk& disk, DataDirectoryOptions options) {
  if (const auto made = co_await disk.make_directories(options.path); !made) {
    co_return tell(made, "make the data directory", options.path);
  }
  auto lock = co_await disk.lock(runtime::join_path(options.path, lock_name));
  if (!lock && lock.error() == Error::file_locked) {
    base::log_error(
        "system.path = {} is in use by another server: stop it, or choose another directory",
        options.path);
    co_return fail(lock);
  }
  if (!lock) co_return tell(lock, "lock the data directory", options.path);

  if (options.fresh) co_await start_fresh(disk, options.path);
  if (const auto checked = co_await check_format(disk, options.path); !checked) {
    co_return fail(checked);
  }
  const auto runtime_path = runtime::join_path(options.path, options.runtime_path);
  if (const auto prepared = co_await prepare_runtime(disk, runtime_path); !prepared) {
    co_return fail(prepared);
  }
  co_return std::move(*lock);
}

}  // namespace iggy::server
