// An immutable map from numbers to values: a change copies only the path that it touches.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <type_traits>
#include <unordered_set>
#include <utility>
#include <vector>

namespace iggy::broker {

/// What can be a key: an unsigned number, or an id made of one.
template <class T>
concept MapKey = std::unsigned_integral<T> ||
                 (std::is_enum_v<T> && std::unsigned_integral<std::underlying_type_t<T>>);

/// A map that never changes: `set` and `erase` give another one, which shares all but a few nodes
/// with this one. Copies cost a reference. Iteration is ascending by key, whatever the history.
///
/// A radix tree of 32 branches with skipped levels: at most 13 nodes lie on a path, 3 where 10 000
/// ids follow each other. Maps may be read from several threads.
template <MapKey Key, class Value>
class PersistentMap {
 public:
  struct Entry {
    Key key;
    Value value;
    bool operator==(const Entry&) const = default;
  };
  class Iterator;

  PersistentMap() = default;

  [[nodiscard]] std::size_t size() const { return root_ ? root_->size : 0; }
  [[nodiscard]] bool empty() const { return !root_; }
  [[nodiscard]] bool contains(Key key) const { return find(key) != nullptr; }

  /// The value of `key`, or null; it lives as long as this map or one that shares it.
  [[nodiscard]] const Value* find(Key key) const;

  /// The smallest key that is not in the map. Looks at one path, not at all keys.
  [[nodiscard]] Key lowest_free_key() const
    requires(sizeof(Key) < sizeof(std::uint64_t))
  {
    return static_cast<Key>(root_ ? first_gap(*root_, 0) : 0);
  }

  [[nodiscard]] Iterator begin() const { return Iterator(root_.get()); }
  [[nodiscard]] std::default_sentinel_t end() const { return {}; }

  /// This map with `key` set to `value`, in place of what it had.
  [[nodiscard]] PersistentMap set(Key key, Value value) const {
    return PersistentMap(with(root_, {key, std::move(value)}));
  }
  /// This map without `key`; the same map if it is not there.
  [[nodiscard]] PersistentMap erase(Key key) const {
    return PersistentMap(lifted(without(root_, number_of(key))));
  }

  bool operator==(const PersistentMap& other) const {
    return root_ == other.root_ || std::ranges::equal(*this, other);
  }

  /// How many nodes of this map `other` does not share: what a change cost.
  [[nodiscard]] std::size_t nodes_not_in(const PersistentMap& other) const;

 private:
  static constexpr unsigned digit_bits = 5;
  static constexpr unsigned slots = 1U << digit_bits;
  static constexpr unsigned depth_max = 64 / digit_bits + 1;

  struct Node;
  using NodePtr = std::shared_ptr<const Node>;

  /// Covers the keys that agree with `prefix` above its digit, which starts at bit `shift`. A slot
  /// of the digit is empty, holds one key, or a node with at least two.
  struct Node {
    std::uint64_t prefix = 0;  // the first key of its range
    unsigned shift = 0;
    std::uint32_t entry_slots = 0;   // bit i: slot i holds an entry
    std::uint32_t branch_slots = 0;  // bit i: slot i holds a node
    std::size_t size = 0;            // keys in it and below
    std::vector<Entry> entries;
    std::vector<NodePtr> branches;

    [[nodiscard]] bool covers(std::uint64_t key) const {
      return key >> shift >> digit_bits == prefix >> shift >> digit_bits;
    }
    [[nodiscard]] unsigned digit(std::uint64_t key) const { return (key >> shift) & (slots - 1); }
  };

  explicit PersistentMap(NodePtr root) : root_(std::move(root)) {}

  static std::uint64_t number_of(Key key) { return static_cast<std::uint64_t>(key); }
  static std::uint32_t bit(unsigned slot) { return std::uint32_t{1} << slot; }
  static std::ptrdiff_t rank(std::uint32_t set, unsigned slot) {
    return std::popcount(set & (bit(slot) - 1));
  }
  static unsigned shift_of_difference(std::uint64_t a, std::uint64_t b) {
    return static_cast<unsigned>(std::bit_width(a ^ b) - 1) / digit_bits * digit_bits;
  }

  static Node empty_node(std::uint64_t key, unsigned shift) {
    Node node;
    node.prefix = key >> shift >> digit_bits << digit_bits << shift;
    node.shift = shift;
    return node;
  }
  static void put_entry(Node& node, Entry entry);
  static void take_entry(Node& node, unsigned slot);
  static void put_branch(Node& node, unsigned slot, NodePtr branch);
  static void take_branch(Node& node, unsigned slot);

