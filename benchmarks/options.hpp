// What the load driver is asked to do.
#pragma once

#include <cstdint>
#include <string>

namespace iggy::benchmarks {

/// Of all partitions of all topics, numbered through: from `first` up to, not including, `end`.
struct PartitionRange {
  std::uint32_t first = 0;
  std::uint32_t end = 0;  // 0: all
};

enum class Verify : std::uint8_t {
  nothing,
  payload,  // every message is the one that was sent there
  all,      // offsets without a gap and checksums too
};

struct Options {
  std::string address = "127.0.0.1:8090";
  int server_pid = 0;  // 0: its figures are left out

  std::uint32_t topics = 1;
  std::uint32_t partitions = 1;  // of each topic
  PartitionRange producer_partitions;
  PartitionRange consumer_partitions;

  std::uint32_t producers = 0;
  std::uint32_t consumers = 0;
  std::uint32_t threads = 1;
  std::uint32_t in_flight = 1;  // requests that a producer sends ahead

  std::uint32_t message_size = 1000;  // payload
  std::uint32_t batch = 1000;         // messages of a request, sent
  std::uint32_t poll_count = 0;       // and polled; 0: as many as sent

  double seconds = 0;          // 0: until the requests and passes are done
  double warmup_seconds = 0;   // before them, not measured
  std::uint64_t requests = 0;  // of all producers; 0: no bound
  std::uint64_t passes = 0;    // over what is stored, of each consumer; 0: no bound
  bool touch = false;          // one batch for each partition before the load begins
  double rate = 0;             // requests per second of all producers; 0: as many as fit

  bool auto_commit = false;
  bool tail = false;  // consumers wait for what is new at the end, and the time it took is told
  double poll_interval_us = 200;  // of a consumer that waits
  Verify verify = Verify::nothing;
};

/// Exits with a message if the command line is wrong.
Options parse_options(int argc, char** argv);

}  // namespace iggy::benchmarks
