// Tables of text with ASCII borders.
#include "cli/table.hpp"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <string_view>
#include <utility>

#include "cli/text.hpp"

namespace iggy::cli {
namespace {

using Row = std::vector<std::string>;

/// The characters of the lines that separate rows.
struct Line {
  std::string_view left;
  char fill;
  std::string_view cross;
  std::string_view right;
};
struct Style {
  std::string_view left;  // in front of a row of cells
  std::string_view right;
  Line top;
  Line header;
  Line between;
  Line bottom;
  bool has_outside;
};

constexpr Style full_style{.left = "|",
                           .right = "|",
                           .top = {"+", '-', "+", "+"},
                           .header = {"+", '=', "=", "+"},
                           .between = {"|", '-', "+", "|"},
                           .bottom = {"+", '-', "+", "+"},
                           .has_outside = true};
constexpr Style inside_style{.left = "",
                             .right = "",
                             .top = {},
                             .header = {"", '=', "=", ""},
                             .between = {"", '-', "+", ""},
                             .bottom = {},
                             .has_outside = false};

std::vector<std::string_view> lines_of(std::string_view cell) {
  std::vector<std::string_view> lines;
  while (true) {
    const auto end = cell.find('\n');
    lines.push_back(cell.substr(0, end));
    if (end == cell.npos) return lines;
    cell.remove_prefix(end + 1);
  }
}

std::vector<std::size_t> widths_of(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& row : rows) {
    for (std::size_t column = 0; column < row.size(); ++column) {
      for (const auto line : lines_of(row[column])) {
        widths[column] = std::max(widths[column], columns(line));
      }
    }
  }
  return widths;
}

std::string draw_line(const Line& line, const std::vector<std::size_t>& widths) {
  std::string text(line.left);
  for (std::size_t column = 0; column < widths.size(); ++column) {
    if (column > 0) text += line.cross;
    text.append(widths[column] + 2, line.fill);
  }
  return text.append(line.right) + "\n";
}

std::string pad(std::string_view line, std::size_t width, Align align) {
  const auto space = width - columns(line);
  const auto before = align == Align::centre ? (space + 1) / 2 : 0;
  return std::string(before, ' ').append(line).append(space - before, ' ');
}

std::string draw_row(const Row& row, const std::vector<std::size_t>& widths, const Style& style,
                     const std::vector<Align>& alignment) {
  std::vector<std::vector<std::string_view>> cells;
  std::size_t height = 0;
  for (const auto& cell : row) {
    cells.push_back(lines_of(cell));
    height = std::max(height, cells.back().size());
  }

  std::string text;
  for (std::size_t line = 0; line < height; ++line) {
    text += style.left;
    for (std::size_t column = 0; column < cells.size(); ++column) {
      const auto& lines = cells[column];
      if (column > 0) text += '|';
      text += ' ';
      text += pad(line < lines.size() ? lines[line] : "", widths[column], alignment[column]);
      text += ' ';
    }
    text.append(style.right) += '\n';
  }
  return text;
}

}  // namespace

void Table::add_row(std::vector<std::string> cells) {
  assert(rows_.empty() || cells.size() == rows_.front().size());
  if (rows_.empty()) header_alignment_.assign(cells.size(), Align::left);
  rows_.push_back(std::move(cells));
}

void Table::align_header(std::size_t column, Align align) { header_alignment_[column] = align; }

std::string Table::render(Borders borders) const {
  const auto& style = borders == Borders::full ? full_style : inside_style;
  const auto widths = widths_of(rows_);
  const std::vector<Align> left(widths.size(), Align::left);

  std::string text;
  if (style.has_outside) text += draw_line(style.top, widths);
  text += draw_row(rows_.front(), widths, style, header_alignment_);
  text += draw_line(style.header, widths);
  for (std::size_t row = 1; row < rows_.size(); ++row) {
    if (row > 1) text += draw_line(style.between, widths);
    text += draw_row(rows_[row], widths, style, left);
  }
  if (style.has_outside) text += draw_line(style.bottom, widths);
  text.pop_back();
  return text;
}

Table property_table() { return Table({"Property", "Value"}); }

}  // namespace iggy::cli