  static NodePtr with(const NodePtr& node, Entry entry);
  static NodePtr with_inside(const Node& node, Entry entry);
  static NodePtr without(const NodePtr& node, std::uint64_t key);
  static NodePtr lifted(NodePtr node);
  static std::uint64_t first_gap(const Node& node, std::uint64_t start);
  static std::uint64_t first_gap_in_slot(const Node& node, unsigned slot, std::uint64_t start);

  NodePtr root_;
};

/// Walks the entries in ascending order of their keys.
template <MapKey Key, class Value>
class PersistentMap<Key, Value>::Iterator {
 public:
  using value_type = Entry;
  using difference_type = std::ptrdiff_t;
  using reference = const Entry&;
  using pointer = const Entry*;
  using iterator_category = std::input_iterator_tag;

  Iterator() = default;
  explicit Iterator(const Node* root) {
    if (root) push(root);
    settle();
  }

  reference operator*() const {
    const auto& [node, slot] = path_[depth_ - 1];
    return node->entries[static_cast<std::size_t>(rank(node->entry_slots, slot))];
  }
  pointer operator->() const { return &**this; }
  Iterator& operator++() {
    ++path_[depth_ - 1].slot;
    settle();
    return *this;
  }
  Iterator operator++(int) {
    auto before = *this;
    ++*this;
    return before;
  }
  bool operator==(std::default_sentinel_t) const { return depth_ == 0; }
  bool operator==(const Iterator& other) const {
    return depth_ == other.depth_ && (depth_ == 0 || &**this == &*other);
  }

 private:
  struct Step {
    const Node* node = nullptr;
    unsigned slot = 0;
  };

  void push(const Node* node) { path_[depth_++] = {node, 0}; }

  /// Goes on to the next entry at or behind the present slot.
  void settle() {
    while (depth_ > 0) {
      auto& [node, slot] = path_[depth_ - 1];
      if (slot == slots) {
        if (--depth_ > 0) ++path_[depth_ - 1].slot;
      } else if ((node->entry_slots & bit(slot)) != 0) {
        return;
      } else if ((node->branch_slots & bit(slot)) != 0) {
        push(node->branches[static_cast<std::size_t>(rank(node->branch_slots, slot))].get());
      } else {
        ++slot;
      }
    }
  }

