// Tests of the load of a shard.
#include "runtime/load_meter.hpp"

#include <gtest/gtest.h>

namespace iggy::runtime {
namespace {

constexpr Duration at(std::uint64_t ms) { return Duration::milliseconds(ms); }

class LoadMeterTest : public ::testing::Test {
 protected:
  LoadMeterTest() { meter.note_wait(Duration{}, at(1'000)); }
  LoadMeter meter;
};

TEST_F(LoadMeterTest, gives_the_share_of_a_window_that_was_not_waited) {
  meter.note_wait(at(1'000), at(1'030));
  EXPECT_EQ(meter.load(at(1'050)), 0);  // the window is not over
  meter.note_wait(at(1'080), at(1'100));
  EXPECT_DOUBLE_EQ(meter.load(at(1'100)), 0.5);
}

TEST_F(LoadMeterTest, is_full_of_a_loop_that_never_waits) {
  for (std::uint64_t turn = 1; turn <= 100; ++turn) {
    meter.note_wait(at(1'000 + turn), at(1'000 + turn));
  }
  EXPECT_DOUBLE_EQ(meter.load(at(1'100)), 1);
}

TEST_F(LoadMeterTest, is_nothing_of_a_loop_that_sleeps_on) {
  meter.note_wait(at(1'100), at(1'100));
  EXPECT_DOUBLE_EQ(meter.load(at(1'150)), 1);
  EXPECT_EQ(meter.load(at(1'400)), 0);
}

}  // namespace
}  // namespace iggy::runtime
