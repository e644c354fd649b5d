// A number that any shard may change and read: a hint about the whole process.
#pragma once

#include <atomic>
#include <cstdint>

namespace iggy::runtime {

/// Changes are never lost; how soon another shard sees one is open. Not for the path of a request
/// that concerns one shard alone.
class SharedCount {
 public:
  void add() { value_.fetch_add(1, std::memory_order_relaxed); }
  void subtract() { value_.fetch_sub(1, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace iggy::runtime
