// The result of a run, as one JSON object.
#pragma once

#include <string>

#include "benchmarks/connection.hpp"
#include "benchmarks/process.hpp"

namespace iggy::benchmarks {

struct Usages {
  Usage server;
  Usage driver;
  double machine_cpu_seconds = 0;
};

struct Outcome {
  Figures producers;
  Figures consumers;
  double seconds = 0;
  Usages before;
  Usages after;
};

std::string to_json(const Outcome& outcome, const Load& load);

}  // namespace iggy::benchmarks
