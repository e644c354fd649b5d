// Tests of the limits of a login.
#include "wire/sessions.hpp"

#include <gtest/gtest.h>

#include <string>

namespace iggy::wire {
namespace {

Result<> login(std::size_t username_size, std::size_t password_size) {
  return validate(LoginUser{.username = Name(std::string(username_size, 'u')),
                            .password = ShortText(std::string(password_size, 'p'))});
}

TEST(LoginUser, has_a_name_of_3_to_50_bytes) {
  EXPECT_TRUE(login(3, 8));
  EXPECT_TRUE(login(50, 8));
  EXPECT_EQ(login(2, 8), fail(Error::invalid_username));
  EXPECT_EQ(login(51, 8), fail(Error::invalid_username));
}

TEST(LoginUser, has_a_password_of_3_to_100_bytes) {
  EXPECT_TRUE(login(8, 3));
  EXPECT_TRUE(login(8, 100));
  EXPECT_EQ(login(8, 2), fail(Error::invalid_password));
  EXPECT_EQ(login(8, 101), fail(Error::invalid_password));
}

TEST(LoginUser, is_refused_for_its_name_first) {
  EXPECT_EQ(login(2, 2), fail(Error::invalid_username));
}

}  // namespace
}  // namespace iggy::wire
