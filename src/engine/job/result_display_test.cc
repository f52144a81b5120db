#include "engine/job/result_display.h"

#include <gtest/gtest.h>

namespace sluice::engine {
namespace {

TEST(ResultDisplayTest, ShowsSelectedRowsWithTheirKindsInTheSessionsZone) {
  Batch batch;
  batch.length = 3;
  ColumnPtr time = Column::Make(DataType::TimestampLtz(3), 3);
  ColumnPtr name = Column::Make(DataType::String(), 3);
  time->SetNull(1);
  name->SetString(2, "x");
  batch.columns = {time, name};
  batch.kinds = {RowKind::kInsert, RowKind::kDelete, RowKind::kUpdateAfter};
  batch.selected = true;
  batch.selection = {1, 2};
  std::vector<DisplayedRow> rows = ResultDisplay("Asia/Tokyo").Rows(batch);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].kind, RowKind::kDelete);
  EXPECT_EQ(rows[0].fields, (std::vector<std::string>{"<NULL>", ""}));
  EXPECT_EQ(rows[1].fields, (std::vector<std::string>{"1970-01-01 09:00:00.000", "x"}));
}

}  // namespace
}  // namespace sluice::engine
