// Latencies, counted in buckets that are at most 1/64 of their value wide.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>
#include <vector>

namespace iggy::benchmarks {

class Histogram {
 public:
  void add(std::int64_t nanoseconds) {
    const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(nanoseconds, 0));
    ++buckets_[index(value)];
    ++count_;
    max_ = std::max(max_, value);
  }

  void merge(const Histogram& other) {
    for (std::size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
    count_ += other.count_;
    max_ = std::max(max_, other.max_);
  }

  [[nodiscard]] std::uint64_t count() const { return count_; }

  /// Microseconds below which `share` of the values lie; 0 if there are none.
  [[nodiscard]] double quantile(double share) const {
    const auto rank = static_cast<std::uint64_t>(share * static_cast<double>(count_));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i];
      if (seen > rank) return static_cast<double>(std::min(lower_bound(i + 1), max_)) / 1e3;
    }
    return static_cast<double>(max_) / 1e3;
  }

  [[nodiscard]] std::string to_json() const {
    return fmt::format(
        R"({{"p50_us": {:.1f}, "p99_us": {:.1f}, "p999_us": {:.1f}, "max_us": {:.1f}}})",
        quantile(0.5), quantile(0.99), quantile(0.999), static_cast<double>(max_) / 1e3);
  }

 private:
  static constexpr int fine_bits = 6;

  /// The first 64 values have a bucket each, every further power of two has 64.
  static std::size_t index(std::uint64_t value) {
    const auto shift = std::max(static_cast<int>(std::bit_width(value)) - fine_bits - 1, 0);
    return (static_cast<std::size_t>(shift) << fine_bits) +
           static_cast<std::size_t>(value >> shift);
  }
  static std::uint64_t lower_bound(std::size_t index) {
    if (index < (2u << fine_bits)) return index;
    const auto shift = (index >> fine_bits) - 1;
    return ((index & ((1u << fine_bits) - 1)) + (1u << fine_bits)) << shift;
  }

  std::vector<std::uint64_t> buckets_ =
      std::vector<std::uint64_t>((64 - fine_bits + 1) << fine_bits);
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace iggy::benchmarks
