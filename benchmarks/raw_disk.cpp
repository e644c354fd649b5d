// How fast are write and fdatasync alone? One thread and one file for each writer.
//
//   raw-disk --directory DIR --files 16 --bytes 250000 --seconds 2
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "benchmarks/histogram.hpp"

namespace iggy::benchmarks {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::string directory;
  unsigned files = 1;
  std::size_t bytes = 1000;
  double seconds = 2;
};

/// Writes and syncs until `end`. False if the disk refuses.
bool write_until(Clock::time_point end, const std::string& path, std::size_t bytes,
                 Histogram& latency) {
  const auto file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return false;
  const std::vector<char> data(bytes, 'x');
  off_t position = 0;
  bool fine = true;
  while (fine) {
    const auto start = Clock::now();
    if (start >= end) break;
    fine = ::pwrite(file, data.data(), bytes, position) == static_cast<ssize_t>(bytes) &&
           ::fdatasync(file) == 0;
    position += static_cast<off_t>(bytes);
    const auto stop = Clock::now();
    if (stop <= end) latency.add(std::chrono::nanoseconds(stop - start).count());
  }
  ::close(file);
  return fine;
}

int run(const Options& options) {
  std::vector<Histogram> latencies(options.files);
  std::vector<char> fine(options.files);
  std::vector<std::thread> threads;
  const auto end =
      Clock::now() + std::chrono::nanoseconds(static_cast<std::int64_t>(options.seconds * 1e9));
  for (unsigned i = 0; i < options.files; ++i) {
    threads.emplace_back([&, i] {
      const auto path = fmt::format("{}/{}.raw", options.directory, i);
      fine[i] = write_until(end, path, options.bytes, latencies[i]);
    });
  }
  Histogram all;
  for (unsigned i = 0; i < options.files; ++i) {
    threads[i].join();
    if (!fine[i]) return 1;
    all.merge(latencies[i]);
  }
  const auto per_second = static_cast<double>(all.count()) / options.seconds;
  fmt::print(R"({{"requests": {}, "requests_per_s": {:.1f}, "mb_per_s": {:.3f}, "latency": {}}})"
             "\n",
             all.count(), per_second, per_second * static_cast<double>(options.bytes) / 1e6,
             all.to_json());
  return 0;
}

}  // namespace
}  // namespace iggy::benchmarks

int main(int argc, char** argv) {
  iggy::benchmarks::Options options;
  CLI::App app("How fast are write and fdatasync alone?");
  app.add_option("--directory", options.directory, "Where the files go")->required();
  app.add_option("--files", options.files, "Files, each with a thread");
  app.add_option("--bytes", options.bytes, "Bytes of each write");
  app.add_option("--seconds", options.seconds, "How long");
  CLI11_PARSE(app, argc, argv);
  return iggy::benchmarks::run(options);
}
