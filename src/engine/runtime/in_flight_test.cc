#include "engine/runtime/in_flight.h"

#include <gtest/gtest.h>

namespace sluice::engine {
namespace {

const std::vector<DataType> kTypes = {DataType::Bigint(), DataType::String(), DataType::Array(DataType::Integer())};

Batch Sample() {
  Batch batch;
  for (const DataType& t : kTypes) batch.columns.push_back(Column::Make(t, 0));
  for (int64_t i = 0; i < 4; ++i) {
    batch.columns[0]->Append(i * 1000);
    batch.columns[1]->AppendString("a string that is not short " + std::to_string(i));
    batch.columns[2]->AppendNull();
  }
  batch.columns[0]->SetNull(2);
  batch.length = 4;
  batch.selected = true;
  batch.selection = {0, 2, 3};
  batch.kinds = {RowKind::kInsert, RowKind::kDelete, RowKind::kUpdateBefore, RowKind::kUpdateAfter};
  batch.watermark_before = {kNoWatermark, 1, 2, 3};
  batch.watermark = 77;
  return batch;
}

TEST(InFlight, SelectedRowsComeBackWithKindsAndWatermarks) {
  auto read = DecodeInFlight(EncodeInFlight(Sample()), kTypes);
  ASSERT_TRUE(read.ok()) << read.error().ToString();
  ASSERT_EQ(read->length, 3u);
  EXPECT_FALSE(read->selected);
  EXPECT_EQ(read->columns[0]->at<int64_t>(0), 0);
  EXPECT_TRUE(read->columns[0]->IsNull(1));
  EXPECT_EQ(read->columns[1]->string_at(2), "a string that is not short 3");
  EXPECT_TRUE(read->columns[2]->IsNull(0));
  EXPECT_EQ(read->kinds, (std::vector<RowKind>{RowKind::kInsert, RowKind::kUpdateBefore, RowKind::kUpdateAfter}));
  EXPECT_EQ(read->watermark_before, (std::vector<int64_t>{kNoWatermark, 2, 3}));
  EXPECT_EQ(read->watermark, 77);
}

TEST(InFlight, AWatermarkAlone) {
  Batch mark;
  mark.watermark = 5;
  auto read = DecodeInFlight(EncodeInFlight(mark), kTypes);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->watermark, 5);
  EXPECT_EQ(read->row_count(), 0u);
}

TEST(InFlight, OtherColumnsAreRefused) {
  auto read = DecodeInFlight(EncodeInFlight(Sample()), {DataType::Bigint(), DataType::String(), DataType::Integer()});
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code(), ErrorCode::kRestore);
}

TEST(InFlight, CutBytesAreRefusedAtEveryLength) {
  const std::string bytes = EncodeInFlight(Sample());
  for (size_t n = 0; n < bytes.size(); ++n) {
    EXPECT_FALSE(DecodeInFlight(std::string_view(bytes).substr(0, n), kTypes).ok()) << n;
  }
  EXPECT_FALSE(DecodeInFlight(bytes + "x", kTypes).ok());
}

}  // namespace
}  // namespace sluice::engine
