// The data directory: taken, checked, and emptied where it has to be.
#pragma once

#include <memory>
#include <string>

#include "runtime/disk.hpp"
#include "runtime/task.hpp"

namespace iggy::server {

using runtime::Task;

struct DataDirectoryOptions {
  std::string path;
  std::string runtime_path;  // below it; emptied at each start
  bool fresh = false;        // delete what is there first
};

/// Makes the directory, locks it for this process, checks its format, and prepares what is below
/// it. Hold the lock as long as anything uses the directory. Every failure has its log line.
/// Errors: file_locked (another server uses it), unsupported_format (a newer server wrote it),
/// those of the disk.
Task<Result<std::unique_ptr<runtime::DirectoryLock>>> take_data_directory(
    runtime::Disk& disk, DataDirectoryOptions options);

}  // namespace iggy::server
