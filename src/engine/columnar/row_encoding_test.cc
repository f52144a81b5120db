#include "engine/columnar/row_encoding.h"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/columnar/display.h"
#include "engine/columnar/hashing.h"
#include "engine/columnar/row_block.h"
#include "engine/columnar/row_ops.h"

namespace sluice::engine {
namespace {

DataType NestedType() {
  return DataType::Row({{"a", DataType::Integer(), ""},
                        {"b", DataType::Array(DataType::String()), ""},
                        {"c", DataType::Map(DataType::String(), DataType::Decimal(30, 2)), ""},
                        {"d", DataType::TimestampType(6), ""}});
}

Value NestedValue() {
  return Value::List({Value::Int(7), Value::List({Value::String("a text beyond twelve bytes"), Value::Null()}),
                      Value::List({Value::String("k"), Value::Decimal(-150)}), Value::Time({1000, 123000, 0})});
}

TEST(RowEncodingTest, NestedRowsRoundTripWithEqualHashAndOrder) {
  ColumnPtr a = Column::Make(NestedType(), 0);
  a->AppendNull();
  a->AppendValue(NestedValue());
  std::string bytes;
  EncodeField(*a, 1, bytes);
  EncodeField(*a, 0, bytes);
  ColumnPtr b = Column::Make(NestedType(), 0);
  std::string_view rest = bytes;
  ASSERT_TRUE(DecodeField(rest, *b));
  ASSERT_TRUE(DecodeField(rest, *b));
  EXPECT_TRUE(rest.empty());
  EXPECT_TRUE(EqualsAt(*a, 1, *b, 0));
  EXPECT_TRUE(EqualsAt(*a, 0, *b, 1));
  EXPECT_FALSE(EqualsAt(*a, 0, *b, 0));
  EXPECT_EQ(HashAt(*a, 1), HashAt(*b, 0));
  EXPECT_EQ(CompareAt(*a, 1, *b, 0), 0);
  EXPECT_LT(CompareAt(*a, 0, *b, 0), 0);
  EXPECT_EQ(FieldText(*b, 0, *TimeZone::Utc()),
            "(7, [a text beyond twelve bytes, NULL], {k=-1.50}, 1970-01-01 00:00:01.000123)");
  EXPECT_EQ(FieldText(*b, 1, *TimeZone::Utc()), "<NULL>");
}

TEST(RowEncodingTest, TruncatedBytesAreRefused) {
  ColumnPtr a = Column::Make(NestedType(), 0);
  a->AppendValue(NestedValue());
  std::string bytes;
  EncodeField(*a, 0, bytes);
  for (size_t n = 0; n < bytes.size(); ++n) {
    ColumnPtr b = Column::Make(NestedType(), 0);
    const ColumnPtr columns[] = {b};
    EXPECT_FALSE(DecodeRow(std::string_view(bytes).substr(0, n), columns)) << n;
  }
}

TEST(RowEncodingTest, ColumnsThatNobodyNeedsAreSkipped) {
  const ColumnPtr given[] = {Column::Make(NestedType(), 0), Column::Make(DataType::Bigint(), 0),
                             Column::Make(DataType::String(), 0), Column::Make(DataType::TimestampType(9), 0)};
  const Value values[][4] = {{NestedValue(), Value::Int(1), Value::String("one"), Value::Time({5, 0, 0})},
                             {Value::Null(), Value::Null(), Value::Null(), Value::Null()},
                             {NestedValue(), Value::Int(3), Value::String(""), Value::Time({7, 0, 0})}};
  for (const auto& row : values) {
    for (size_t c = 0; c < 4; ++c) given[c]->AppendValue(row[c]);
  }
  EncodedRows bytes;
  EncodeRows(given, Rows{nullptr, 3}, bytes);
  for (size_t k = 0; k < 3; ++k) {
    std::string one;
    EncodeRow(given, k, one);
    EXPECT_EQ(bytes[k], one) << k;
  }
  for (unsigned mask = 0; mask < 16; ++mask) {
    std::vector<ColumnPtr> columns;
    std::vector<uint8_t> needed;
    for (size_t c = 0; c < 4; ++c) {
      columns.push_back(Column::Make(given[c]->type(), 0));
      needed.push_back(mask >> c & 1);
    }
    std::vector<std::string_view> rows = {bytes[0], bytes[1], bytes[2]};
    ASSERT_TRUE(DecodeColumns(rows, columns, needed)) << mask;
    for (size_t c = 0; c < 4; ++c) {
      ASSERT_EQ(columns[c]->size(), needed[c] * 3U) << mask;
      for (size_t k = 0; k < columns[c]->size(); ++k) EXPECT_TRUE(EqualsAt(*columns[c], k, *given[c], k)) << mask;
    }
  }
  for (size_t n = 0; n < bytes[0].size(); ++n) {
    const ColumnPtr columns[] = {Column::Make(NestedType(), 0), Column::Make(DataType::Bigint(), 0),
                                 Column::Make(DataType::String(), 0), Column::Make(DataType::TimestampType(9), 0)};
    std::vector<std::string_view> rows = {bytes[0].substr(0, n)};
    EXPECT_FALSE(DecodeColumns(rows, columns, std::vector<uint8_t>{0, 0, 0, 1})) << n;
  }
}

TEST(RowBlockTest, RowsOutliveWhatTheyWereAddedFrom) {
  const ColumnPtr given[] = {Column::Make(NestedType(), 0), Column::Make(DataType::String(), 0)};
  given[0]->AppendValue(NestedValue());
  given[1]->AppendValue(Value::String("a text beyond twelve bytes"));
  const ColumnPtr columns[] = {Column::Make(NestedType(), 0), Column::Make(DataType::String(), 0)};
  {
    RowBlock block;
    for (int k = 0; k < 2; ++k) {
      std::string row;
      EncodeRow(given, 0, row);
      block.Add(row);
      block.AddNulls(2);
      ASSERT_EQ(block.size(), 2U);
      block.MoveTo(columns);
      ASSERT_EQ(block.size(), 0U);
    }
  }
  for (size_t c = 0; c < 2; ++c) {
    ASSERT_EQ(columns[c]->size(), 4U);
    for (const size_t k : {0, 2}) EXPECT_TRUE(EqualsAt(*columns[c], k, *given[c], 0));
    for (const size_t k : {1, 3}) EXPECT_TRUE(columns[c]->IsNull(k));
  }
}

TEST(RowEncodingTest, NanIsOneKeyAndZeroIsTwo) {
  ColumnPtr a = Column::Make(DataType::Double(), 0);
  a->Append(std::nan("1"));
  a->Append(std::nan("2"));
  a->Append(0.0);
  a->Append(-0.0);
  EncodedRows rows;
  const ColumnPtr columns[] = {a};
  EncodeRows(columns, Rows{nullptr, 4}, rows);
  EXPECT_EQ(rows[0], rows[1]);
  EXPECT_NE(rows[2], rows[3]);
  EXPECT_EQ(HashAt(*a, 0), HashAt(*a, 1));
  EXPECT_TRUE(EqualsAt(*a, 0, *a, 1));
  EXPECT_FALSE(EqualsAt(*a, 2, *a, 3));
}

TEST(HashingTest, BatchAndSingleRowAgree) {
  ColumnPtr a = Column::Make(DataType::Bigint(), 0);
  ColumnPtr b = Column::Make(DataType::String(), 0);
  for (int64_t i = 0; i < 100; ++i) {
    a->Append(i * 7);
    b->AppendString(std::to_string(i));
  }
  a->SetNull(5);
  const ColumnPtr columns[] = {a, b, Column::MakeConstant(DataType::Integer(), Value::Int(3), 100)};
  std::vector<uint64_t> hashes;
  HashRows(columns, Rows{nullptr, 100}, hashes);
  for (size_t i = 0; i < 100; ++i) EXPECT_EQ(hashes[i], HashRow(columns, i));
}

TEST(HashingTest, KeyGroupsCoverSubtasksAsInFlink) {
  for (uint32_t p : {1u, 3u, 7u, 128u}) {
    uint32_t next = 0;
    for (uint32_t s = 0; s < p; ++s) {
      const KeyGroupRange r = KeyGroupsOfSubtask(s, 128, p);
      EXPECT_EQ(r.first, next);
      for (uint32_t g = r.first; g <= r.last; ++g) EXPECT_EQ(SubtaskOfKeyGroup(g, 128, p), s);
      next = r.last + 1;
    }
    EXPECT_EQ(next, 128u);
  }
}

}  // namespace
}  // namespace sluice::engine
