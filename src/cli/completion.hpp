// Completion scripts for shells.
#pragma once

#include <string>

#include "cli/global_options.hpp"
#include "cli/syntax.hpp"

namespace iggy::cli {

/// A script that completes commands, options and enumerated values.
[[nodiscard]] std::string completion_script(Shell shell, const Syntax& global);

}  // namespace iggy::cli
