// A whole runtime for one test.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "runtime/runtime.hpp"
#include "runtime/testing.hpp"

namespace iggy::runtime {

int run_real(std::uint32_t shards, std::function<Task<int>()> main) {
  return run_real(shards, [&main](Runtime&) { return main(); });
}

int run_real(std::uint32_t shards, std::function<Task<int>(Runtime&)> main) {
  std::string reason;
  const auto backend = choose_backend(std::getenv("IGGY_RUNTIME"), reason);
  if (!backend) {
    std::fprintf(stderr, "No runtime: %s\n", reason.c_str());
    return 1;
  }
  auto runtime = Runtime::create({.backend = *backend, .shards = shards});
  if (!runtime) return 1;
  return (*runtime)->run([&] { return main(**runtime); });
}

}  // namespace iggy::runtime
