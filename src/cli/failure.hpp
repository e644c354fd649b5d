// Why a command failed, and how that is told.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "iggy/error.hpp"

namespace iggy::cli {

/// What was tried, and below it what was wrong.
struct Failure {
  std::string context;
  std::optional<std::string> cause;
};
using Outcome = std::expected<void, Failure>;

[[nodiscard]] std::unexpected<Failure> failure(std::string context, Error cause);
[[nodiscard]] std::unexpected<Failure> failure(std::string context, std::string cause);
/// A failure of the program itself: credentials, keys.
[[nodiscard]] std::unexpected<Failure> tool_failure(std::string cause);

/// What `error` means, without what it is about: numbers are 0, names empty.
[[nodiscard]] std::string error_text(Error error);
/// The same for errors of files: "No such file or directory (os error 2)".
[[nodiscard]] std::string file_error_text(Error error);

/// "Error: CommandError(...)", with the cause indented below.
[[nodiscard]] std::string report(const Failure& failure);
/// "Error: IggyClient(SdkError(CannotEstablishConnection))".
[[nodiscard]] std::string client_report(Error error);
/// `Error: IggyClient(InvalidTransport("abc"))`.
[[nodiscard]] std::string client_report(std::string_view problem, std::string_view detail);

}  // namespace iggy::cli
