// Files of messages: see the header.
#include "benchmarks/null_partitions.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

namespace iggy::benchmarks {

namespace {

std::uint64_t first_offset(const wire::PollingStrategy& from, std::uint64_t end,
                           std::uint32_t count) {
  switch (from.kind) {
    case wire::PollingKind::offset:
      return std::min(from.value, end);
    case wire::PollingKind::last:
      return end - std::min<std::uint64_t>(count, end);
    default:
      return 0;
  }
}

}  // namespace

bool NullPartition::append(base::ByteView messages, std::uint32_t count) {
  if (count == 0 || messages.size() % count != 0) return false;
  const std::lock_guard lock(mutex_);
  if (message_size_ == 0) message_size_ = messages.size() / count;
  if (messages.size() != message_size_ * count) return false;

  const auto written = ::pwrite(file_, messages.data(), messages.size(), static_cast<off_t>(size_));
  if (written != static_cast<ssize_t>(messages.size())) return false;
  size_ += messages.size();
  return true;
}

Slice NullPartition::find(const wire::PollingStrategy& from, std::uint32_t count) const {
  const std::lock_guard lock(mutex_);
  if (size_ == 0) return {};
  const auto end = size_ / message_size_;
  const auto first = first_offset(from, end, count);
  const auto found = std::min<std::uint64_t>(count, end - first);
  return {.position = first * message_size_,
          .size = found * message_size_,
          .count = static_cast<std::uint32_t>(found),
          .current_offset = end - 1};
}

NullPartition* NullPartitions::find(std::string_view key) {
  const std::lock_guard lock(mutex_);
  auto& partition = partitions_[std::string(key)];
  if (!partition) {
    const auto path = fmt::format("{}/{}.log", directory_, partitions_.size() - 1);
    const auto file = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0) return nullptr;
    partition = std::make_unique<NullPartition>(file);
  }
  return partition.get();
}

}  // namespace iggy::benchmarks
