// A bounded map that forgets what was not used for longest.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <utility>

namespace iggy::log {

/// Keeps values up to a total weight. The newest one is kept whatever it weighs.
template <class Key, class Value>
class RecentMap {
 public:
  explicit RecentMap(std::uint64_t weight_max) : weight_max_(weight_max) {}

  /// The value of `key`, which counts as used now; a default one if it is not there.
  Value find(const Key& key) {
    const auto found = places_.find(key);
    if (found == places_.end()) return {};
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->value;
  }

  void put(const Key& key, Value value, std::uint64_t weight) {
    erase(key);
    entries_.push_front({key, std::move(value), weight});
    places_[key] = entries_.begin();
    weight_ += weight;
    while (weight_ > weight_max_ && entries_.size() > 1) erase(Key(entries_.back().key));
  }

  void erase(const Key& key) {
    const auto found = places_.find(key);
    if (found == places_.end()) return;
    weight_ -= found->second->weight;
    entries_.erase(found->second);
    places_.erase(found);
  }

  /// Forgets the keys in [first, last].
  void erase_range(const Key& first, const Key& last) {
    auto next = places_.lower_bound(first);
    while (next != places_.end() && next->first <= last) {
      weight_ -= next->second->weight;
      entries_.erase(next->second);
      next = places_.erase(next);
    }
  }

  [[nodiscard]] std::uint64_t weight() const { return weight_; }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Key key;
    Value value;
    std::uint64_t weight;
  };

  std::uint64_t weight_max_;
  std::uint64_t weight_ = 0;
  std::list<Entry> entries_;  // used last in front
  std::map<Key, typename std::list<Entry>::iterator> places_;
};

}  // namespace iggy::log
