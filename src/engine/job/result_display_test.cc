#include "engine/job/result_display.h"

#include <gtest/gtest.h>

namespace sluice::engine {
namespace {

// The expected texts are what Flink 2.3 displays for the same values.

std::string Show(const DataType& type, const Value& value, std::string_view zone = "UTC") {
  ColumnPtr column = Column::Make(type, 0);
  column->AppendValue(value);
  Batch batch;
  batch.length = 1;
  batch.columns = {column};
  return ResultDisplay(zone).Fields(batch, 0).at(0);
}

TEST(ResultDisplayTest, Scalars) {
  EXPECT_EQ(Show(DataType::Bytes(), Value::String(std::string("\x41\xff\x00", 3))), "x'41ff00'");
  EXPECT_EQ(Show(DataType::Char(5), Value::String("a")), "a    ");
  EXPECT_EQ(Show(DataType::Char(2), Value::String("\xc3\xbc")), "\xc3\xbc ");
  EXPECT_EQ(Show(DataType::String(), Value::Null()), "<NULL>");
  EXPECT_EQ(Show(DataType::Double(), Value::Double(1e10)), "1.0E10");
  EXPECT_EQ(Show(DataType::Boolean(), Value::Bool(true)), "TRUE");
  EXPECT_EQ(Show(DataType::Decimal(10, 3), Value::Decimal(12500)), "12.500");
}

TEST(ResultDisplayTest, TimesInTheSessionsZone) {
  EXPECT_EQ(Show(DataType::TimestampType(3), Value::Int(120)), "1970-01-01 00:00:00.120");
  EXPECT_EQ(Show(DataType::TimestampType(6), Value::Time({120, 0})), "1970-01-01 00:00:00.120000");
  EXPECT_EQ(Show(DataType::TimestampLtz(3), Value::Int(0), "Asia/Tokyo"), "1970-01-01 09:00:00.000");
  EXPECT_EQ(Show(DataType::TimestampLtz(9), Value::Time({120, 0}), "UTC"), "1970-01-01 00:00:00.120000000");
}

TEST(ResultDisplayTest, Nested) {
  EXPECT_EQ(Show(DataType::Array(DataType::Bytes()), Value::List({Value::String("A"), Value::Null()})),
            "[x'41', NULL]");
  EXPECT_EQ(
      Show(DataType::Map(DataType::String(), DataType::Integer()), Value::List({Value::String("a"), Value::Int(1)})),
      "{a=1}");
  EXPECT_EQ(Show(DataType::Row({{"x", DataType::Integer(), ""}, {"s", DataType::String(), ""}}),
                 Value::List({Value::Int(1), Value::Null()})),
            "(1, NULL)");
}

}  // namespace
}  // namespace sluice::engine
