// Listening sockets and addresses.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <string>
#include <vector>

#include "runtime/socket.hpp"
#include "runtime/testing.hpp"

namespace iggy::runtime {
namespace {

TEST(SocketAddress, is_parsed_from_text_and_written_back) {
  const auto v4 = SocketAddress::parse("127.0.0.1:8090");
  ASSERT_TRUE(v4);
  EXPECT_EQ(v4->to_string(), "127.0.0.1:8090");
  EXPECT_EQ(v4->ip(), "127.0.0.1");
  EXPECT_EQ(v4->port(), 8090);
  EXPECT_FALSE(v4->is_v6());

  const auto v6 = SocketAddress::parse("[::1]:0");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->to_string(), "[::1]:0");
  EXPECT_EQ(v6->ip(), "::1");
  EXPECT_TRUE(v6->is_v6());
  EXPECT_NE(*v4, *v6);
}

TEST(SocketAddress, refuses_what_is_no_address) {
  for (const auto* text :
       {"", ":", "127.0.0.1", "127.0.0.1:", ":8090", "127.0.0.1:65536", "127.0.0.1:-1",
        "127.0.0.1:+1", "127.0.0.1: 80", "127.0.0.1:80x", "::1:8090", "[::1]", "[127.0.0.1]:80",
        "[]:80", "localhost:80", "256.0.0.1:80", "[::1:80"}) {
    EXPECT_EQ(SocketAddress::parse(text), Result<SocketAddress>(fail(Error::invalid_ip_address)))
        << text;
  }
}

Task<int> resolve_names() {
  EXPECT_EQ(co_await SocketAddress::resolve("127.0.0.1:80"), SocketAddress::parse("127.0.0.1:80"));
  const auto local = co_await SocketAddress::resolve("localhost:8090");
  EXPECT_TRUE(local);
  EXPECT_EQ(local->port(), 8090);
  EXPECT_TRUE(local->ip() == "127.0.0.1" || local->ip() == "::1");

  const Result<SocketAddress> malformed = fail(Error::invalid_ip_address);
  EXPECT_EQ(co_await SocketAddress::resolve("localhost"), malformed);
  EXPECT_EQ(co_await SocketAddress::resolve("localhost:70000"), malformed);
  EXPECT_EQ(co_await SocketAddress::resolve(std::string(300, 'a') + ":80"), malformed);
  EXPECT_EQ(co_await SocketAddress::resolve("a..b:80"),
            Result<SocketAddress>(fail(Error::cannot_establish_connection)));
  co_return 0;
}

TEST(SocketAddress, is_resolved_from_a_name) { EXPECT_EQ(run_real(1, resolve_names), 0); }

Task<int> bind_twice() {
  const auto first = Listener::bind(*SocketAddress::parse("127.0.0.1:0"));
  EXPECT_TRUE(first);
  EXPECT_NE(first->local_address().port(), 0);
  const auto second = Listener::bind(first->local_address());
  EXPECT_TRUE(!second && second.error() == Error::address_in_use);
  co_return 0;
}

TEST(Listener, refuses_an_address_that_another_listens_on) {
  EXPECT_EQ(run_real(1, bind_twice), 0);
}

Task<int> bind_elsewhere() {
  // An address reserved for documentation (RFC 5737): no machine has it.
  const auto listener = Listener::bind(*SocketAddress::parse("203.0.113.1:0"));
  EXPECT_TRUE(!listener && listener.error() == Error::address_not_available);
  co_return 0;
}

TEST(Listener, refuses_an_address_of_another_machine) { EXPECT_EQ(run_real(1, bind_elsewhere), 0); }

Task<int> connect_to_nobody() {
  auto listener = Listener::bind(*SocketAddress::parse("127.0.0.1:0"));
  const auto address = listener->local_address();
  {
    const auto closed = std::move(*listener);
  }
  const auto socket = co_await Socket::connect(address);
  EXPECT_TRUE(!socket && socket.error() == Error::cannot_establish_connection);
  co_return 0;
}

TEST(Listener, is_gone_when_it_is_destroyed) { EXPECT_EQ(run_real(1, connect_to_nobody), 0); }

/// For its lifetime the process may open no further descriptor.
class NoMoreDescriptors {
 public:
  NoMoreDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    auto none = before_;
    none.rlim_cur = 0;
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  }
  ~NoMoreDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoMoreDescriptors(const NoMoreDescriptors&) = delete;
  NoMoreDescriptors& operator=(const NoMoreDescriptors&) = delete;

 private:
  rlimit before_{};
};

Task<int> run_out_of_descriptors() {
  auto listener = Listener::bind(*SocketAddress::parse("127.0.0.1:0"));
  const auto client = co_await Socket::connect(listener->local_address());
  EXPECT_TRUE(client);
  {
    const NoMoreDescriptors limit;
    const auto refused = co_await listener->accept();
    EXPECT_TRUE(!refused && refused.error() == Error::too_many_open_files);
  }
  EXPECT_TRUE(co_await listener->accept());  // the connection has waited
  co_return 0;
}

TEST(Listener, reports_that_descriptors_have_run_out) {
  EXPECT_EQ(run_real(1, run_out_of_descriptors), 0);
}

}  // namespace
}  // namespace iggy::runtime
