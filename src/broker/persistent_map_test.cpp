// Tests of the immutable map and the name index on it.
#include "broker/persistent_map.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "broker/name_index.hpp"

namespace iggy::broker {
namespace {

using Map = PersistentMap<std::uint32_t, std::string>;
using WideMap = PersistentMap<std::uint64_t, std::uint64_t>;

/// Numbers without a pattern, the same in each run (SplitMix64).
class Numbers {
 public:
  explicit Numbers(std::uint64_t seed) : state_(seed) {}
  std::uint64_t operator()() {
    state_ += 0x9e3779b97f4a7c15;
    auto mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
  }

 private:
  std::uint64_t state_;
};

template <class M>
auto keys(const M& map) {
  std::vector<decltype(map.begin()->key)> result;
  for (const auto& [key, value] : map) result.push_back(key);
  return result;
}

TEST(PersistentMap, is_empty_at_first) {
  const Map map;

  EXPECT_TRUE(map.empty());
  EXPECT_EQ(map.size(), 0);
  EXPECT_EQ(map.find(0), nullptr);
  EXPECT_EQ(map.lowest_free_key(), 0);
  EXPECT_TRUE(map.begin() == map.end());
  EXPECT_TRUE(map.erase(7).empty());
}

TEST(PersistentMap, keeps_older_versions_as_they_were) {
  const auto one = Map().set(5, "old");
  const auto two = one.set(5, "new").set(900, "far");
  const auto three = two.erase(5);

  EXPECT_EQ(*one.find(5), "old");
  EXPECT_EQ(one.find(900), nullptr);
  EXPECT_EQ(*two.find(5), "new");
  EXPECT_EQ(*two.find(900), "far");
  EXPECT_EQ(three.find(5), nullptr);
  EXPECT_EQ(three.size(), 1);
}

TEST(PersistentMap, iterates_ascending_whatever_the_history) {
  const auto map = Map().set(4'000'000'000, "d").set(31, "b").set(0, "a").set(32, "c");

  EXPECT_EQ(keys(map), (std::vector<std::uint32_t>{0, 31, 32, 4'000'000'000}));
}

TEST(PersistentMap, holds_the_ends_of_the_64_bit_range) {
  const auto last = ~std::uint64_t{0};
  const auto map = WideMap().set(last, 1).set(0, 2).set(last - 1, 3).set(std::uint64_t{1} << 63, 4);

  EXPECT_EQ(keys(map), (std::vector<std::uint64_t>{0, std::uint64_t{1} << 63, last - 1, last}));
  EXPECT_EQ(*map.find(last), 1);
  EXPECT_EQ(map.erase(last).find(last), nullptr);
  EXPECT_EQ(*map.erase(last).find(last - 1), 3);
}

TEST(PersistentMap, loses_keys_that_once_were_alone) {
  const auto map = WideMap().set(1, 1).set(std::uint64_t{1} << 40, 2).set(2, 3);

  EXPECT_EQ(keys(map.erase(1).erase(2)), (std::vector<std::uint64_t>{std::uint64_t{1} << 40}));
  EXPECT_EQ(keys(map.erase(std::uint64_t{1} << 40)), (std::vector<std::uint64_t>{1, 2}));
  EXPECT_TRUE(map.erase(1).erase(2).erase(std::uint64_t{1} << 40).empty());
}

TEST(PersistentMap, gives_out_the_lowest_free_key) {
  Map map;
  for (std::uint32_t key = 0; key < 1500; ++key) {
    ASSERT_EQ(map.lowest_free_key(), key);
    map = map.set(key, "");
  }

  EXPECT_EQ(map.erase(0).lowest_free_key(), 0);
  EXPECT_EQ(map.erase(31).lowest_free_key(), 31);
  EXPECT_EQ(map.erase(1024).lowest_free_key(), 1024);
  EXPECT_EQ(map.erase(1499).lowest_free_key(), 1499);
  EXPECT_EQ(map.erase(700).erase(699).lowest_free_key(), 699);
  EXPECT_EQ(Map().set(1, "").lowest_free_key(), 0);
  EXPECT_EQ(Map().set(0, "").set(40, "").lowest_free_key(), 1);
  EXPECT_EQ(Map().set(0, "").set(4096, "").lowest_free_key(), 1);
}

TEST(PersistentMap, copies_one_path_for_a_change_of_the_10000th_entry) {
  Map map;
  for (std::uint32_t key = 0; key < 10'000; ++key) map = map.set(key, "");

  EXPECT_LE(map.set(9'999, "changed").nodes_not_in(map), 3);
  EXPECT_LE(map.set(10'000, "added").nodes_not_in(map), 3);
  EXPECT_LE(map.erase(5'000).nodes_not_in(map), 3);
  EXPECT_EQ(map.erase(123'456).nodes_not_in(map), 0);
}

TEST(PersistentMap, is_equal_to_one_with_the_same_entries) {
  const auto map = Map().set(1, "a").set(2, "b");

  EXPECT_EQ(map, Map().set(2, "b").set(77, "gone").set(1, "a").erase(77));
  EXPECT_NE(map, Map().set(1, "a"));
  EXPECT_NE(map, Map().set(1, "a").set(2, "other"));
}

// Against std::map, with keys that cluster, collide in their low digits, and spread.
TEST(PersistentMap, agrees_with_an_ordinary_map) {
  Numbers random(42);
  const std::uint64_t masks[] = {0x3f, 0x3ff, ~std::uint64_t{0}, 0xffff'0000'0000'0000,
                                 0x8000'0000'0000'001f};
  for (const auto mask : masks) {
    WideMap map;
    std::map<std::uint64_t, std::uint64_t> expected;
    for (int step = 0; step < 3'000; ++step) {
      const auto key = random() & mask;
      if (random() % 3 == 0) {
        map = map.erase(key);
        expected.erase(key);
      } else {
        map = map.set(key, static_cast<std::uint64_t>(step));
        expected[key] = static_cast<std::uint64_t>(step);
      }
      ASSERT_EQ(map.size(), expected.size());
    }
    auto entry = map.begin();
    for (const auto& [key, value] : expected) {
      ASSERT_EQ(entry->key, key);
      ASSERT_EQ(entry->value, value);
      ASSERT_EQ(*map.find(key), value);
      ++entry;
    }
    EXPECT_TRUE(entry == map.end());
    for (const auto& [key, value] : expected) map = map.erase(key);
    EXPECT_TRUE(map.empty());
  }
}

TEST(PersistentMap, finds_the_lowest_free_key_of_any_set) {
  Numbers random(7);
  Map map;
  std::map<std::uint32_t, bool> used;
  for (int step = 0; step < 5'000; ++step) {
    const auto key = static_cast<std::uint32_t>(random() % 200);
    map = random() % 4 == 0 ? map.erase(key) : map.set(key, "");
    used.erase(key);
    if (map.contains(key)) used[key] = true;
    std::uint32_t expected = 0;
    while (used.contains(expected)) ++expected;
    ASSERT_EQ(map.lowest_free_key(), expected);
  }
}

TEST(NameIndex, finds_names_by_their_exact_bytes) {
  const auto index = NameIndex<StreamId>().add("logs", StreamId{1}).add("Logs", StreamId{2});

  EXPECT_EQ(index.find("logs"), StreamId{1});
  EXPECT_EQ(index.find("Logs"), StreamId{2});
  EXPECT_EQ(index.find("log"), std::nullopt);
  EXPECT_EQ(index.remove("logs").find("logs"), std::nullopt);
  EXPECT_EQ(index.remove("logs").find("Logs"), StreamId{2});
  EXPECT_EQ(index.remove("none").find("logs"), StreamId{1});
}

}  // namespace
}  // namespace iggy::broker