  std::array<Step, depth_max> path_;
  std::size_t depth_ = 0;
};

template <MapKey Key, class Value>
const Value* PersistentMap<Key, Value>::find(Key key) const {
  const auto wanted = number_of(key);
  const Node* node = root_.get();
  while (node && node->covers(wanted)) {
    const auto slot = node->digit(wanted);
    if ((node->entry_slots & bit(slot)) != 0) {
      const auto& entry = node->entries[static_cast<std::size_t>(rank(node->entry_slots, slot))];
      return entry.key == key ? &entry.value : nullptr;
    }
    if ((node->branch_slots & bit(slot)) == 0) return nullptr;
    node = node->branches[static_cast<std::size_t>(rank(node->branch_slots, slot))].get();
  }
  return nullptr;
}

template <MapKey Key, class Value>
std::size_t PersistentMap<Key, Value>::nodes_not_in(const PersistentMap& other) const {
  std::unordered_set<const Node*> shared;
  std::vector<const Node*> waiting;
  const auto walk = [&waiting](const NodePtr& root, auto&& visit) {
    if (root) waiting.push_back(root.get());
    while (!waiting.empty()) {
      const auto* node = waiting.back();
      waiting.pop_back();
      visit(node);
      for (const auto& branch : node->branches) waiting.push_back(branch.get());
    }
  };
  walk(other.root_, [&shared](const Node* node) { shared.insert(node); });
  std::size_t count = 0;
  walk(root_, [&](const Node* node) { count += shared.contains(node) ? 0 : 1; });
  return count;
}

template <MapKey Key, class Value>
void PersistentMap<Key, Value>::put_entry(Node& node, Entry entry) {
  const auto slot = node.digit(number_of(entry.key));
  node.entries.insert(node.entries.begin() + rank(node.entry_slots, slot), std::move(entry));
  node.entry_slots |= bit(slot);
  ++node.size;
}

template <MapKey Key, class Value>
void PersistentMap<Key, Value>::take_entry(Node& node, unsigned slot) {
  node.entries.erase(node.entries.begin() + rank(node.entry_slots, slot));
  node.entry_slots &= ~bit(slot);
  --node.size;
}

template <MapKey Key, class Value>
void PersistentMap<Key, Value>::put_branch(Node& node, unsigned slot, NodePtr branch) {
  node.size += branch->size;
  node.branches.insert(node.branches.begin() + rank(node.branch_slots, slot), std::move(branch));
  node.branch_slots |= bit(slot);
}

template <MapKey Key, class Value>
void PersistentMap<Key, Value>::take_branch(Node& node, unsigned slot) {
  const auto at = node.branches.begin() + rank(node.branch_slots, slot);
  node.size -= (*at)->size;
  node.branches.erase(at);
  node.branch_slots &= ~bit(slot);
}

template <MapKey Key, class Value>
auto PersistentMap<Key, Value>::with(const NodePtr& node, Entry entry) -> NodePtr {
  const auto key = number_of(entry.key);
  if (node && node->covers(key)) return with_inside(*node, std::move(entry));

  auto fresh = empty_node(key, node ? shift_of_difference(node->prefix, key) : 0);
  put_entry(fresh, std::move(entry));
  if (node && node->size == 1) {
    put_entry(fresh, node->entries.front());
  } else if (node) {
    put_branch(fresh, fresh.digit(node->prefix), node);
  }
  return std::make_shared<const Node>(std::move(fresh));
}

template <MapKey Key, class Value>
auto PersistentMap<Key, Value>::with_inside(const Node& node, Entry entry) -> NodePtr {
  const auto key = number_of(entry.key);
  const auto slot = node.digit(key);
  auto copy = node;

  if ((node.branch_slots & bit(slot)) != 0) {
    auto branch = with(node.branches[static_cast<std::size_t>(rank(node.branch_slots, slot))],
                       std::move(entry));
    take_branch(copy, slot);
    put_branch(copy, slot, std::move(branch));
  } else if ((node.entry_slots & bit(slot)) != 0) {
    auto present = node.entries[static_cast<std::size_t>(rank(node.entry_slots, slot))];
    take_entry(copy, slot);
    if (present.key == entry.key) {
      put_entry(copy, std::move(entry));
    } else {
      auto both = empty_node(key, shift_of_difference(number_of(present.key), key));
      put_entry(both, std::move(present));
      put_entry(both, std::move(entry));
      put_branch(copy, slot, std::make_shared<const Node>(std::move(both)));
    }
  } else {
    put_entry(copy, std::move(entry));
  }
  return std::make_shared<const Node>(std::move(copy));
}

/// Null if nothing is left; the result may hold a single key, or a single node: see `lifted`.
template <MapKey Key, class Value>
auto PersistentMap<Key, Value>::without(const NodePtr& node, std::uint64_t key) -> NodePtr {
  if (!node || !node->covers(key)) return node;
  const auto slot = node->digit(key);
  auto copy = *node;

  if ((node->entry_slots & bit(slot)) != 0) {
    const auto at = static_cast<std::size_t>(rank(node->entry_slots, slot));
    if (number_of(node->entries[at].key) != key) return node;
    take_entry(copy, slot);
  } else if ((node->branch_slots & bit(slot)) != 0) {
    const auto& before = node->branches[static_cast<std::size_t>(rank(node->branch_slots, slot))];
    auto after = lifted(without(before, key));
    if (after == before) return node;
    take_branch(copy, slot);
    if (after->size == 1) {
      put_entry(copy, after->entries.front());
    } else {
      put_branch(copy, slot, std::move(after));
    }
  } else {
    return node;
  }
  return copy.size == 0 ? nullptr : std::make_shared<const Node>(std::move(copy));
}

/// Leaves out a node that holds nothing but another one.
template <MapKey Key, class Value>
auto PersistentMap<Key, Value>::lifted(NodePtr node) -> NodePtr {
  if (node && node->entries.empty() && node->branches.size() == 1) return node->branches.front();
  return node;
}

/// The smallest number from `start` on that is not below `node`, whose range holds `start` or lies
/// behind it.
template <MapKey Key, class Value>
std::uint64_t PersistentMap<Key, Value>::first_gap(const Node& node, std::uint64_t start) {
  if (node.prefix != start) return start;
  const auto span = std::uint64_t{slots} << node.shift;
  if (node.size == span) return start + span;
  for (unsigned slot = 0; slot < slots; ++slot) {
    const auto slot_start = start + (std::uint64_t{slot} << node.shift);
    const auto gap = first_gap_in_slot(node, slot, slot_start);
    if (gap < slot_start + (std::uint64_t{1} << node.shift)) return gap;
  }
  return start + span;
}

template <MapKey Key, class Value>
std::uint64_t PersistentMap<Key, Value>::first_gap_in_slot(const Node& node, unsigned slot,
                                                           std::uint64_t start) {
  if ((node.entry_slots & bit(slot)) != 0) {
    const auto& entry = node.entries[static_cast<std::size_t>(rank(node.entry_slots, slot))];
    return number_of(entry.key) == start ? start + 1 : start;
  }
  if ((node.branch_slots & bit(slot)) == 0) return start;
  return first_gap(*node.branches[static_cast<std::size_t>(rank(node.branch_slots, slot))], start);
}

}  // namespace iggy::broker
