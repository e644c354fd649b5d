// The machine as a whole: shards, fairness, signals, clocks, randomness.
#include "runtime/runtime.hpp"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime/cpus.hpp"
#include "runtime/event.hpp"
#include "runtime/on.hpp"
#include "runtime/socket_pair.hpp"
#include "runtime/system.hpp"
#include "runtime/testing.hpp"
#include "runtime/timer.hpp"

namespace iggy::runtime {
namespace {

Task<int> give_status() { co_return 42; }

TEST(Runtime, gives_the_status_of_main) { EXPECT_EQ(run_real(1, give_status), 42); }

Task<int> visit_all(Runtime& runtime) {
  EXPECT_EQ(runtime.shard_count(), 4u);
  for (std::uint32_t index = 0; index < 4; ++index) {
    const auto thread = co_await on(runtime.shard(index), [] { return ::gettid(); });
    EXPECT_EQ(thread == ::gettid(), index == 0);
  }
  co_return 0;
}

TEST(Runtime, drives_each_shard_on_a_thread_of_its_own) { EXPECT_EQ(run_real(4, visit_all), 0); }

TEST(Runtime, raises_the_limit_of_descriptors) {
  ASSERT_EQ(run_real(1, give_status), 42);
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);

  EXPECT_EQ(limit.rlim_cur, limit.rlim_max);
}

Task<std::string> reactor_name(Runtime& runtime, std::uint32_t index) {
  co_return co_await on(runtime.shard(index),
                        [] { return std::string(Shard::current().reactor().name()); });
}

Task<int> compare_backend(Runtime& runtime) {
  const char* const forced = std::getenv("IGGY_RUNTIME");
  for (std::uint32_t index = 0; index < 2 && forced != nullptr; ++index) {
    EXPECT_EQ(co_await reactor_name(runtime, index), forced);
  }
  co_return 0;
}

TEST(Runtime, uses_the_backend_that_is_forced) { EXPECT_EQ(run_real(2, compare_backend), 0); }

TEST(Backend, is_what_the_environment_says) {
  std::string reason;
  EXPECT_EQ(choose_backend("epoll", reason), Backend::epoll);
  EXPECT_FALSE(reason.empty());
  EXPECT_EQ(choose_backend("kqueue", reason), Result<Backend>(fail(Error::invalid_configuration)));
}

TEST(Backend, is_one_that_works_if_nothing_is_said) {
  std::string reason;
  const auto chosen = choose_backend(nullptr, reason);
  ASSERT_TRUE(chosen);

  EXPECT_TRUE(make_reactor(*chosen));
  EXPECT_EQ(choose_backend("", reason), chosen);
}

/// From now on the kernel refuses io_uring to this process, as it does in a default container.
void forbid_io_uring(int error) {
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_io_uring_setup, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(error)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{.len = std::size(filter), .filter = filter};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) std::_Exit(90);
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) std::_Exit(91);
}

/// In a process of its own: 0 if it falls back to epoll, and refuses what is forced.
[[noreturn]] void choose_where_forbidden(int error) {
  forbid_io_uring(error);
  std::string reason;
  if (choose_backend(nullptr, reason) != Backend::epoll || reason.empty()) std::_Exit(1);
  const Result<Backend> refused = fail(Error::operation_unsupported);
  if (choose_backend("io_uring", reason) != refused || reason.empty()) std::_Exit(2);
  std::_Exit(0);
}

