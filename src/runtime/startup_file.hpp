// What a program reads before it has shards: its environment and small files, plainly and at once.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "iggy/error.hpp"
#include "iggy/units.hpp"

namespace iggy::runtime {

/// Environment variables by name.
using Environment = std::map<std::string, std::string, std::less<>>;

/// The environment of this process, as it was started.
[[nodiscard]] Environment environment();

/// Reads a whole regular file of at most `size_max` bytes; blocks the thread.
/// Errors: file_not_found, permission_denied, limit_reached, operation_unsupported (no regular
/// file), io_error.
[[nodiscard]] Result<std::string> read_small_file(const std::string& path, std::uint64_t size_max);

/// The absolute path of the working directory; "." if the system does not say.
[[nodiscard]] std::string working_directory();

/// `path` in the working directory and in each directory above it, the nearest first; an absolute
/// path alone.
[[nodiscard]] std::vector<std::string> upward_paths(const std::string& path);

struct FileFacts {
  ByteSize size;
  Duration age;  // since the last change; zero if that lies in the future
};

/// Errors: file_not_found, permission_denied, io_error.
[[nodiscard]] Result<FileFacts> file_facts(const std::string& path);

/// Errors: file_not_found, permission_denied, io_error.
Result<> remove_file(const std::string& path);

}  // namespace iggy::runtime
