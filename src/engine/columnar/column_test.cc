#include "engine/columnar/column.h"

#include <gtest/gtest.h>

#include "engine/columnar/batch.h"

namespace sluice::engine {
namespace {

TEST(ColumnTest, StringsShortAndLongSurviveGatherAndCopy) {
  ColumnPtr c = Column::Make(DataType::String(), 0);
  c->AppendString("short");
  c->AppendString("a string that does not fit in place");
  c->AppendNull();
  const uint32_t picks[] = {2, 1, 1, 0};
  ColumnPtr g = Column::Gather(*c, picks, 4);
  c.reset();
  EXPECT_TRUE(g->IsNull(0));
  EXPECT_EQ(g->string_at(1), "a string that does not fit in place");
  EXPECT_EQ(g->string_at(3), "short");
  ColumnPtr copy = Column::Make(DataType::String(), 1);
  copy->CopyRow(0, *g, 2);
  g.reset();
  EXPECT_EQ(copy->string_at(0), "a string that does not fit in place");
}

TEST(ColumnTest, NestedValuesRoundTrip) {
  DataType row = DataType::Row({{"a", DataType::Integer(), ""}, {"b", DataType::Array(DataType::String()), ""}});
  Value v = Value::List({Value::Int(7), Value::List({Value::String("x"), Value::Null()})});
  ColumnPtr c = Column::Make(row, 0);
  c->AppendNull();
  c->AppendValue(v);
  ColumnPtr d = Column::Make(row, 0);
  d->AppendFrom(*c, 1);
  d->AppendFrom(*c, 0);
  EXPECT_EQ(d->GetValue(0), v);
  EXPECT_TRUE(d->GetValue(1).is_null());
}

TEST(ColumnTest, NullsAfterResizeAcrossWords) {
  ColumnPtr c = Column::Make(DataType::Integer(), 60);
  c->SetNull(59);
  c->Resize(200);
  EXPECT_TRUE(c->IsNull(59));
  for (size_t i = 60; i < 200; ++i) EXPECT_FALSE(c->IsNull(i)) << i;
}

TEST(ColumnTest, ConstantReadsTheSameEverywhere) {
  ColumnPtr c = Column::MakeConstant(DataType::Bigint(), Value::Int(5), 3);
  EXPECT_EQ(c->at<int64_t>(2), 5);
  const uint32_t picks[] = {2, 0};
  EXPECT_EQ(Column::Gather(*c, picks, 2)->at<int64_t>(1), 5);
  EXPECT_EQ(Column::Flatten(c)->data<int64_t>()[2], 5);
}

TEST(BatchTest, CompactKeepsKindsAndWatermarksInStep) {
  Batch b;
  ColumnPtr c = Column::Make(DataType::Integer(), 0);
  for (int32_t i = 0; i < 4; ++i) c->Append(i);
  b.columns = {c};
  b.length = 4;
  b.kinds = {RowKind::kInsert, RowKind::kDelete, RowKind::kUpdateAfter, RowKind::kInsert};
  b.watermark_before = {1, 2, 3, 4};
  b.selected = true;
  b.selection = {1, 3};
  b.Compact();
  EXPECT_EQ(b.length, 2u);
  EXPECT_EQ(b.columns[0]->data<int32_t>()[1], 3);
  EXPECT_EQ(b.kind(0), RowKind::kDelete);
  EXPECT_EQ(b.watermark_before[1], 4);
}

}  // namespace
}  // namespace sluice::engine