TEST(BackendDeathTest, is_epoll_where_io_uring_is_forbidden_or_unknown) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(choose_where_forbidden(EPERM), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(choose_where_forbidden(ENOSYS), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(choose_where_forbidden(ENOMEM), testing::ExitedWithCode(0), "");
}

Task<> yield_until(bool& done, std::size_t& rounds) {
  while (!done) {
    ++rounds;
    co_await yield();
  }
}

Task<int> wait_beside_a_busy_task(Runtime& runtime) {
  bool done = false;
  std::size_t rounds = 0;
  TaskGroup group;
  group.spawn(yield_until(done, rounds));
  EXPECT_TRUE(co_await sleep(Duration::milliseconds(1)));
  EXPECT_EQ(co_await on(runtime.shard(1), [] { return 5; }), 5);
  auto [a, b] = co_await socket_pair();
  EXPECT_TRUE(co_await a.send(base::as_bytes("x")));
  std::array<std::byte, 1> into{};
  EXPECT_EQ(co_await b.receive(into), 1u);
  done = true;
  co_await group.join();
  EXPECT_GT(rounds, 1u);
  co_return 0;
}

TEST(Shard, serves_timers_inbox_and_kernel_beside_a_task_that_never_waits) {
  EXPECT_EQ(run_real(2, wait_beside_a_busy_task), 0);
}

Task<> note(std::vector<int>& order, int number) {
  order.push_back(number);
  co_await yield();
  order.push_back(number + 10);
}

TEST(Shard, resumes_what_yields_behind_what_is_ready) {
  TestShard shard;
  std::vector<int> order;
  shard.group().spawn(note(order, 1));
  shard.group().spawn(note(order, 2));
  shard.run_ready();

  EXPECT_EQ(order, (std::vector<int>{1, 2, 11, 12}));
}

Task<int> end_with_a_service_that_waits(Runtime& runtime) {
  // Not joined by main: the shard cancels and joins it when it ends.
  co_await on(runtime.shard(1), [] {
    struct Service {
      static Task<> wait() { (void)co_await sleep(Duration::max()); }
    };
    Shard::current().services().spawn(Service::wait());
  });
  co_return 0;
}

TEST(Shard, ends_its_services_when_it_stops) {
  EXPECT_EQ(run_real(2, end_with_a_service_that_waits), 0);
}

Task<> next_signal(Signals& signals, std::optional<Result<int>>& result) {
  result = co_await signals.next();
}

Task<int> receive_signals(Signals& signals) {
  std::optional<Result<int>> result;
  TaskGroup group;
  group.spawn(next_signal(signals, result));
  for (int i = 0; i < 50; ++i) co_await yield();
  EXPECT_FALSE(result);
  ::kill(::getpid(), SIGUSR1);
  co_await group.join();
  EXPECT_EQ(result, Result<int>(SIGUSR1));

  ::kill(::getpid(), SIGUSR2);
  EXPECT_EQ(co_await signals.next(), SIGUSR2);

  group.spawn(next_signal(signals, result));
  for (int i = 0; i < 50; ++i) co_await yield();
  group.cancel();
  co_await group.join();
  EXPECT_EQ(result, Result<int>(fail(Error::cancelled)));
  co_return 0;
}

TEST(Signals, come_as_events) {
  Signals signals({SIGUSR1, SIGUSR2});
  EXPECT_EQ(run_real(2, [&signals] { return receive_signals(signals); }), 0);
}

TEST(SystemClock, does_not_go_back) {
  const SystemClock clock;
  const auto first = clock.monotonic();
  EXPECT_GE(clock.monotonic(), first);
  EXPECT_GT(clock.now(), Timestamp{1'700'000'000'000'000});  // November 2023
}

TEST(SystemRandom, does_not_repeat_itself) {
  SystemRandom random;
  std::set<std::array<std::byte, 16>> seen;
  for (int i = 0; i < 1'000; ++i) {
    std::array<std::byte, 16> bytes{};
    random.fill(bytes);
    seen.insert(bytes);
  }
  EXPECT_EQ(seen.size(), 1'000u);
}

TEST(SystemRandom, fills_any_size_to_its_end) {
  SystemRandom random;
  for (const std::size_t size : {1u, 1'000u, 1'024u, 5'000u}) {
    // Each byte is other than zero in one of so many attempts, unless it is never written.
    std::vector<std::byte> ever(size);
    for (int i = 0; i < 20; ++i) {
      std::vector<std::byte> bytes(size);
      random.fill(bytes);
      for (std::size_t at = 0; at < size; ++at) ever[at] |= bytes[at];
    }
    EXPECT_EQ(std::ranges::count(ever, std::byte{0}), 0) << size;
  }
}

TEST(SeededRandom, repeats_itself_from_its_seed) {
  std::array<std::byte, 20> first{};
  std::array<std::byte, 20> second{};
  std::array<std::byte, 20> other{};
  SeededRandom(1).fill(first);
  SeededRandom(1).fill(second);
  SeededRandom(2).fill(other);

  EXPECT_EQ(first, second);
  EXPECT_NE(first, other);
}

TEST(Cpus, are_limited_by_a_quota_rounded_up) {
  EXPECT_EQ(parse_cpu_quota("max 100000\n"), no_cpu_quota);
  EXPECT_EQ(parse_cpu_quota("200000 100000\n"), 2u);
  EXPECT_EQ(parse_cpu_quota("150000 100000\n"), 2u);
  EXPECT_EQ(parse_cpu_quota("1000 100000\n"), 1u);
  EXPECT_EQ(parse_cpu_quota(""), no_cpu_quota);
  EXPECT_EQ(parse_cpu_quota("0 0"), no_cpu_quota);
  EXPECT_EQ(parse_cpu_quota("nonsense"), no_cpu_quota);
}

TEST(Cpus, are_at_least_one_and_sorted) {
  const auto cpus = available_cpus();
  ASSERT_FALSE(cpus.empty());
  EXPECT_TRUE(std::ranges::is_sorted(cpus));
}

}  // namespace
}  // namespace iggy::runtime
