// Appending: batches that arrive together are written together, one write after the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "log/append_queue.hpp"
#include "log/partition_state.hpp"
#include "log/record.hpp"
#include "runtime/task_group.hpp"

namespace iggy::log {

/// Writes a partition's batches. A *drain* is what one write takes out of the queue: all or none of
/// it is stored. One drain is in flight; what arrives meanwhile makes the next.
class Appender {
 public:
  static constexpr std::size_t drain_batches_max = 1000;  // below the kernel's limit of one writev
  static constexpr std::uint64_t drain_bytes_max = std::uint64_t{8} << 20;  // unless one is larger

  explicit Appender(PartitionState& state) : state_(state) {}

  Task<Result<Appended>> append(wire::Batch batch);

  /// Waits until nothing is queued or in flight.
  Task<> finish();

 private:
  /// The batches of one write and what is known about it.
  struct Drain {
    AppendQueue batches;
    std::size_t batches_count = 0;
    std::uint64_t messages_count = 0;
    std::uint64_t messages_bytes = 0;
    bool is_grouped = false;
    bool fills_segment = false;
    std::uint64_t first_offset = 0;
    std::uint64_t timestamp = 0;
    std::uint64_t size = 0;  // our own records included
    RecordWriter head;
  };

  Task<> run();
  [[nodiscard]] bool is_prepared() const;
  Task<Result<>> prepare();
  Drain take();
  void compose(Drain& drain);
  std::uint64_t stamp_all(const Drain& drain, std::uint64_t position);
  Task<Result<>> write(Drain& drain);
  void make_visible(const Drain& drain);
  void settle(Drain& drain, const Result<>& outcome);

  Task<Result<>> make_file();
  Task<Result<>> roll();
  Task<Result<>> write_seal();
  Task<> refuse(FileHandle file, std::uint64_t end, Error error);
  Task<> write_entries();
  [[nodiscard]] RecordFields own_fields(std::uint64_t next_offset, std::uint64_t timestamp) const;

  PartitionState& state_;
  AppendQueue queue_;
  bool is_running_ = false;
  bool write_failed_ = false;  // and that was logged
  std::vector<ByteView> pieces_;
  std::vector<IndexEntry> entries_;  // of the drain in flight
  runtime::TaskGroup tasks_;
};

}  // namespace iggy::log
