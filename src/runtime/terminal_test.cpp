// Standard input in lines, and the local time zone.
#include "runtime/terminal.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string_view>

#include "runtime/local_time.hpp"

namespace iggy::runtime {
namespace {

/// Standard input that holds `text` and then ends.
class TypedInput {
 public:
  explicit TypedInput(std::string_view text) {
    EXPECT_EQ(::pipe2(ends_.data(), O_CLOEXEC), 0);
    EXPECT_EQ(::write(ends_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
    ::close(ends_[1]);
  }
  ~TypedInput() { ::close(ends_[0]); }
  [[nodiscard]] int descriptor() const { return ends_[0]; }

 private:
  std::array<int, 2> ends_{};
};

TEST(StandardInput, gives_lines_and_then_the_rest) {
  const TypedInput typed("secret\r\none\ntwo");
  StandardInput input(typed.descriptor());

  EXPECT_EQ(*input.read_line(100), "secret\r");
  EXPECT_EQ(*input.read_all(100), "one\ntwo");
  EXPECT_EQ(*input.read_line(100), std::nullopt);
}

TEST(StandardInput, gives_a_last_line_without_its_end) {
  const TypedInput typed("one\ntwo");
  StandardInput input(typed.descriptor());

  EXPECT_EQ(*input.read_line(3), "one");
  EXPECT_EQ(*input.read_line(3), "two");
  EXPECT_EQ(*input.read_line(3), std::nullopt);
}

TEST(StandardInput, refuses_more_than_it_was_told) {
  const TypedInput typed("four\n");
  StandardInput input(typed.descriptor());

  EXPECT_EQ(input.read_line(3), fail(Error::limit_reached));
}

TEST(StandardInput, refuses_a_rest_above_the_limit) {
  const TypedInput typed("12345");
  StandardInput input(typed.descriptor());

  EXPECT_EQ(input.read_all(4), fail(Error::limit_reached));
}

TEST(LocalTime, is_moved_by_the_offset_of_its_zone) {
  ::setenv("TZ", "XYZ-2", 1);  // two hours east of Greenwich
  EXPECT_EQ(in_local_zone({1'700'000'000'000'005}).microseconds, 1'700'007'200'000'005);

  ::setenv("TZ", "XYZ+5", 1);
  EXPECT_EQ(in_local_zone({1'700'000'000'000'005}).microseconds, 1'699'982'000'000'005);
  ::unsetenv("TZ");
}

}  // namespace
}  // namespace iggy::runtime
