// What the partition logs of one shard use together: disk, settings, memory for indexes, open
// files.
#pragma once

#include "log/partition_log.hpp"

namespace iggy::log {

class LogStore {
 public:
  LogStore(runtime::Disk& disk, LogSettings settings);
  ~LogStore();
  LogStore(const LogStore&) = delete;
  LogStore& operator=(const LogStore&) = delete;

  [[nodiscard]] runtime::Disk& disk() { return disk_; }
  [[nodiscard]] const LogSettings& settings() const { return settings_; }

 private:
  runtime::Disk& disk_;
  LogSettings settings_;
};

}  // namespace iggy::log
