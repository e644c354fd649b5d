// Tests of login, logout, and who one is.
#include "broker/sessions.hpp"

#include <gtest/gtest.h>

#include "broker/password.hpp"
#include "broker/testing.hpp"

namespace iggy::broker {
namespace {

using test::name;

/// A session that is not logged in, and users with the password "secret".
class SessionTest : public BrokerTest {
 protected:
  void add_user_with_password(std::string username, UserStatus status = UserStatus::active) {
    add_user(std::move(username), std::nullopt, run(hash_password("secret")).value(), status);
  }
  Result<wire::UserIdentity> log_in(std::string username, std::string password) {
    return run(login_user(somebody(), {.username = wire::Name(std::move(username)),
                                       .password = wire::ShortText(std::move(password))}));
  }
  [[nodiscard]] Context somebody() { return {*broker_, session_}; }

  Session session_{.client_id = ClientId{9},
                   .transport = wire::Transport::websocket,
                   .address = "127.0.0.1:4321"};
};

class LoginUser : public SessionTest {};
class LogoutUser : public SessionTest {};
class GetMe : public SessionTest {};

TEST_F(LoginUser, gives_the_session_its_user) {
  add_user_with_password("alice");

  EXPECT_EQ(log_in("alice", "secret"), wire::UserIdentity{.user_id = UserId{2}});

  EXPECT_TRUE(session_.is_logged_in());
  EXPECT_EQ(session_.user_id, UserId{2});
  ASSERT_NE(somebody().user(), nullptr);
  EXPECT_EQ(somebody().user()->name, "alice");
}

TEST_F(LoginUser, does_not_tell_an_unknown_user_from_a_wrong_password) {
  add_user_with_password("alice");

  EXPECT_EQ(log_in("alice", "Secret"), fail(Error::invalid_credentials));
  EXPECT_EQ(log_in("Alice", "secret"), fail(Error::invalid_credentials));
  EXPECT_FALSE(session_.is_logged_in());
}

TEST_F(LoginUser, leaves_the_session_as_it_was_if_it_fails) {
  add_user_with_password("alice");
  ASSERT_TRUE(log_in("alice", "secret"));

  EXPECT_EQ(log_in("alice", "wrong"), fail(Error::invalid_credentials));

  EXPECT_EQ(session_.user_id, UserId{2});
}

TEST_F(LoginUser, replaces_the_user) {
  add_user_with_password("alice");
  add_user_with_password("bob");
  ASSERT_TRUE(log_in("alice", "secret"));

  EXPECT_EQ(log_in("bob", "secret"), wire::UserIdentity{.user_id = UserId{3}});

  EXPECT_EQ(session_.user_id, UserId{3});
}

TEST_F(LoginUser, takes_digits_for_a_name) {
  add_user_with_password("123");

  EXPECT_EQ(log_in("123", "secret"), wire::UserIdentity{.user_id = UserId{2}});
  // As a number this would be root.
  EXPECT_EQ(log_in("000", "secret"), fail(Error::invalid_credentials));
}

TEST_F(LoginUser, refuses_an_inactive_user_whatever_the_password) {
  add_user_with_password("alice", UserStatus::inactive);

  EXPECT_EQ(log_in("alice", "secret"), fail(Error::user_inactive));
  EXPECT_EQ(log_in("alice", "wrong"), fail(Error::user_inactive));
  EXPECT_FALSE(session_.is_logged_in());
}

TEST_F(LoginUser, checks_the_sizes_of_name_and_password) {
  EXPECT_EQ(log_in("al", "no"), fail(Error::invalid_username));
  EXPECT_EQ(log_in(std::string(51, 'a'), "secret"), fail(Error::invalid_username));
  EXPECT_EQ(log_in("alice", "no"), fail(Error::invalid_password));
  EXPECT_EQ(log_in("alice", std::string(101, 'a')), fail(Error::invalid_password));
}

TEST_F(LoginUser, is_refused_before_anything_else_while_the_server_stops) {
  add_user_with_password("alice");

  shard_.run(broker_->begin_stopping());

  EXPECT_EQ(log_in("alice", "secret"), fail(Error::disconnected));
  EXPECT_EQ(log_in("a", "secret"), fail(Error::disconnected));
}

TEST_F(LoginUser, works_after_a_restart) {
  add_user_with_password("alice");

  ASSERT_TRUE(restart());

  EXPECT_EQ(log_in("alice", "secret"), wire::UserIdentity{.user_id = UserId{2}});
}

TEST_F(LogoutUser, leaves_the_session_without_a_user) {
  session_ = guest_session_;

  EXPECT_TRUE(run(logout_user(somebody(), {})));

  EXPECT_FALSE(session_.is_logged_in());
  EXPECT_EQ(somebody().user(), nullptr);
}

TEST_F(LogoutUser, finds_no_client_if_the_user_is_gone) {
  session_.log_in(UserId{1}, Incarnation{99});  // of one who had the guest's number before

  EXPECT_EQ(run(logout_user(somebody(), {})), fail(Error::client_not_found));
}

TEST_F(GetMe, tells_the_session) {
  session_.log_in(UserId{1}, Incarnation{2});

  const auto me = run(get_me(somebody(), {}));

  const wire::ClientDetails expected{.client = {.client_id = ClientId{9},
                                                .user_id = UserId{1},
                                                .transport = wire::Transport::websocket,
                                                .address = "127.0.0.1:4321"}};
  EXPECT_EQ(me, expected);
}

TEST_F(GetMe, finds_no_client_if_the_user_is_gone) {
  session_.log_in(UserId{1}, Incarnation{99});

  EXPECT_EQ(run(get_me(somebody(), {})), fail(Error::client_not_found));
}

TEST_F(SessionTest, has_no_rights_once_its_user_is_gone) {
  session_.log_in(root_user_id, Incarnation{99});  // root's number, but somebody else

  EXPECT_EQ(run(create_stream(somebody(), {.name = name("s")})), fail(Error::unauthorized));
}

}  // namespace
}  // namespace iggy::broker
