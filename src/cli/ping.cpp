// The command ping.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "cli/nouns.hpp"
#include "cli/ping_statistics.hpp"
#include "runtime/shard.hpp"
#include "runtime/timer.hpp"

namespace iggy::cli {

std::string ping_statistics(const std::vector<Duration>& times) {
  double sum = 0;
  for (const auto time : times) sum += static_cast<double>(time.microseconds);
  const auto average = sum / static_cast<double>(times.size());
  double squares = 0;
  for (const auto time : times) {
    squares += std::pow(static_cast<double>(time.microseconds) - average, 2);
  }
  const auto deviation = std::sqrt(squares / static_cast<double>(times.size()));
  const auto [least, most] = std::ranges::minmax(times);
  return fmt::format("min/avg/max/mdev = {:.3f}/{:.3f}/{:.3f}/{:.3f} ms",
                     static_cast<double>(least.microseconds) / 1000, average / 1000,
                     static_cast<double>(most.microseconds) / 1000, deviation / 1000);
}

namespace {

class Ping final : public Command {
 public:
  void declare(Syntax& syntax) override {
    syntax.option({.letter = 'c',
                   .name = "count",
                   .value_name = "COUNT",
                   .help = "How many pings to send, one every second",
                   .take = take_into(count_),
                   .default_text = "1"});
  }
  bool needs_login() const override { return false; }
  std::string explain() const override { return "ping command"; }

  Task<Outcome> run(Session session) override {
    const auto width = fmt::to_string(count_.value).size();
    std::vector<Duration> times;
    for (std::uint32_t id = 1; id <= count_.value; ++id) {
      const auto start = runtime::Shard::current().clock().monotonic();
      if (const auto pong = co_await session.client.ping(); !pong) {
        co_return failure("Problem sending ping command", pong.error());
      }
      times.push_back(runtime::Shard::current().clock().monotonic() - start);
      session.output.line(fmt::format("Ping sequence id: {:>{}} time: {:.2f} ms", id, width,
                                      static_cast<double>(times.back().microseconds) / 1000));
      if (const auto slept = co_await runtime::sleep(Duration::seconds(1)); !slept) {
        co_return failure("Problem sending ping command", slept.error());
      }
    }
    session.output.line("");
    session.output.line(fmt::format("Ping statistics for {} ping commands", count_.value));
    session.output.line(ping_statistics(times));
    co_return Outcome{};
  }

 private:
  PositiveCount count_;
};

}  // namespace

std::unique_ptr<Command> make_ping() { return make_command<Ping>(); }

}  // namespace iggy::cli
