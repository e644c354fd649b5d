// A run of the program, from the command line to the exit status.
#pragma once

#include <string>
#include <vector>

#include "runtime/startup_file.hpp"

namespace iggy::cli {

/// `arguments` are those behind the program's name. Gives the exit status: 0; 1, the command
/// failed; 2, the command line is wrong.
int run_program(const std::vector<std::string>& arguments, const runtime::Environment& environment);

}  // namespace iggy::cli
