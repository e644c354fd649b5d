// How much does a server do, how fast, and what does it cost? Real frames over TCP, many blocking
// clients on one thread, one JSON object on standard output. See --help.
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "benchmarks/consumer.hpp"
#include "benchmarks/options.hpp"
#include "benchmarks/producer.hpp"
#include "benchmarks/report.hpp"

namespace iggy::benchmarks {
namespace {

using Connections = std::vector<std::unique_ptr<Connection>>;

timespec from_now(std::int64_t due) {
  const auto left = std::max<std::int64_t>(due - now(), 0);
  return {.tv_sec = left / 1'000'000'000, .tv_nsec = left % 1'000'000'000};
}

/// The connections of one thread.
class Crew {
 public:
  void add(std::unique_ptr<Connection> connection) {
    epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLET, .data = {.ptr = connection.get()}};
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection->socket(), &event);
    connections_.push_back(std::move(connection));
  }

  /// Returns when all are done.
  void run(bool is_paced) {
    ::prctl(PR_SET_TIMERSLACK, 1UL);
    std::array<epoll_event, 256> events;
    while (!is_done()) {
      const auto due = is_paced ? advance_due() : now() + patience;
      const auto timeout = from_now(std::min(due, now() + patience));
      const auto count = ::epoll_pwait2(epoll_, events.data(), events.size(), &timeout, nullptr);
      if (count == 0 && !is_paced) advance_all();  // the load may be over
      for (int i = 0; i < count; ++i) {
        const auto& event = events[static_cast<std::size_t>(i)];
        static_cast<Connection*>(event.data.ptr)->advance(event.events);
      }
    }
  }

  void add_to(Outcome& outcome) const {
    for (const auto& connection : connections_) {
      const auto is_producer = dynamic_cast<const Producer*>(connection.get()) != nullptr;
      (is_producer ? outcome.producers : outcome.consumers).merge(connection->figures());
    }
  }

 private:
  static constexpr std::int64_t patience = 10'000'000;

  [[nodiscard]] bool is_done() const {
    return std::ranges::all_of(connections_, [](const auto& one) { return one->is_done(); });
  }
  void advance_all() {
    for (const auto& connection : connections_) connection->advance();
  }
  /// When the next one is due.
  std::int64_t advance_due() {
    auto next = never;
    for (const auto& connection : connections_) {
      if (connection->due() <= now()) connection->advance();
      next = std::min(next, connection->due());
    }
    return next;
  }

  int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  Connections connections_;
};

void create_topics(const Options& options) {
  const auto socket = connect_to(options.address);
  // Refused where they are from an earlier run: the load itself will find out if they are missing.
  call(socket, create_stream_frame());
  for (std::uint32_t i = 0; i < options.topics; ++i) {
    call(socket, create_topic_frame(i, options.partitions));
  }
  ::close(socket);
}

Connections connect_all(Load& load) {
  Connections connections;
  for (std::uint32_t i = 0; i < load.options.producers; ++i) {
    auto producer = std::make_unique<Producer>(load, connect_to(load.options.address), i);
    if (load.options.touch) producer->touch();
    connections.push_back(std::move(producer));
  }
  for (std::uint32_t i = 0; i < load.options.consumers; ++i) {
    connections.push_back(std::make_unique<Consumer>(load, connect_to(load.options.address), i));
  }
  return connections;
}

void set_times(Load& load) {
  load.start = now();
  load.measured_from = load.start + static_cast<std::int64_t>(load.options.warmup_seconds * 1e9);
  if (load.options.seconds > 0) {
    load.end = load.measured_from + static_cast<std::int64_t>(load.options.seconds * 1e9);
  }
}

Usages usages(const Options& options) {
  return {.server = usage_of(options.server_pid),
          .driver = usage_of(::getpid()),
          .machine_cpu_seconds = machine_cpu_seconds()};
}

Outcome run(Load& load) {
  auto connections = connect_all(load);
  std::vector<Crew> crews(load.options.threads);
  for (std::size_t i = 0; i < connections.size(); ++i) {
    crews[i % crews.size()].add(std::move(connections[i]));
  }
  const auto is_paced = load.options.rate > 0 || load.options.tail;
  set_times(load);
  std::vector<std::thread> threads;
  for (auto& crew : crews) threads.emplace_back([&crew, is_paced] { crew.run(is_paced); });

  std::this_thread::sleep_for(std::chrono::nanoseconds(load.measured_from - now()));
  Outcome outcome{.before = usages(load.options)};
  for (auto& thread : threads) thread.join();
  outcome.after = usages(load.options);
  outcome.seconds = static_cast<double>(now() - load.measured_from) / 1e9;
  for (const auto& crew : crews) crew.add_to(outcome);
  return outcome;
}

void raise_file_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace
}  // namespace iggy::benchmarks

int main(int argc, char** argv) {
  using namespace iggy::benchmarks;
  const auto options = parse_options(argc, argv);
  raise_file_limit();
  create_topics(options);
  const BatchPattern pattern(options);
  Load load{.options = options, .pattern = pattern};
  fmt::print("{}\n", to_json(run(load), load));
  return 0;
}
