// Variables from a dot-env file, which add to the environment but never change it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/startup_file.hpp"

namespace iggy::server {

struct DotenvContents {
  std::vector<std::pair<std::string, std::string>> variables;  // in the order of the file
  std::vector<std::size_t> bad_lines;                          // numbers, from 1
};

/// Reads lines `NAME=value`, with `export` before them, quotes around the value ('as it is', "with
/// \n escapes"), empty lines and `#` comments.
[[nodiscard]] DotenvContents parse_dotenv(std::string_view text);

struct DotenvOutcome {
  std::string path;                   // empty: no file was found
  bool is_explicit = false;           // named by IGGY_ENV_PATH
  std::vector<std::string> warnings;  // lines that were not understood, a file that can't be read
};

/// Adds the variables of the file that IGGY_ENV_PATH names, else of `.env` in the working directory
/// or the nearest directory above it. A missing file is nothing to complain about.
DotenvOutcome load_dotenv(runtime::Environment& environment);

}  // namespace iggy::server
