// Why a command failed, and how that is told.
#include "cli/failure.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/error_table.hpp"

namespace iggy::cli {
namespace {

/// What stands for an unknown `{0}` behind `before`.
std::string_view placeholder(std::string_view before) {
  static constexpr auto words = std::to_array<std::pair<std::string_view, std::string_view>>(
      {{"name: ", ""},
       {"key: ", ""},
       {"token: ", ""},
       {"algorithm: ", ""},
       {"topic size: ", "server_default"},
       {"segment size: ", "0 B"}});
  for (const auto& [ending, text] : words) {
    if (before.ends_with(ending)) return text;
  }
  return "0";
}

/// "cannot_establish_connection" as "CannotEstablishConnection".
std::string pascal_case(std::string_view name) {
  std::string result;
  bool starts_word = true;
  for (const char c : name) {
    if (c != '_') {
      const bool is_lower = c >= 'a' && c <= 'z';
      result += starts_word && is_lower ? static_cast<char>(c - 'a' + 'A') : c;
    }
    starts_word = c == '_';
  }
  return result;
}

}  // namespace

std::unexpected<Failure> failure(std::string context, Error cause) {
  return failure(std::move(context), error_text(cause));
}

std::unexpected<Failure> failure(std::string context, std::string cause) {
  return std::unexpected(Failure{std::move(context), std::move(cause)});
}

std::unexpected<Failure> tool_failure(std::string cause) {
  return failure("Iggy command line tool error", std::move(cause));
}

std::string error_text(Error error) {
  std::string_view rest = base::describe(error).text;
  std::string text;
  while (true) {
    const auto open = rest.find('{');
    text += rest.substr(0, open);
    if (open == rest.npos) return text;
    text += placeholder(rest.substr(0, open));
    rest.remove_prefix(rest.find('}', open) + 1);
  }
}

std::string file_error_text(Error error) {
  switch (error) {
    case Error::file_not_found:
      return "No such file or directory (os error 2)";
    case Error::permission_denied:
      return "Permission denied (os error 13)";
    case Error::file_exists:
      return "File exists (os error 17)";
    case Error::no_space:
      return "No space left on device (os error 28)";
    default:
      return error_text(error);
  }
}

std::string report(const Failure& failure) {
  if (!failure.cause) return fmt::format("Error: CommandError({})", failure.context);
  return fmt::format("Error: CommandError({}\n\nCaused by:\n    {})", failure.context,
                     *failure.cause);
}

std::string client_report(Error error) {
  return fmt::format("Error: IggyClient(SdkError({}))", pascal_case(base::describe(error).name));
}

std::string client_report(std::string_view problem, std::string_view detail) {
  return fmt::format("Error: IggyClient({}(\"{}\"))", problem, detail);
}

}  // namespace iggy::cli
