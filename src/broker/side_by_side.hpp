// Doing the same for many things, a few at a time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "runtime/task_group.hpp"

namespace iggy::broker {

/// One of those that share the work: takes the next item until there is none.
template <class Item, class Work>
runtime::Task<> take_turns(std::vector<Item>& items, std::size_t& next, Work& work) {
  while (next < items.size()) co_await work(std::move(items[next++]));
}

/// Awaits `work(item)` for each item, `count_max` of them at a time, begun in their order. Not cut
/// short by cancellation.
template <class Item, class Work>
runtime::Task<> side_by_side(std::vector<Item> items, std::size_t count_max, Work work) {
  std::size_t next = 0;
  runtime::TaskGroup tasks;
  for (std::size_t i = 0; i < std::min(count_max, items.size()); ++i) {
    tasks.spawn(take_turns(items, next, work));
  }
  co_await tasks.join();
}

}  // namespace iggy::broker
