// For tests: the published vectors, and how to compare described structs with their fields.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "iggy/error.hpp"

namespace iggy::wire::testing {

/// One field of a vector's bytes. Numbers are decimal, bytes hex.
struct GoldenField {
  std::size_t offset = 0;
  std::size_t size = 0;
  std::string name;
  std::string value;
};

struct GoldenVector {
  std::string name;
  std::string direction;  // request, response, fragment ...
  std::uint32_t code = 0;
  std::uint32_t status = 0;
  base::Bytes bytes;
  base::Bytes response;  // expected_response_hex
  std::vector<GoldenField> fields;
  bool tolerated = false;
  std::optional<std::uint32_t> expected_error;
  std::string expected_result;
  std::string stage;
  std::uint64_t result = 0;  // of a hash
  std::string algorithm;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> partition_of;  // count, partition

  [[nodiscard]] base::ByteView payload() const { return base::ByteView(bytes).subspan(8); }
  /// The value of the field `name`, or "(none)".
  [[nodiscard]] std::string field(std::string_view name) const;
};

/// All vectors of `tests/data/vectors/<file>.json`.
std::vector<GoldenVector> load_vectors(std::string_view file);
/// The one called `name`; a test program without it ends.
GoldenVector load_vector(std::string_view file, std::string_view name);

/// "0a 1b" to bytes; blanks don't count.
base::Bytes hex(std::string_view digits);

/// Bytes that `operator new` gave out so far, in this program.
std::size_t allocated_bytes();

}  // namespace iggy::wire::testing
