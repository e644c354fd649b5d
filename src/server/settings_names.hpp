// The names of settings: paths, environment variables, and what a mistyped one may have meant.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "server/settings_reserved.hpp"

namespace iggy::server {

/// How many elements of a list of tables the environment can set.
inline constexpr std::size_t indexed_elements_max = 10;

/// IGGY_TCP_ADDRESS of "tcp.address".
[[nodiscard]] std::string environment_name(std::string_view path);

/// "a.#.b" of "a.0.b": the path as `ReservedKey` has it.
[[nodiscard]] std::string without_indices(std::string_view path);

/// The row of `path`, with or without indices; null if there is none.
[[nodiscard]] const ReservedKey* find_reserved(std::string_view path);

/// The paths of all keys, with and without effect; lists of tables with every index that the
/// environment can set.
[[nodiscard]] std::vector<std::string> known_paths();

/// The path of each variable that sets a key.
[[nodiscard]] std::map<std::string, std::string, std::less<>> paths_by_environment_name();

/// True for variables with our prefix that are no keys, but belong to this program or others.
[[nodiscard]] bool is_other_variable(std::string_view name);

/// At most three of `candidates` that `name` may have been meant as, the closest first.
[[nodiscard]] std::vector<std::string> similar_names(std::string_view name,
                                                     const std::vector<std::string>& candidates);

}  // namespace iggy::server
