// The command line of the load driver.
#include "benchmarks/options.hpp"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <map>

namespace iggy::benchmarks {

namespace {

void add_places(CLI::App& app, Options& options) {
  app.add_option("--address", options.address, "HOST:PORT with a numeric host");
  app.add_option("--server-pid", options.server_pid, "Whose CPU time and memory are told");
  app.add_option("--topics", options.topics, "Topics");
  app.add_option("--partitions", options.partitions, "Partitions of each topic");
  const auto add_range = [&app](const char* name, PartitionRange& range, const char* text) {
    app.add_option_function<std::pair<std::uint32_t, std::uint32_t>>(
        name, [&range](const auto& ends) { range = {ends.first, ends.second}; }, text);
  };
  add_range("--producer-partitions", options.producer_partitions, "FIRST END, over all topics");
  add_range("--consumer-partitions", options.consumer_partitions, "FIRST END, over all topics");
}

void add_load(CLI::App& app, Options& options) {
  app.add_option("--producers", options.producers, "Connections that send");
  app.add_option("--consumers", options.consumers, "Connections that poll");
  app.add_option("--threads", options.threads, "Threads of the driver")->check(CLI::Range(1, 64));
  app.add_option("--in-flight", options.in_flight, "Requests sent ahead by each producer")
      ->check(CLI::Range(1, 4096));
  app.add_option("--message-size", options.message_size, "Payload bytes of a message");
  app.add_option("--batch", options.batch, "Messages of a send")->check(CLI::Range(1, 1000000));
  app.add_option("--poll-count", options.poll_count, "Messages of a poll (default: --batch)");
  app.add_option("--rate", options.rate, "Sends per second, of all producers");
  app.add_flag("--auto-commit", options.auto_commit, "Polls store their offset");
  app.add_flag("--tail", options.tail, "Consumers follow the end; times are end to end");
  app.add_option("--poll-interval-us", options.poll_interval_us, "After an empty poll at the end");
}

void add_bounds(CLI::App& app, Options& options) {
  app.add_option("--seconds", options.seconds, "How long is measured");
  app.add_option("--warmup-seconds", options.warmup_seconds, "Before that");
  app.add_flag("--touch", options.touch, "One batch to each partition before the load begins");
  app.add_option("--requests", options.requests, "Sends, of all producers");
  app.add_option("--passes", options.passes, "Times that each consumer reads everything");
  const std::map<std::string, Verify> names{
      {"nothing", Verify::nothing}, {"payload", Verify::payload}, {"all", Verify::all}};
  app.add_option("--verify", options.verify, "nothing, payload or all")
      ->transform(CLI::CheckedTransformer(names));
}

/// What is wrong with their combination; empty if nothing.
std::string complaint(const Options& options) {
  const auto is_bounded = [&](std::uint32_t connections, std::uint64_t bound) {
    return connections == 0 || bound != 0 || options.seconds > 0;
  };
  if (options.producers + options.consumers == 0) return "nobody sends or polls";
  if (!is_bounded(options.producers, options.requests) &&
      !is_bounded(options.consumers, options.passes)) {
    return "the load has no end: give --seconds, --requests or --passes";
  }
  const auto all = std::uint64_t{options.topics} * options.partitions;
  for (const auto& range : {options.producer_partitions, options.consumer_partitions}) {
    if (range.first >= range.end || range.end > all) return "no such partitions";
  }
  if (options.topics == 0 || options.partitions == 0) return "there is no partition";
  if (options.tail && options.message_size < 8) return "--tail needs 8 bytes of payload for a time";
  return "";
}

}  // namespace

Options parse_options(int argc, char** argv) {
  Options options;
  CLI::App app("Puts load on a server with the frames of the Iggy protocol, and measures.");
  add_places(app, options);
  add_load(app, options);
  add_bounds(app, options);
  try {
    app.parse(argc, argv);
    if (options.poll_count == 0) options.poll_count = options.batch;
    for (auto* range : {&options.producer_partitions, &options.consumer_partitions}) {
      if (range->end == 0) *range = {0, options.topics * options.partitions};
    }
    if (const auto text = complaint(options); !text.empty()) throw CLI::ValidationError(text);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  return options;
}

}  // namespace iggy::benchmarks
