// Damage at random places of a log: nothing is cut off, one record is lost at most, polls that
// start in it are refused, and those behind it work.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "log/testing.hpp"
#include "runtime/memory_faults_testing.hpp"
#include "runtime/memory_file.hpp"

namespace iggy::log {
namespace {

using runtime::Dice;

class Damage : public ::testing::Test {
 protected:
  static constexpr std::uint64_t seeds_count = 400;

 private:
  runtime::QuietLog quiet_;
};

/// Several segments of batches of all sizes; gives the payloads.
std::vector<std::string> fill(LogBench& bench, Dice& dice) {
  std::vector<std::string> payloads;
  for (int batch = 0; batch < 40; ++batch) {
    SentBatch sent({});
    const auto count = dice.one_in(2) ? 1 : 1 + dice.below(8);
    for (std::uint64_t i = 0; i < count; ++i) {
      payloads.push_back(std::to_string(payloads.size()) + std::string(dice.below(200), 'p'));
      sent.add(payloads.back());
    }
    EXPECT_TRUE(bench.append(sent));
  }
  return payloads;
}

/// The paths of the segments' files.
std::vector<std::string> segments(const LogBench& bench) {
  auto paths = bench.disk_.paths();
  std::erase_if(paths, [](const std::string& path) { return !path.ends_with(".log"); });
  return paths;
}

/// Changes a bit somewhere before the last records, which would pass for a torn tail.
void damage(LogBench& bench, Dice& dice) {
  const auto paths = segments(bench);
  const auto& path = paths[dice.below(paths.size())];
  const auto size = bench.disk_.contents(path).size();
  const auto last = path == paths.back() ? std::uint64_t{600} : 0;
  if (size <= last) return;
  bench.flip(path, dice.below(size - last), std::byte{1} << dice.below(8));
}

TEST_F(Damage, loses_one_message_at_most_and_cuts_nothing) {
  std::uint64_t losses = 0;
  for (const auto seed : runtime::fault_seeds(seeds_count)) {
    SCOPED_TRACE(runtime::repeat_with(seed));
    Dice dice(seed);
    LogBench bench(seed);
    bench.settings_.segment_size = {4096};
    bench.settings_.index_interval = {512};
    bench.settings_.validate_checksum = true;
    bench.settings_.validate_on_read = dice.one_in(2);
    ASSERT_TRUE(bench.open());
    const auto payloads = fill(bench, dice);
    ASSERT_TRUE(bench.append({"near the end", std::string(700, 'e')}));
    ASSERT_TRUE(bench.append({"the end"}));
    const auto end = payloads.size() + 3;
    ASSERT_TRUE(bench.shard_.run(bench.log_->close()));
    damage(bench, dice);
    std::vector<base::Bytes> before;
    for (const auto& path : segments(bench)) before.push_back(bench.disk_.contents(path));

    ASSERT_TRUE(bench.open());

    ASSERT_EQ(bench.log_->end_offset(), end);
    std::uint64_t lost = 0;
    for (std::uint64_t offset = 0; offset < payloads.size(); ++offset) {
      const ReadRequest request{.from = ReadRequest::From::offset,
                                .value = offset,
                                .count = static_cast<std::uint32_t>(1 + offset % 3)};
      if (const auto reply = bench.read(request); !reply) {
        ASSERT_EQ(reply.error(), Error::damaged) << offset;
        ++lost;
        continue;
      }
      const auto messages = bench.poll(request);
      ASSERT_FALSE(messages.empty());
      for (std::size_t i = 0; i < messages.size(); ++i) {
        ASSERT_TRUE(messages[i].is_intact);
        ASSERT_EQ(messages[i].offset, offset + i);
        if (offset + i < payloads.size()) ASSERT_EQ(messages[i].payload, payloads[offset + i]);
      }
    }
    ASSERT_LE(lost, 1);
    losses += lost;
    std::vector<base::Bytes> after;
    for (const auto& path : segments(bench)) after.push_back(bench.disk_.contents(path));
    ASSERT_TRUE(before == after);
    const auto more = bench.append({"more"});
    ASSERT_TRUE(more);
    ASSERT_EQ(more->first_offset, end);
    ASSERT_EQ(bench.payloads_from(end), texts("more"));
  }
  if (runtime::fault_seeds(seeds_count).size() > 100) EXPECT_GT(losses, 0);
}

}  // namespace
}  // namespace iggy::log
