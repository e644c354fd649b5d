// The program iggy: what people type to use a server.
#include <string>
#include <vector>

#include "cli/program.hpp"
#include "runtime/startup_file.hpp"

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  return iggy::cli::run_program(arguments, iggy::runtime::environment());
}
