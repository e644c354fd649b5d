// What the partition logs of one shard use together: disk, settings, memory for indexes, open
// files.
#pragma once

#include <memory>

#include "log/partition_log.hpp"

namespace iggy::log {

class RandomIds;
class SegmentCache;

class LogStore {
 public:
  LogStore(runtime::Disk& disk, LogSettings settings);
  ~LogStore();
  LogStore(const LogStore&) = delete;
  LogStore& operator=(const LogStore&) = delete;

  [[nodiscard]] runtime::Disk& disk() { return disk_; }
  [[nodiscard]] const LogSettings& settings() const { return settings_; }

  // For the logs

  [[nodiscard]] SegmentCache& segments() { return *segments_; }
  [[nodiscard]] RandomIds& ids() { return *ids_; }

 private:
  runtime::Disk& disk_;
  LogSettings settings_;
  std::unique_ptr<SegmentCache> segments_;
  std::unique_ptr<RandomIds> ids_;
};

}  // namespace iggy::log
