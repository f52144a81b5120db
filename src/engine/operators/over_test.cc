// Expected rows are Apache Flink's: tests/sql/over. Times in seconds instead of milliseconds.
#include <gmock/gmock.h>

#include "engine/operators/operator_test_harness.h"

namespace sluice::engine {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

const DataType kTime = DataType::TimestampType(3).WithTimeAttribute(TimeAttribute::kRowtime);
const Schema kInput = {
    {"id", DataType::Integer()}, {"k", DataType::String()}, {"v", DataType::Integer()}, {"ts", kTime}};

OverAggregateNode SumOver(OverTime time, bool rows, FrameEdge start = FrameEdge::kUnbounded, int64_t offset = 0) {
  OverAggregateNode node;
  node.time = time;
  OverGroup group;
  group.partition_keys = {1};
  group.order = {{time == OverTime::kNone ? 2 : 3, true, false}};
  group.frame.rows = rows;
  group.frame.start = start;
  if (start == FrameEdge::kPreceding) group.frame.start_offset = Value::Int(offset);
  group.calls = {Aggregate("SUM", {2}, DataType::Integer(), {DataType::Integer()})};
  node.groups = {group};
  return node;
}

Schema Output() {
  Schema out = kInput;
  out.push_back({"s", DataType::Integer()});
  return out;
}

/// The table of over_time.stest; the watermark is 2 behind.
std::vector<std::string> Rows(size_t first, size_t last) {
  const std::vector<std::string> all = {"+I 1 a 10 1 @-99", "+I 2 b 5 2 @-1",   "+I 3 a 20 3 @0",  "+I 4 a _ 3 @1",
                                        "+I 5 a 7 2 @1",    "+I 6 b 9 9 @1",    "+I 7 a 1 4 @7",   "+I 8 a 2 10 @7",
                                        "+I 9 a 4 20 @8",   "+I 10 b 8 12 @18", "+I 11 b 3 20 @18"};
  return {all.begin() + static_cast<std::ptrdiff_t>(first), all.begin() + static_cast<std::ptrdiff_t>(last)};
}

std::vector<std::string> RunOver(const OverAggregateNode& node) {
  OperatorHarness h({kInput}, Output());
  h.Make(MakeOver, node);
  h.Process(Rows(0, 3));
  h.Process(Rows(3, 6));
  h.Process(Rows(6, 9));
  h.Process(Rows(9, 11));
  h.End();
  return h.Take();
}

TEST(OverTime, UnboundedRangeDropsLateRows) {
  EXPECT_THAT(RunOver(SumOver(OverTime::kEventTime, false)),
              ElementsAre("+I 1 a 10 1 10", "+I 2 b 5 2 5", "+I 5 a 7 2 17", "+I 3 a 20 3 37", "+I 4 a _ 3 37",
                          "+I 6 b 9 9 14", "+I 8 a 2 10 39", "+I 9 a 4 20 43", "+I 11 b 3 20 17"));
}

TEST(OverTime, BoundedRowsKnowLatenessByKey) {
  EXPECT_THAT(
      RunOver(SumOver(OverTime::kEventTime, true, FrameEdge::kPreceding, 1)),
      ElementsAre("+I 1 a 10 1 10", "+I 2 b 5 2 5", "+I 5 a 7 2 17", "+I 3 a 20 3 27", "+I 4 a _ 3 20", "+I 7 a 1 4 1",
                  "+I 6 b 9 9 14", "+I 8 a 2 10 3", "+I 10 b 8 12 17", "+I 11 b 3 20 11", "+I 9 a 4 20 6"));
}

TEST(OverTime, BoundedRangeLeavesTheFrame) {
  EXPECT_THAT(RunOver(SumOver(OverTime::kEventTime, false, FrameEdge::kPreceding, 2)),
              UnorderedElementsAre("+I 1 a 10 1 10", "+I 2 b 5 2 5", "+I 5 a 7 2 17", "+I 3 a 20 3 37", "+I 4 a _ 3 37",
                                   "+I 7 a 1 4 1", "+I 6 b 9 9 9", "+I 8 a 2 10 2", "+I 10 b 8 12 8", "+I 11 b 3 20 3",
                                   "+I 9 a 4 20 4"));
}

TEST(OverTime, ProcessingTimeAnswersAtOnceOrByTheClock) {
  const std::vector<std::string> rows = {"+I 1 a 10 0", "+I 2 b 5 0", "+I 3 a 20 0"};
  OperatorHarness all({kInput}, Output());
  all.Make(MakeOver, SumOver(OverTime::kProcessingTime, false));
  all.Process(rows);
  all.Process({"+I 4 a 1 0"});
  EXPECT_THAT(all.Take(), ElementsAre("+I 1 a 10 0 10", "+I 2 b 5 0 5", "+I 3 a 20 0 30", "+I 4 a 1 0 31"));
  OperatorHarness two({kInput}, Output());
  two.Make(MakeOver, SumOver(OverTime::kProcessingTime, true, FrameEdge::kPreceding, 1));
  two.Process(rows);
  two.Process({"+I 4 a 1 0"});
  EXPECT_THAT(two.Take(), ElementsAre("+I 1 a 10 0 10", "+I 2 b 5 0 5", "+I 3 a 20 0 30", "+I 4 a 1 0 21"));
  OperatorHarness range({kInput}, Output());
  range.Make(MakeOver, SumOver(OverTime::kProcessingTime, false, FrameEdge::kPreceding, 100));
  range.Process(rows);
  EXPECT_THAT(range.Take(), ElementsAre());
  range.Time(range.clock().NowMs() + 1);
  EXPECT_THAT(range.Take(), UnorderedElementsAre("+I 1 a 10 0 30", "+I 3 a 20 0 30", "+I 2 b 5 0 5"));
}

TEST(OverOrdered, LaterRowsChange) {
  OverAggregateNode node = SumOver(OverTime::kNone, false);
  OperatorHarness range({kInput}, Output());
  range.Make(MakeOver, node);
  const std::vector<std::string> rows = {"+I 1 a 10 0", "+I 2 a 5 0", "+I 3 a 10 0", "+I 4 b 7 0", "+I 5 a 5 0"};
  range.Process(rows);
  EXPECT_THAT(range.Take(),
              ElementsAre("+I 1 a 10 0 10", "+I 2 a 5 0 5", "-U 1 a 10 0 10", "+U 1 a 10 0 15", "-U 1 a 10 0 15",
                          "+U 1 a 10 0 25", "+I 3 a 10 0 25", "+I 4 b 7 0 7", "-U 2 a 5 0 5", "+U 2 a 5 0 10",
                          "+I 5 a 5 0 10", "-U 1 a 10 0 25", "+U 1 a 10 0 30", "-U 3 a 10 0 25", "+U 3 a 10 0 30"));
  range.Process({"-D 2 a 5 0"});
  EXPECT_THAT(range.Take(), ElementsAre("-D 2 a 5 0 10", "-U 5 a 5 0 10", "+U 5 a 5 0 5", "-U 1 a 10 0 30",
                                        "+U 1 a 10 0 25", "-U 3 a 10 0 30", "+U 3 a 10 0 25"));
  node.groups[0].frame.rows = true;
  OperatorHarness by_row({kInput}, Output());
  by_row.Make(MakeOver, node);
  by_row.Process(rows);
  EXPECT_THAT(by_row.Take(), ElementsAre("+I 1 a 10 0 10", "+I 2 a 5 0 5", "-U 1 a 10 0 10", "+U 1 a 10 0 15",
                                         "+I 3 a 10 0 25", "+I 4 b 7 0 7", "+I 5 a 5 0 10", "-U 1 a 10 0 15",
                                         "+U 1 a 10 0 20", "-U 3 a 10 0 25", "+U 3 a 10 0 30"));
}

}  // namespace
}  // namespace sluice::engine
