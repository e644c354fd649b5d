// Tables as they are printed, character by character.
#include "cli/table.hpp"

#include <gtest/gtest.h>

namespace iggy::cli {
namespace {

TEST(Table, has_borders_around_and_between) {
  Table table({"Hello", "there"});
  table.add_row({"a", "b"});
  table.add_row({"c", "d"});

  EXPECT_EQ(table.render(),
            "+-------+-------+\n"
            "| Hello | there |\n"
            "+===============+\n"
            "| a     | b     |\n"
            "|-------+-------|\n"
            "| c     | d     |\n"
            "+-------+-------+");
}

TEST(Table, has_no_borders_inside_of_a_cell) {
  Table table({"Hello", "there"});
  table.add_row({"a", "b"});
  table.add_row({"c", "d"});

  EXPECT_EQ(table.render(Borders::inside),
            " Hello | there \n"
            "===============\n"
            " a     | b     \n"
            "-------+-------\n"
            " c     | d     ");
}

TEST(Table, without_rows_shows_its_header) {
  EXPECT_EQ(Table({"Name"}).render(),
            "+------+\n"
            "| Name |\n"
            "+======+\n"
            "+------+");
}

TEST(Table, gives_cells_several_lines) {
  Table table({"ID", "Header: k\nbool", "Payload"});
  table.align_header(1, Align::centre);
  table.add_row({"1", "true", "line1\nline2"});

  EXPECT_EQ(table.render(),
            "+----+-----------+---------+\n"
            "| ID | Header: k | Payload |\n"
            "|    |    bool   |         |\n"
            "+==========================+\n"
            "| 1  | true      | line1   |\n"
            "|    |           | line2   |\n"
            "+----+-----------+---------+");
}

TEST(Table, counts_columns_not_bytes) {
  Table table({"Payload"});
  table.add_row({"second \u20ac!"});
  table.add_row({"\u65e5\u672c e\u0301 x\x1b\t"});

  EXPECT_EQ(table.render(),
            "+------------+\n"
            "| Payload    |\n"
            "+============+\n"
            "| second \u20ac!  |\n"
            "|------------|\n"
            "| \u65e5\u672c e\u0301 x\x1b\t |\n"
            "+------------+");
}

}  // namespace
}  // namespace iggy::cli
