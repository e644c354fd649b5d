// Tables of text with ASCII borders.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace iggy::cli {

enum class Align : std::uint8_t { left, centre };
enum class Borders : std::uint8_t {
  full,    // for a table of its own
  inside,  // for one inside of a cell: lines between cells alone
};

/// Rows below a header. A cell may have several lines; a column is as wide as its widest line, and
/// nothing is wrapped or cut.
class Table {
 public:
  explicit Table(std::vector<std::string> header) { add_row(std::move(header)); }

  /// A row has as many cells as the header.
  void add_row(std::vector<std::string> cells);
  void align_header(std::size_t column, Align align);

  /// The table as lines, without a line feed at the end.
  [[nodiscard]] std::string render(Borders borders = Borders::full) const;

 private:
  std::vector<std::vector<std::string>> rows_;  // the header first
  std::vector<Align> header_alignment_;
};

/// A table of two columns, "Property" and "Value".
[[nodiscard]] Table property_table();

}  // namespace iggy::cli
