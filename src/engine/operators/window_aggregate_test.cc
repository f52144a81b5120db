#include <gmock/gmock.h>

#include "engine/operators/operator_test_harness.h"
#include "engine/operators/window_slices.h"

namespace sluice::engine {
namespace {

using testing::ElementsAre;

const DataType kTime = DataType::TimestampType(3);
const Schema kInput = {{"k", DataType::String()}, {"v", DataType::Integer()}, {"ts", kTime}};

WindowAggregateNode SumBy(WindowKind kind, int64_t size, int64_t slide = 0) {
  WindowAggregateNode node;
  node.window.kind = kind;
  node.window.size_ms = size;
  node.window.slide_ms = slide;
  node.window.time_column = 2;
  node.calls = {Aggregate("SUM", {1}, DataType::Integer(), {DataType::Integer()})};
  node.properties = {WindowProperty::kStart, WindowProperty::kEnd};
  return node;
}

const Schema kOutput = {{"s", DataType::Integer()}, {"ws", kTime}, {"we", kTime}};

TEST(WindowAggregate, TumbleFiresBetweenRowsAndDropsLateRows) {
  OperatorHarness h({kInput}, kOutput);
  h.Make(MakeWindowAggregate, SumBy(WindowKind::kTumble, 10));
  h.Process({"+I a 1 1 @-9", "+I a 2 9 @1", "+I a 4 12 @9", "+I a 8 5 @12", "+I a 16 19 @12"});
  EXPECT_THAT(h.Take(), ElementsAre("+I 3 0 10"));
  h.End();
  EXPECT_THAT(h.Take(), ElementsAre("+I 20 10 20"));
}

TEST(WindowAggregate, HopMergesSlices) {
  // legacy_group_windows.stest: HOP 4 s, 10 s; times in ms of 2024-01-01, watermark 5 s behind.
  WindowAggregateNode node = SumBy(WindowKind::kHop, 10000, 4000);
  OperatorHarness h({kInput}, kOutput);
  h.Make(MakeWindowAggregate, node);
  h.Process({"+I a 1 0", "+I b 2 4999", "+I a 4 5000", "+I a 8 3000", "+I a 16 21000", "+I b _ 22000"});
  h.End();
  EXPECT_THAT(h.Take(), ElementsAre("+I 1 -8000 2000", "+I 15 -4000 6000", "+I 15 0 10000", "+I 6 4000 14000",
                                    "+I 16 12000 22000", "+I 16 16000 26000", "+I 16 20000 30000"));
}

TEST(WindowAggregate, HopWithGaps) {
  OperatorHarness h({kInput}, kOutput);
  h.Make(MakeWindowAggregate, SumBy(WindowKind::kHop, 4000, 10000));
  h.Process({"+I a 1 0", "+I b 2 4999", "+I a 4 5000", "+I a 8 3000", "+I a 16 21000", "+I b _ 22000"});
  h.End();
  EXPECT_THAT(h.Take(), ElementsAre("+I 9 0 4000", "+I 16 20000 24000"));
}

TEST(WindowAggregate, CumulateSumsUpAndShowsEveryKeyInEveryStep) {
  WindowAggregateNode node = SumBy(WindowKind::kCumulate, 15, 5);
  node.keys = {0};
  Schema output = kOutput;
  output.insert(output.begin(), {"k", DataType::String()});
  OperatorHarness h({kInput}, output);
  h.Make(MakeWindowAggregate, node);
  h.Process({"+I a 1 1", "+I b 2 6", "+I a 4 12", "+I a 8 16"});
  h.Watermark(9);
  EXPECT_THAT(h.Take(), ElementsAre("+I a 1 0 5", "+I a 1 0 10", "+I b 2 0 10"));
  h.Process({"+I a 16 2"});  // late for the first two, not for the last
  h.End();
  EXPECT_THAT(h.Take(), ElementsAre("+I a 21 0 15", "+I b 2 0 15", "+I a 8 15 20", "+I a 8 15 25", "+I a 8 15 30"));
}

TEST(WindowAggregate, RetractedGroupsDoNotShow) {
  WindowAggregateNode node = SumBy(WindowKind::kTumble, 10);
  node.input_retracts = true;
  node.keys = {0};
  Schema output = kOutput;
  output.insert(output.begin(), {"k", DataType::String()});
  OperatorHarness h({kInput}, output);
  h.Make(MakeWindowAggregate, node);
  h.Process({"+I a 1 1", "+I b 2 6", "-D a 1 1", "-U b 2 6", "+U b 3 7"});
  h.End();
  EXPECT_THAT(h.Take(), ElementsAre("+I b 3 0 10"));
}

TEST(WindowAggregate, ProcessingTimeFiresByTheClockOnly) {
  WindowAggregateNode node = SumBy(WindowKind::kTumble, 10);
  node.window.processing_time = true;
  node.window.time_column = -1;
  OperatorHarness h({kInput}, kOutput);
  h.clock().SetNowMs(25);
  h.Make(MakeWindowAggregate, node);
  h.Process({"+I a 1 1", "+I b 2 6"});
  EXPECT_EQ(h.op().NextProcessingTime(), 29);
  h.Time(30);
  EXPECT_THAT(h.Take(), ElementsAre("+I 3 20 30"));
  h.Process({"+I a 1 1"});
  h.End();
  EXPECT_THAT(h.Take(), ElementsAre());
}

TEST(SessionAggregate, MergesByABridgeAndFiresByTheWatermark) {
  // session_tvf.stest: gap 5 s, watermark 12 s behind, unpartitioned.
  OperatorHarness h({kInput}, kOutput);
  h.Make(MakeWindowAggregate, SumBy(WindowKind::kSession, 5000));
  h.Process({"+I a 1 0 @-99999", "+I b 2 1000 @-12000", "+I a 4 4999 @-11000", "+I a 8 9999 @-7001",
             "+I a 16 20000 @-2001", "+I a 32 15000 @8000", "+I b 64 17000 @8000", "+I _ 128 18000 @8000",
             "+I a 256 60000 @8000", "+I b 512 30000 @48000"});
  EXPECT_THAT(h.Take(), ElementsAre("+I 15 0 14999", "+I 240 15000 25000"));
  h.End();
  EXPECT_THAT(h.Take(), ElementsAre("+I 256 60000 65000"));
}

TEST(WindowTableFunction, AppendsWindowsInFlinksOrder) {
  WindowTableFunctionNode node;
  node.window = SumBy(WindowKind::kHop, 10, 5).window;
  Schema output = kInput;
  for (const char* name : {"window_start", "window_end", "window_time"}) output.push_back({name, kTime});
  OperatorHarness h({kInput}, output);
  h.Make(MakeWindowTableFunction, node);
  h.Process({"-U a 1 12", "+I b 2 -1"});
  EXPECT_THAT(h.Take(),
              ElementsAre("-U a 1 12 10 20 19", "-U a 1 12 5 15 14", "+I b 2 -1 -5 5 4", "+I b 2 -1 -10 0 -1"));
}

TEST(EmittingWindow, LateRowsCorrectUntilTheLatenessIsOver) {
  WindowAggregateNode node = SumBy(WindowKind::kTumble, 10);
  node.emit = {.late = true, .lateness_ms = 5};
  OperatorHarness h({kInput}, kOutput);
  h.Make(MakeWindowAggregate, node);
  h.Process({"+I a 1 1 @-9", "+I a 2 12 @9", "+I a 4 5 @12", "+I a 8 6 @14"});
  EXPECT_THAT(h.Take(), ElementsAre("+I 1 0 10", "-U 1 0 10", "+U 5 0 10"));
  h.End();
  EXPECT_THAT(h.Take(), ElementsAre("+I 2 10 20"));
}

TEST(EmittingWindow, EarlyRowsShowWhatThereIs) {
  WindowAggregateNode node = SumBy(WindowKind::kTumble, 10);
  node.emit = {.early = true};
  OperatorHarness h({kInput}, kOutput);
  h.Make(MakeWindowAggregate, node);
  h.Process({"+I a 1 1 @-9", "+I a _ 2 @-9", "+I a 2 3 @9"});
  EXPECT_THAT(h.Take(), ElementsAre("+I 1 0 10"));  // the last one is late
  h.End();
  EXPECT_THAT(h.Take(), testing::IsEmpty());
}

}  // namespace
}  // namespace sluice::engine
