// What a disk that is written to costs the CPUs: on some virtual machines the host stops them for
// it. Writes at a given rate past the page cache, and watches how long each CPU stands still.
//
//   cpu-stalls --directory DIR --mb-per-s 200 --seconds 3
#include <fcntl.h>
#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <list>
#include <memory>
#include <string>
#include <thread>

namespace iggy::benchmarks {
namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr std::size_t piece_bytes = std::size_t{1} << 20;
constexpr std::uint64_t file_pieces = 1000;  // then it is written over

struct Options {
  std::string directory;
  double mb_per_s = 0;
  double seconds = 3;
};

/// Sleeps half a millisecond at a time, before all other threads of its CPU.
class Watch {
 public:
  static constexpr Milliseconds stall_min{4};

  explicit Watch(unsigned cpu) : cpu_(cpu), thread_([this] { run(); }) {}

  /// Ends it. What it has seen: stalls, their sum, the longest.
  std::string finish() {
    is_over_ = true;
    thread_.join();
    return fmt::format(R"({{"cpu": {}, "stalls": {}, "stalled_ms": {:.0f}, "worst_ms": {:.1f}}})",
                       cpu_, count_, sum_.count(), worst_.count());
  }

 private:
  void run() {
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(cpu_, &cpus);
    ::pthread_setaffinity_np(::pthread_self(), sizeof cpus, &cpus);
    const sched_param priority{.sched_priority = 50};
    ::pthread_setschedparam(::pthread_self(), SCHED_FIFO, &priority);  // best effort: needs a right
    auto last = Clock::now();
    while (!is_over_) {
      std::this_thread::sleep_for(std::chrono::microseconds(500));
      const auto now = Clock::now();
      const Milliseconds gap = now - std::exchange(last, now);
      if (gap < stall_min) continue;
      ++count_;
      sum_ += gap;
      worst_ = std::max(worst_, gap);
    }
  }

  unsigned cpu_;
  std::atomic<bool> is_over_{false};
  unsigned count_ = 0;
  Milliseconds sum_{};
  Milliseconds worst_{};
  std::thread thread_;
};

/// Writes at the rate for the time. The pieces written, or -1.
long write_paced(const Options& options, Clock::time_point start) {
  const auto path = options.directory + "/cpu-stalls";
  const auto file = ::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_DIRECT | O_CLOEXEC, 0644);
  if (file < 0) return -1;
  ::unlink(path.c_str());
  const std::unique_ptr<void, decltype(&std::free)> piece(std::aligned_alloc(4096, piece_bytes),
                                                          &std::free);
  long pieces = 0;
  const auto seconds_of = [&](long count) {
    return std::chrono::duration<double>(static_cast<double>(count * piece_bytes) / 1e6 /
                                         options.mb_per_s);
  };
  while (Clock::now() - start < std::chrono::duration<double>(options.seconds)) {
    std::this_thread::sleep_until(start + seconds_of(pieces));
    const auto at =
        static_cast<off_t>(static_cast<std::uint64_t>(pieces) % file_pieces * piece_bytes);
    if (::pwrite(file, piece.get(), piece_bytes, at) < 0) return -1;
    ++pieces;
  }
  ::close(file);
  return pieces;
}

int run(const Options& options) {
  std::list<Watch> watches;
  for (unsigned cpu = 0; cpu < std::thread::hardware_concurrency(); ++cpu)
    watches.emplace_back(cpu);
  const auto start = Clock::now();
  long pieces = 0;
  if (options.mb_per_s > 0) {
    pieces = write_paced(options, start);
  } else {
    std::this_thread::sleep_for(std::chrono::duration<double>(options.seconds));
  }
  const std::chrono::duration<double> took = Clock::now() - start;
  std::string cpus;
  for (auto& watch : watches) cpus += (cpus.empty() ? "" : ", ") + watch.finish();
  if (pieces < 0) return 1;
  fmt::print(R"({{"mb_per_s": {:.0f}, "seconds": {:.2f}, "cpus": [{}]}})"
             "\n",
             static_cast<double>(pieces) * piece_bytes / 1e6 / took.count(), took.count(), cpus);
  return 0;
}

}  // namespace
}  // namespace iggy::benchmarks

int main(int argc, char** argv) {
  iggy::benchmarks::Options options;
  CLI::App app("How long do the CPUs stand still while a disk is written to?");
  app.add_option("--directory", options.directory, "Where the file goes")->required();
  app.add_option("--mb-per-s", options.mb_per_s, "0: nothing is written");
  app.add_option("--seconds", options.seconds, "How long");
  CLI11_PARSE(app, argc, argv);
  return iggy::benchmarks::run(options);
}
