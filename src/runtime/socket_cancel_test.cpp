// Cancelling what the kernel holds: it ends, nothing is lost, and the socket stays usable.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <vector>

#include "runtime/event.hpp"
#include "runtime/runtime.hpp"
#include "runtime/socket.hpp"
#include "runtime/socket_pair.hpp"
#include "runtime/task_group.hpp"
#include "runtime/testing.hpp"
#include "runtime/timer.hpp"

namespace iggy::runtime {
namespace {

template <class T>
Task<> keep(Task<Result<T>> task, std::optional<Result<T>>& result) {
  result = co_await std::move(task);
}

/// Lets what was submitted reach the kernel.
Task<> let_the_kernel_have_it() {
  for (int i = 0; i < 50; ++i) co_await yield();
}

template <class T>
Task<std::optional<Error>> error_when_cancelled(Task<Result<T>> task) {
  std::optional<Result<T>> result;
  TaskGroup group;
  group.spawn(keep(std::move(task), result));
  co_await let_the_kernel_have_it();
  EXPECT_FALSE(result);
  group.cancel();
  co_await group.join();
  if (*result) co_return std::nullopt;
  co_return result->error();
}

Task<int> cancel_receive() {
  auto [a, b] = co_await socket_pair();
  std::array<std::byte, 10> into{};
  EXPECT_EQ(co_await error_when_cancelled(b.receive(into)), Error::cancelled);

  // What comes later is received by the next.
  EXPECT_TRUE(co_await a.send(base::as_bytes("late")));
  EXPECT_EQ(co_await b.receive(into), 4u);
  co_return 0;
}

TEST(Cancellation, ends_a_receive) { EXPECT_EQ(run_real(1, cancel_receive), 0); }

Task<int> cancel_send() {
  auto [a, b] = co_await socket_pair();
  const std::vector<std::byte> bytes(20'000'000);
  EXPECT_EQ(co_await error_when_cancelled(a.send(bytes)), Error::cancelled);
  co_return 0;
}

TEST(Cancellation, ends_a_send_that_the_peer_does_not_take) {
  EXPECT_EQ(run_real(1, cancel_send), 0);
}

Task<int> cancel_accept() {
  auto listener = Listener::bind(*SocketAddress::parse("127.0.0.1:0"));
  EXPECT_EQ(co_await error_when_cancelled(listener->accept()), Error::cancelled);

  const auto client = co_await Socket::connect(listener->local_address());
  EXPECT_TRUE(client);
  EXPECT_TRUE(co_await listener->accept());
  co_return 0;
}

TEST(Cancellation, ends_an_accept) { EXPECT_EQ(run_real(1, cancel_accept), 0); }

/// A listening socket whose queue is full: who connects now waits.
class FullListener {
 public:
  FullListener() : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(descriptor_, generic, size), 0);
    EXPECT_EQ(::listen(descriptor_, 0), 0);
    EXPECT_EQ(::getsockname(descriptor_, generic, &size), 0);
    port_ = ntohs(address.sin_port);
    queued_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::connect(queued_, generic, size), 0);
  }
  ~FullListener() {
    ::close(queued_);
    ::close(descriptor_);
  }
  FullListener(const FullListener&) = delete;
  FullListener& operator=(const FullListener&) = delete;

  [[nodiscard]] SocketAddress address() const {
    return *SocketAddress::parse("127.0.0.1:" + std::to_string(port_));
  }

 private:
  int descriptor_;
  int queued_ = -1;
  std::uint16_t port_ = 0;
};

Task<int> cancel_connect() {
  const FullListener listener;
  EXPECT_EQ(co_await error_when_cancelled(Socket::connect(listener.address())), Error::cancelled);
  co_return 0;
}

TEST(Cancellation, ends_a_connect) { EXPECT_EQ(run_real(1, cancel_connect), 0); }

Task<Result<int>> wait_on(Event& event) {
  if (const auto waited = co_await event.wait(); !waited) co_return fail(waited);
  co_return 0;
}

Task<Result<int>> sleep_for(Duration duration) {
  if (const auto slept = co_await sleep(duration); !slept) co_return fail(slept);
  co_return 0;
}

