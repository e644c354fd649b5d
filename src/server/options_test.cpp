// Tests of the command line.
#include "server/options.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace iggy::server {
namespace {

CommandLine parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "iggy-server");
  return parse_command_line(static_cast<int>(arguments.size()), arguments.data());
}

TEST(CommandLine, may_be_empty) {
  const auto line = parse({});

  EXPECT_FALSE(line.exit_status.has_value());
  EXPECT_FALSE(line.options.fresh);
  EXPECT_FALSE(line.options.with_default_root_credentials);
  EXPECT_FALSE(line.options.follower);
}

TEST(CommandLine, sets_each_option) {
  const auto line = parse({"--fresh", "--with-default-root-credentials", "--follower"});

  EXPECT_FALSE(line.exit_status.has_value());
  EXPECT_TRUE(line.options.fresh);
  EXPECT_TRUE(line.options.with_default_root_credentials);
  EXPECT_TRUE(line.options.follower);
  EXPECT_TRUE(parse({"-f"}).options.fresh);
}

TEST(CommandLine, ignores_the_configuration_provider) {
  for (const auto& arguments :
       std::vector<std::vector<const char*>>{{"-c", "file"},
                                             {"--config-provider", "anything"},
                                             {"--config-provider=x"},
                                             {"-c", "a", "-c", "b"}}) {
    EXPECT_FALSE(parse(arguments).exit_status.has_value());
  }
  EXPECT_EQ(parse({"-c"}).exit_status, 2);
}

TEST(CommandLine, gives_the_version) {
  for (const auto* flag : {"-V", "--version"}) {
    const auto line = parse({flag});
    EXPECT_EQ(line.exit_status, 0);
    EXPECT_EQ(line.output, "iggy-server 0.8.0\n");
    EXPECT_EQ(line.error_output, "");
  }
}

TEST(CommandLine, gives_help_with_every_option_and_variable) {
  for (const auto* flag : {"-h", "--help"}) {
    const auto line = parse({flag});
    EXPECT_EQ(line.exit_status, 0);
    for (const auto* word :
         {"--config-provider", "--fresh", "--with-default-root-credentials", "--follower", "--help",
          "--version", "IGGY_CONFIG_PATH", "IGGY_ENV_PATH", "IGGY_ROOT_USERNAME",
          "IGGY_ROOT_PASSWORD", "IGGY_DISPLAY_CONFIG", "IGGY_RUNTIME", "RUST_LOG", "NO_COLOR",
          "IGGY_TCP_ADDRESS"}) {
      EXPECT_NE(line.output.find(word), std::string::npos) << word;
    }
  }
}

TEST(CommandLine, refuses_what_it_does_not_know) {
  for (const auto* argument : {"--unknown", "-x", "start", "--fresh=maybe", "/h"}) {
    const auto line = parse({argument});
    EXPECT_EQ(line.exit_status, 2) << argument;
    EXPECT_EQ(line.output, "");
    EXPECT_NE(line.error_output.find("Usage: iggy-server"), std::string::npos);
  }
}

}  // namespace
}  // namespace iggy::server
