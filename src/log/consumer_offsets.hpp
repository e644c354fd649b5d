// The consumer offsets of one partition, and the file that keeps them.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/ids.hpp"
#include "log/log_store.hpp"

namespace iggy::log {

enum class ConsumerKind : std::uint8_t { consumer = 1, group = 2 };

/// Named and numbered consumers share one number space.
struct ConsumerKey {
  ConsumerKind kind{};
  std::uint32_t id{};
  auto operator<=>(const ConsumerKey&) const = default;
};

/// Offsets of the last processed messages. 24-byte records {checksum, id, kind, operation, offset}
/// are appended in place before a change is acknowledged, synced at checkpoints, and rewritten when
/// more than half is dead. A torn tail is cut at open. Belongs to one shard.
class ConsumerOffsets {
 public:
  static constexpr std::size_t keys_max = 100'000;

  /// `directory` is that of the partition; the file is made with the first offset. An offset beyond
  /// `end_offset` is reduced to the last message, or dropped if there is none, with a warning.
  static Task<Result<std::unique_ptr<ConsumerOffsets>>> open(LogStore& store, std::string directory,
                                                             std::uint64_t end_offset);
  ~ConsumerOffsets();

  [[nodiscard]] std::optional<std::uint64_t> get(ConsumerKey key) const;
  /// Errors: limit_reached, no_space, cannot_write_to_file: the old offset stays.
  Task<Result<>> store(ConsumerKey key, std::uint64_t offset);
  /// Errors: consumer_offset_not_found; as `store`.
  Task<Result<>> remove(ConsumerKey key);
  /// Brings all changes to the disk.
  Task<Result<>> sync();
  [[nodiscard]] bool is_dirty() const;
  Task<> close();

  [[nodiscard]] std::optional<std::uint64_t> lowest() const;
  [[nodiscard]] std::size_t size() const;

 private:
  struct State;
  explicit ConsumerOffsets(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace iggy::log
