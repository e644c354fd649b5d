// Tests of the first user: what the environment may say, and what is made of it.
#include "server/root_user.hpp"

#include <gtest/gtest.h>

#include "broker/password.hpp"
#include "runtime/memory_disk.hpp"
#include "runtime/testing.hpp"

namespace iggy::server {
namespace {

constexpr const char* username = "IGGY_ROOT_USERNAME";
constexpr const char* password = "IGGY_ROOT_PASSWORD";

/// The line that refuses this environment; empty: it is accepted.
std::string problem(const runtime::Environment& environment, const Options& options = {}) {
  const auto credentials = root_credentials(environment, options);
  return credentials ? std::string() : credentials.error();
}

TEST(RootCredentials, are_none_when_nothing_is_said) {
  const auto credentials = root_credentials({{"IGGY_TCP_ADDRESS", "x"}}, {});

  ASSERT_TRUE(credentials);
  EXPECT_FALSE(*credentials);
}

TEST(RootCredentials, come_from_the_environment) {
  const auto credentials = root_credentials({{username, "admin"}, {password, "secret"}}, {});

  ASSERT_TRUE(credentials && *credentials);
  EXPECT_EQ((*credentials)->username, "admin");
  EXPECT_EQ((*credentials)->password, "secret");
  EXPECT_FALSE((*credentials)->is_generated);
}

TEST(RootCredentials, are_both_or_none) {
  EXPECT_EQ(problem({{username, "admin"}}),
            "IGGY_ROOT_USERNAME is set, but IGGY_ROOT_PASSWORD is not: set both or neither");
  EXPECT_EQ(problem({{password, "secret"}}),
            "IGGY_ROOT_PASSWORD is set, but IGGY_ROOT_USERNAME is not: set both or neither");
}

TEST(RootCredentials, have_sizes_that_a_login_accepts) {
  EXPECT_EQ(problem({{username, "abc"}, {password, "abc"}}), "");
  EXPECT_EQ(problem({{username, std::string(50, 'u')}, {password, std::string(100, 'p')}}), "");
  EXPECT_EQ(problem({{username, "ab"}, {password, "abc"}}),
            "IGGY_ROOT_USERNAME has 2 bytes; allowed are 3 to 50");
  EXPECT_EQ(problem({{username, std::string(51, 'u')}, {password, "abc"}}),
            "IGGY_ROOT_USERNAME has 51 bytes; allowed are 3 to 50");
  EXPECT_EQ(problem({{username, "abc"}, {password, ""}}),
            "IGGY_ROOT_PASSWORD has 0 bytes; allowed are 3 to 100");
  EXPECT_EQ(problem({{username, "abc"}, {password, std::string(101, 'p')}}),
            "IGGY_ROOT_PASSWORD has 101 bytes; allowed are 3 to 100");
}

TEST(RootCredentials, never_tell_the_password_in_a_problem) {
  const auto told = problem({{username, "ab"}, {password, "very-secret"}});

  EXPECT_NE(told, "");
  EXPECT_EQ(told.find("very-secret"), std::string::npos);
}

TEST(RootCredentials, are_iggy_and_iggy_where_the_default_is_asked_for) {
  const Options options{.with_default_root_credentials = true};

  const auto credentials = root_credentials({}, options);

  ASSERT_TRUE(credentials && *credentials);
  EXPECT_EQ((*credentials)->username, "iggy");
  EXPECT_EQ((*credentials)->password, "iggy");
}

TEST(RootCredentials, of_the_environment_go_before_the_default) {
  const Options options{.with_default_root_credentials = true};

  const auto both = root_credentials({{username, "admin"}, {password, "secret"}}, options);
  ASSERT_TRUE(both && *both);
  EXPECT_EQ((*both)->username, "admin");
  EXPECT_EQ((*both)->password, "secret");

  const auto name_alone = root_credentials({{username, "admin"}}, options);
  ASSERT_TRUE(name_alone && *name_alone);
  EXPECT_EQ((*name_alone)->username, "admin");
  EXPECT_EQ((*name_alone)->password, "iggy");
}

class RootUserTest : public ::testing::Test {
 protected:
  RootUserTest() { EXPECT_TRUE(shard.run(broker.start())); }
  ~RootUserTest() override { shard.run(broker.stop()); }

  [[nodiscard]] bool has_password(const std::string& text) {
    const auto hash = broker.catalogue().find_user(root_user_id)->password_hash;
    return shard.run(broker::verify_password(text, hash)) == Result<bool>(true);
  }

  runtime::TestShard shard;
  runtime::MemoryDisk disk;
  broker::Broker broker{disk, {&shard.shard()}, {.data_path = "data"}, nullptr};
};

TEST_F(RootUserTest, is_made_with_what_was_given) {
  const auto made = shard.run(
      ensure_root_user(broker, RootCredentials{.username = "admin", .password = "secret"}));

  ASSERT_TRUE(made && *made);
  EXPECT_FALSE((*made)->is_generated);
  ASSERT_NE(broker.catalogue().find_user(root_user_id), nullptr);
  EXPECT_EQ(broker.catalogue().find_user(root_user_id)->name.text(), "admin");
  EXPECT_TRUE(has_password("secret"));
  EXPECT_FALSE(has_password("secres"));
}

TEST_F(RootUserTest, is_made_with_a_password_that_nobody_knows) {
  const auto made = shard.run(ensure_root_user(broker, std::nullopt));

  ASSERT_TRUE(made && *made);
  EXPECT_TRUE((*made)->is_generated);
  EXPECT_EQ((*made)->username, "iggy");
  EXPECT_GE((*made)->password.size(), 20);
  EXPECT_TRUE(has_password((*made)->password));
}

TEST_F(RootUserTest, stays_as_it_is_once_it_is_there) {
  ASSERT_TRUE(shard.run(
      ensure_root_user(broker, RootCredentials{.username = "admin", .password = "secret"})));

  const auto again = shard.run(
      ensure_root_user(broker, RootCredentials{.username = "other", .password = "different"}));

  ASSERT_TRUE(again);
  EXPECT_FALSE(*again);
  EXPECT_EQ(broker.catalogue().find_user(root_user_id)->name.text(), "admin");
  EXPECT_TRUE(has_password("secret"));
}

TEST_F(RootUserTest, is_not_there_when_it_could_not_be_written) {
  disk.fail_call(runtime::DiskCall::write, 0, Error::io_error);

  const auto made = shard.run(
      ensure_root_user(broker, RootCredentials{.username = "admin", .password = "secret"}));

  ASSERT_FALSE(made);
  EXPECT_EQ(made.error(), Error::io_error);
  EXPECT_EQ(broker.catalogue().find_user(root_user_id), nullptr);
}

}  // namespace
}  // namespace iggy::server
