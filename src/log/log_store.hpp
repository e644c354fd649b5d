// What the partition logs of one shard use together: disk, settings, memory for indexes, open
// files.
#pragma once

#include <memory>

#include "log/partition_log.hpp"

namespace iggy::log {

class IndexCache;
class OpenFiles;
class RandomIds;

class LogStore {
 public:
  LogStore(runtime::Disk& disk, LogSettings settings);
  ~LogStore();
  LogStore(const LogStore&) = delete;
  LogStore& operator=(const LogStore&) = delete;

  [[nodiscard]] runtime::Disk& disk() { return disk_; }
  [[nodiscard]] const LogSettings& settings() const { return settings_; }

  // For the logs

  [[nodiscard]] IndexCache& indexes() { return *indexes_; }
  [[nodiscard]] OpenFiles& files() { return *files_; }
  [[nodiscard]] RandomIds& ids() { return *ids_; }
  /// Index entries of active segments that are in memory alone.
  [[nodiscard]] std::uint64_t& unwritten_entries() { return unwritten_entries_; }

 private:
  runtime::Disk& disk_;
  LogSettings settings_;
  std::unique_ptr<IndexCache> indexes_;
  std::unique_ptr<OpenFiles> files_;
  std::unique_ptr<RandomIds> ids_;
  std::uint64_t unwritten_entries_ = 0;
};

}  // namespace iggy::log
