// The command line of iggy-server.
#pragma once

#include <optional>
#include <string>

namespace iggy::server {

struct Options {
  bool fresh = false;                          // delete system.path first
  bool with_default_root_credentials = false;  // iggy/iggy where the environment names none
  bool follower = false;                       // the role told in cluster metadata
};

/// The options, or what to print and the status to end with.
struct CommandLine {
  Options options;
  std::optional<int> exit_status;  // set: print `output` and `error_output`, and end with it
  std::string output;              // help or version, for standard output
  std::string error_output;        // usage error
};

[[nodiscard]] CommandLine parse_command_line(int count, const char* const* arguments);

}  // namespace iggy::server
