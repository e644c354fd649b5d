// Tests of hashing, verifying and making up passwords.
#include "broker/password.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "runtime/testing.hpp"

namespace iggy::broker {
namespace {

using runtime::TestShard;

// Made by `argon2id_hash_encoded` of the reference library with the salt "0123456789abcdef".
constexpr auto known_hash =
    "$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$"
    "0qsHs573+LgGInzYb7sRqlOTBmqY4X6srNEm6ybpJ20";

TEST(Password, verifies_a_hash_that_another_program_made) {
  EXPECT_EQ(runtime::run(verify_password("password", known_hash)), true);
  EXPECT_EQ(runtime::run(verify_password("Password", known_hash)), false);
}

TEST(Password, is_hashed_with_the_published_parameters) {
  TestShard shard;

  const auto hash = shard.run(hash_password("secret"));

  ASSERT_TRUE(hash);
  EXPECT_TRUE(hash->starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
  EXPECT_EQ(hash->size(), decoy_password_hash.size());
  EXPECT_EQ(shard.run(verify_password("secret", *hash)), true);
  EXPECT_EQ(shard.run(verify_password("secreT", *hash)), false);
}

TEST(Password, gets_another_salt_each_time) {
  TestShard shard;

  const auto one = shard.run(hash_password("secret"));
  const auto two = shard.run(hash_password("secret"));

  ASSERT_TRUE(one && two);
  EXPECT_NE(*one, *two);
}

TEST(Password, does_not_fit_what_is_no_hash) {
  const std::string good = known_hash;
  EXPECT_EQ(runtime::run(verify_password("password", "")), false);
  EXPECT_EQ(runtime::run(verify_password("password", "password")), false);
  EXPECT_EQ(runtime::run(verify_password("password", good.substr(0, good.size() - 1))), false);
  EXPECT_EQ(runtime::run(verify_password("password", good + "A")), false);
  auto broken = good;
  broken[40] = '*';
  EXPECT_EQ(runtime::run(verify_password("password", broken)), false);
}

TEST(Password, never_fits_the_decoy) {
  EXPECT_EQ(runtime::run(verify_password("", std::string(decoy_password_hash))), false);
  EXPECT_EQ(runtime::run(verify_password("iggy", std::string(decoy_password_hash))), false);
}

TEST(GeneratedPassword, is_20_to_39_letters_and_digits) {
  runtime::SeededRandom random(1);
  std::set<std::size_t> sizes;
  std::set<char> characters;
  for (int i = 0; i < 1'000; ++i) {
    const auto password = generate_password(random);
    sizes.insert(password.size());
    characters.insert(password.begin(), password.end());
  }

  EXPECT_EQ(sizes.size(), 20);
  EXPECT_EQ(*sizes.begin(), 20);
  EXPECT_EQ(*sizes.rbegin(), 39);
  EXPECT_EQ(characters.size(), 62);
  EXPECT_TRUE(std::ranges::all_of(characters, [](unsigned char c) { return std::isalnum(c); }));
}

}  // namespace
}  // namespace iggy::broker
