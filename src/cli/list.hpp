// Lists of things: a table, or a line for each.
#pragma once

#include <string>
#include <vector>

#include "cli/output.hpp"
#include "cli/syntax.hpp"
#include "cli/table.hpp"
#include "cli/values.hpp"

namespace iggy::cli {

class List {
 public:
  explicit List(std::vector<std::string> header) : table_(std::move(header)) {}

  void add(std::vector<std::string> cells);
  /// As a table with its header, or each thing as a line of cells with bars in between.
  void print(Output& output, ListMode mode) const;

 private:
  Table table_;
  std::vector<std::string> lines_;
};

/// The option `-l`, which chooses between the two.
void declare_list_mode(Syntax& syntax, ListMode& mode);

}  // namespace iggy::cli
