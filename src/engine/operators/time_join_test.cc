// Interval, temporal and window joins and Top-N per window: the rules of Flink's operators (tests/sql/time_joins).
#include <gmock/gmock.h>

#include "engine/operators/operator_test_harness.h"

namespace sluice::engine {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

const DataType kTime = DataType::TimestampType(3).WithTimeAttribute(TimeAttribute::kRowtime);
const Schema kLeft = {{"k", DataType::String()}, {"v", DataType::Integer()}, {"ts", kTime}};
const Schema kBoth = {kLeft[0], kLeft[1], kLeft[2], kLeft[0], kLeft[1], kLeft[2]};

IntervalJoinNode Within(JoinKind kind, int64_t lower, int64_t upper) {
  IntervalJoinNode node;
  node.kind = kind;
  node.left_keys = node.right_keys = {0};
  node.filter_nulls = {true};
  node.left_time = node.right_time = 2;
  node.lower_ms = lower;
  node.upper_ms = upper;
  return node;
}

TEST(IntervalJoin, FullPadsWhatCannotMeetAnyMore) {
  OperatorHarness h({kLeft, kLeft}, kBoth);
  h.Make(MakeIntervalJoin, Within(JoinKind::kFull, -5, 5));
  h.Process({"+I x 1 10", "+I y 2 12", "+I _ 3 12"});
  h.Process({"+I x 7 15", "+I x 8 16", "+I z 9 13"}, 1);
  EXPECT_THAT(h.Take(), ElementsAre("+I x 1 10 x 7 15"));
  h.Watermark(15);
  h.Process({"+I x 4 20"});
  EXPECT_THAT(h.Take(), UnorderedElementsAre("+I x 4 20 x 7 15", "+I x 4 20 x 8 16"));
  h.Process({"+I x 5 4"});  // its partners are gone
  EXPECT_THAT(h.Take(), ElementsAre("+I x 5 4 _ _ _"));
  h.End();
  EXPECT_THAT(h.Take(), UnorderedElementsAre("+I y 2 12 _ _ _", "+I _ 3 12 _ _ _", "+I _ _ _ z 9 13"));
}

TEST(TemporalJoin, MeetsTheVersionThatHeld) {
  TemporalJoinNode node;
  node.left_keys = node.right_keys = {0};
  node.filter_nulls = {true};
  node.left_time = node.right_time = 2;
  node.left_outer = true;
  OperatorHarness h({kLeft, kLeft}, kBoth);
  h.Make(MakeTemporalJoin, node);
  h.Process({"+I x 1 10", "-U x 1 10", "+U x 2 20", "-D x 2 30"}, 1);
  h.Process({"+I x 1 9", "+I x 2 19", "+I x 3 20", "+I x 4 31", "+I _ 5 20"});
  EXPECT_THAT(h.Take(), ElementsAre());
  h.Watermark(20);
  EXPECT_THAT(h.Take(),
              UnorderedElementsAre("+I x 1 9 _ _ _", "+I x 2 19 x 1 10", "+I x 3 20 x 2 20", "+I _ 5 20 _ _ _"));
  h.Process({"+I x 6 25"});
  h.Watermark(40);
  EXPECT_THAT(h.Take(), ElementsAre("+I x 4 31 _ _ _", "+I x 6 25 x 2 20"));
}

TEST(WindowJoin, JoinsWithinTheWindowOnceItIsOver) {
  WindowJoinNode node;
  node.kind = JoinKind::kFull;
  node.left_keys = node.right_keys = {0};
  node.filter_nulls = {true};
  node.left_window_end = node.right_window_end = 2;
  OperatorHarness h({kLeft, kLeft}, kBoth);
  h.Make(MakeWindowJoin, node);
  h.Process({"+I x 1 10", "+I x 2 20", "+I _ 3 10"});
  h.Process({"+I x 4 10", "+I x 5 10", "+I _ 6 10", "+I y 7 20"}, 1);
  h.Watermark(9);
  EXPECT_THAT(h.Take(),
              UnorderedElementsAre("+I x 1 10 x 4 10", "+I x 1 10 x 5 10", "+I _ 3 10 _ _ _", "+I _ _ _ _ 6 10"));
  h.Process({"+I x 8 10"});  // late
  h.End();
  EXPECT_THAT(h.Take(), UnorderedElementsAre("+I x 2 20 _ _ _", "+I _ _ _ y 7 20"));
}

TEST(WindowRank, TopTwoAndTheLastOfEquals) {
  WindowRankNode node;
  node.partition_keys = {0};
  node.order = {{1, false, true}};
  node.window_end = 2;
  node.rank_end = 2;
  node.output_rank = true;
  Schema output = kLeft;
  output.push_back({"rn", DataType::Bigint()});
  OperatorHarness top({kLeft}, output);
  top.Make(MakeWindowRank, node);
  top.Process({"+I x 1 10", "+I x 5 10", "+I y 3 10", "+I x 4 10", "+I x 9 20"});
  top.Watermark(9);
  EXPECT_THAT(top.Take(), ElementsAre("+I x 5 10 1", "+I x 4 10 2", "+I y 3 10 1"));
  node.rank_end = 1;
  node.output_rank = false;
  node.last_of_equals = true;
  node.partition_keys = {};
  OperatorHarness last({kLeft}, kLeft);
  last.Make(MakeWindowRank, node);
  last.Process({"+I a 4 10", "+I b 2 10", "+I c 4 10"});
  last.End();
  EXPECT_THAT(last.Take(), ElementsAre("+I c 4 10"));
}

}  // namespace
}  // namespace sluice::engine
