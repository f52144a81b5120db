#include "engine/job/shell/tableau.h"

#include <gtest/gtest.h>

namespace sluice::engine::shell {
namespace {

// All tables were printed by the SQL client of Flink 2.3.

TEST(TableauTest, StreamingWidthsComeFromTheTypes) {
  Schema schema = {{"id", DataType::Integer(), ""},          {"c", DataType::Bigint(), ""},
                   {"ts", DataType::TimestampType(3), ""},   {"name", DataType::Varchar(5), ""},
                   {"b", DataType::Boolean().NotNull(), ""}, {"d", DataType::Decimal(2, 1), ""}};
  Tableau table = Tableau::ByType(schema, 30, true);
  EXPECT_EQ(table.Border(),
            "+----+-------------+----------------------+-------------------------+--------------------------------+"
            "--------+--------+");
  EXPECT_EQ(table.Heading(),
            "| op |          id |                    c |                      ts |                           name |"
            "      b |      d |");
  EXPECT_EQ(table.Row({"+I", "-22", "1", "2024-01-01 00:00:00.123",
                       "a longer text that is more than thirty characters wide, really", "TRUE", "1.5"}),
            "| +I |         -22 |                    1 | 2024-01-01 00:00:00.123 | a longer text that is more ... |"
            "   TRUE |    1.5 |");
}

TEST(TableauTest, BatchWidthsComeFromTheContent) {
  EXPECT_EQ(
      FormatTable({"id", "name", "null col"},
                  {{"1", "abc", "<NULL>"},
                   {"-22", "a longer text that is more than thirty characters wide, really", "\u00fc\u6f22\u5b57"}},
                  30),
      "+-----+--------------------------------+----------+\n"
      "|  id |                           name | null col |\n"
      "+-----+--------------------------------+----------+\n"
      "|   1 |                            abc |   <NULL> |\n"
      "| -22 | a longer text that is more ... |    \u00fc\u6f22\u5b57 |\n"
      "+-----+--------------------------------+----------+\n");
}

TEST(TableauTest, WidthOfBrokenUtf8IsFinite) {
  EXPECT_EQ(DisplayWidth("\xff\xc3"), 2u);
  EXPECT_EQ(DisplayWidth("\u6f22"), 2u);
}

}  // namespace
}  // namespace sluice::engine::shell
