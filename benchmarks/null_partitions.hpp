// The partitions of the null server: one file each, appended to and read as it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "wire/messages.hpp"

namespace iggy::benchmarks {

/// A range of a partition's file that holds whole messages.
struct Slice {
  std::uint64_t position = 0;
  std::uint64_t size = 0;
  std::uint32_t count = 0;
  std::uint64_t current_offset = 0;
};

/// A file of messages that all have the size of the first one, so that offsets give positions.
class NullPartition {
 public:
  explicit NullPartition(int file) : file_(file) {}

  /// Appends the messages as they came. False if they have another size than those before, or the
  /// disk refuses them.
  bool append(base::ByteView messages, std::uint32_t count);
  [[nodiscard]] Slice find(const wire::PollingStrategy& from, std::uint32_t count) const;
  [[nodiscard]] int file() const { return file_; }

 private:
  int file_;
  mutable std::mutex mutex_;
  std::uint64_t message_size_ = 0;
  std::uint64_t size_ = 0;
};

/// All partitions. They are made when something is sent to them.
class NullPartitions {
 public:
  explicit NullPartitions(std::string directory) : directory_(std::move(directory)) {}

  /// `key` is whatever tells partitions apart. Null if the file cannot be made.
  NullPartition* find(std::string_view key);

 private:
  std::string directory_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::unique_ptr<NullPartition>> partitions_;
};

}  // namespace iggy::benchmarks
