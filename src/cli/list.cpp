// Lists of things: a table, or a line for each.
#include "cli/list.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

namespace iggy::cli {

void List::add(std::vector<std::string> cells) {
  lines_.push_back(fmt::format("{}", fmt::join(cells, "|")));
  table_.add_row(std::move(cells));
}

void List::print(Output& output, ListMode mode) const {
  if (mode == ListMode::table) return output.line(table_.render());
  for (const auto& line : lines_) output.line(line);
}

void declare_list_mode(Syntax& syntax, ListMode& mode) {
  syntax.option({.letter = 'l',
                 .name = "list-mode",
                 .value_name = "LIST_MODE",
                 .help = "How the list is printed",
                 .take = take_into(mode),
                 .default_text = "table",
                 .choices = choices_of<ListMode>()});
}

}  // namespace iggy::cli
