// Which id bears a name: the index beside a map of things by id.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash.hpp"
#include "broker/persistent_map.hpp"

namespace iggy::broker {

/// An immutable index from names, compared by their exact bytes, to ids. No order is promised, and
/// none is shown: lists go by id.
template <class Id>
class NameIndex {
 public:
  NameIndex() = default;

  [[nodiscard]] std::optional<Id> find(std::string_view name) const {
    const auto* bucket = buckets_.find(hash(name));
    if (!bucket) return std::nullopt;
    for (const auto& named : *bucket) {
      if (named.name == name) return named.id;
    }
    return std::nullopt;
  }
  [[nodiscard]] bool contains(std::string_view name) const { return find(name).has_value(); }

  /// This index with `name` meaning `id`; the name must be free.
  [[nodiscard]] NameIndex add(std::string_view name, Id id) const {
    const auto* present = buckets_.find(hash(name));
    auto bucket = present ? *present : Bucket{};
    bucket.push_back({std::string(name), id});
    return NameIndex(buckets_.set(hash(name), std::move(bucket)));
  }
  /// This index without `name`; the same index if it is not there.
  [[nodiscard]] NameIndex remove(std::string_view name) const {
    const auto* present = buckets_.find(hash(name));
    if (!present) return *this;
    auto bucket = *present;
    std::erase_if(bucket, [name](const Named& named) { return named.name == name; });
    return NameIndex(bucket.empty() ? buckets_.erase(hash(name))
                                    : buckets_.set(hash(name), std::move(bucket)));
  }

  [[nodiscard]] std::size_t nodes_not_in(const NameIndex& other) const {
    return buckets_.nodes_not_in(other.buckets_);
  }

 private:
  struct Named {
    std::string name;
    Id id;
  };
  using Bucket = std::vector<Named>;  // names of the same hash: nearly always one
  using Buckets = PersistentMap<std::uint64_t, Bucket>;

  explicit NameIndex(Buckets buckets) : buckets_(std::move(buckets)) {}
  static std::uint64_t hash(std::string_view name) { return base::hash64(base::as_bytes(name)); }

  Buckets buckets_;
};

}  // namespace iggy::broker
