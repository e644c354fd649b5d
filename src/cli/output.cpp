// What the program prints.
#include "cli/output.hpp"

#include <fmt/format.h>

#include "cli/text.hpp"
#include "runtime/shard.hpp"

namespace iggy::cli {

void Output::line(std::string_view text) {
  if (is_quiet()) {
    trace(text);
  } else {
    result(text);
  }
}

void Output::result(std::string_view text) {
  trace(text);
  // Nobody reads it any more: the command still does its work.
  static_cast<void>(write_(escaped(text) + '\n'));
}

void Output::trace(std::string_view text) {
  if (trace_.size() > trace_bytes_max) return;
  const auto now = runtime::Shard::current().clock().now();
  trace_ +=
      fmt::format("{}.{:06}Z {}\n", now.to_string(), now.microseconds % 1'000'000, escaped(text));
  if (trace_.size() > trace_bytes_max) trace_ += "... and more that is not kept\n";
}

}  // namespace iggy::cli