Task<int> cancel_waits() {
  Event event;
  EXPECT_EQ(co_await error_when_cancelled(wait_on(event)), Error::cancelled);
  EXPECT_EQ(co_await error_when_cancelled(sleep_for(Duration::seconds(1'000))), Error::cancelled);
  co_return 0;
}

TEST(Cancellation, ends_sleeps_and_waits_on_a_real_shard) {
  EXPECT_EQ(run_real(1, cancel_waits), 0);
}

Task<int> start_cancelled() {
  auto [a, b] = co_await socket_pair();
  auto listener = Listener::bind(*SocketAddress::parse("127.0.0.1:0"));
  EXPECT_TRUE(co_await a.send(base::as_bytes("x")));
  std::array<std::byte, 10> into{};
  CancelScope scope;
  scope.cancel();
  EXPECT_EQ(co_await in_scope(scope, b.receive(into)), Result<std::size_t>(fail(Error::cancelled)));
  EXPECT_EQ(co_await in_scope(scope, b.send(into)), Result<>(fail(Error::cancelled)));
  const auto accepted = co_await in_scope(scope, listener->accept());
  EXPECT_TRUE(!accepted && accepted.error() == Error::cancelled);
  const auto connected = co_await in_scope(scope, Socket::connect(listener->local_address()));
  EXPECT_TRUE(!connected && connected.error() == Error::cancelled);

  EXPECT_EQ(co_await b.receive(into), 1u);
  co_return 0;
}

TEST(Cancellation, ends_at_once_what_starts_in_a_cancelled_scope) {
  EXPECT_EQ(run_real(1, start_cancelled), 0);
}

Task<int> race_with_data() {
  auto [a, b] = co_await socket_pair();
  std::array<std::byte, 4> into{};
  std::size_t received = 0;
  for (int round = 0; round < 500; ++round) {
    std::optional<Result<std::size_t>> result;
    TaskGroup group;
    group.spawn(keep(b.receive(into), result));
    for (int turn = 0; turn < round % 20; ++turn) co_await yield();
    EXPECT_TRUE(co_await a.send(base::as_bytes("x")));
    for (int turn = 0; turn < round % 7; ++turn) co_await yield();
    group.cancel();
    co_await group.join();
    if (*result) received += **result;
  }
  a.shutdown_send();
  for (;;) {
    const auto size = co_await b.receive(into);
    EXPECT_TRUE(size);
    if (!size || *size == 0) break;
    received += *size;
  }
  EXPECT_EQ(received, 500u);
  co_return 0;
}

TEST(Cancellation, loses_no_byte_that_comes_at_the_same_moment) {
  EXPECT_EQ(run_real(1, race_with_data), 0);
}

Task<int> race_with_connections() {
  auto listener = Listener::bind(*SocketAddress::parse("127.0.0.1:0"));
  int accepted = 0;
  for (int round = 0; round < 200; ++round) {
    std::optional<Result<DetachedSocket>> result;
    TaskGroup group;
    group.spawn(keep(listener->accept(), result));
    for (int turn = 0; turn < round % 20; ++turn) co_await yield();
    const auto client = co_await Socket::connect(listener->local_address());
    EXPECT_TRUE(client);
    for (int turn = 0; turn < round % 7; ++turn) co_await yield();
    group.cancel();
    co_await group.join();
    if (!*result) result = co_await listener->accept();
    if (*result) ++accepted;
  }
  EXPECT_EQ(accepted, 200);
  co_return 0;
}

TEST(Cancellation, loses_no_connection_that_comes_at_the_same_moment) {
  EXPECT_EQ(run_real(1, race_with_connections), 0);
}

Task<int> time_out() {
  auto [a, b] = co_await socket_pair();
  std::array<std::byte, 10> into{};
  EXPECT_EQ(co_await with_timeout(Duration::milliseconds(1), b.receive(into)),
            Result<std::size_t>(fail(Error::timed_out)));

  EXPECT_TRUE(co_await a.send(base::as_bytes("late")));
  EXPECT_EQ(co_await with_timeout(Duration::seconds(1'000), b.receive(into)), 4u);
  co_return 0;
}

TEST(WithTimeoutOnSocket, ends_a_receive_and_leaves_the_socket_usable) {
  EXPECT_EQ(run_real(1, time_out), 0);
}

Task<> hold_many(std::vector<SocketPair>& pairs, std::size_t& ended) {
  TaskGroup group(co_await this_scope());
  std::vector<std::array<std::byte, 8>> memory(pairs.size());
  std::vector<std::optional<Result<std::size_t>>> results(pairs.size());
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    group.spawn(keep(pairs[i].b.receive(memory[i]), results[i]));
  }
  co_await group.join();
  for (const auto& result : results) {
    if (result && !*result && result->error() == Error::cancelled) ++ended;
  }
}

Task<int> shut_down_with_work_in_flight() {
  std::vector<SocketPair> pairs;
  for (int i = 0; i < 300; ++i) pairs.push_back(co_await socket_pair());
  std::size_t ended = 0;
  TaskGroup group;
  group.spawn(hold_many(pairs, ended));
  co_await let_the_kernel_have_it();
  group.cancel();
  co_await group.join();
  EXPECT_EQ(ended, 300u);
  co_return 0;
}

TEST(Shutdown, ends_hundreds_of_receives_in_flight) {
  EXPECT_EQ(run_real(1, shut_down_with_work_in_flight), 0);
}

}  // namespace
}  // namespace iggy::runtime
