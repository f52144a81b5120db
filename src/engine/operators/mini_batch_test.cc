// Bundles of mini-batches. Expected changes are Apache Flink's (tests/sql/mini_batch); a disturbed run ends its bundle
// at every snapshot, so each scenario's calls hold whole bundles.
#include <gmock/gmock.h>

#include "engine/operators/mini_batch_join.h"
#include "engine/operators/operator_test_harness.h"
#include "engine/plan/mini_batch.h"

namespace sluice::engine {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

const Schema kInput = {{"k", DataType::String()}, {"v", DataType::Integer()}};
const Schema kOutput = {{"k", DataType::String()}, {"a", DataType::Bigint()}, {"b", DataType::Integer()}};

GroupAggregateNode CountAndMax() {
  GroupAggregateNode node;
  node.keys = {0};
  node.calls = {Aggregate("COUNT", {1}, DataType::Bigint().NotNull(), {DataType::Integer()}),
                Aggregate("MAX", {1}, DataType::Integer(), {DataType::Integer()})};
  return node;
}

void OnePhase(OperatorHarness& h, int64_t size) {
  h.settings().mini_batch_size = size;
  h.settings().options["table.optimizer.agg-phase-strategy"] = "ONE_PHASE";
}

TEST(MiniBatch, AKeySaysItsNetChangeWhenTheBundleIsFull) {
  OperatorHarness h({kInput}, kOutput);
  OnePhase(h, 4);
  h.Make(MakeMiniBatchAggregate, CountAndMax());
  h.Process({"+I a 1", "+I b -5", "+I a _", "+I a 3"});
  EXPECT_THAT(h.Take(), ElementsAre("+I b 1 -5", "+I a 2 3"));
  h.Process({"+I a _", "+I b 7", "+I b 8", "+I a _"});
  EXPECT_THAT(h.Take(), ElementsAre("-U b 1 -5", "+U b 3 8"));  // a is as it was
}

TEST(MiniBatch, RowsTakenBackWithinABundleLeaveNoTrace) {
  GroupAggregateNode node = CountAndMax();
  node.input_retracts = true;
  OperatorHarness h({kInput}, kOutput);
  OnePhase(h, 5);
  h.Make(MakeMiniBatchAggregate, node);
  h.Process({"-D ghost 1", "+I a 1", "+I b 2", "-D a 1", "+I c 3"});
  EXPECT_THAT(h.Take(), UnorderedElementsAre("+I b 1 2", "+I c 1 3"));
  h.Process({"-D b 2", "+I b 9", "-D c 3", "+I a 4", "+I a 5"});
  EXPECT_THAT(h.Take(), UnorderedElementsAre("-U b 1 2", "+U b 1 9", "-D c 1 3", "+I a 2 5"));
}

TEST(MiniBatch, AWatermarkEndsTheBundle) {
  OperatorHarness h({kInput}, kOutput);
  OnePhase(h, 100);
  h.Make(MakeMiniBatchAggregate, CountAndMax());
  h.Process({"+I a 1 @0", "+I a 2 @0", "+I a 3 @7"});
  h.Watermark(9);
  EXPECT_THAT(h.Take(), ElementsAre("+I a 2 2", "-U a 2 2", "+U a 3 3"));
  h.Process({"+I a 4 @9"});
  h.End();
  EXPECT_THAT(h.Take(), ElementsAre("-U a 3 3", "+U a 4 4"));
}

TEST(MiniBatch, WithATimeToLiveAnEqualResultIsSaidToo) {
  GroupAggregateNode node = CountAndMax();
  node.state_ttl_ms = 1000;
  OperatorHarness h({kInput}, kOutput);
  OnePhase(h, 1);
  h.Make(MakeMiniBatchAggregate, node);
  h.Process({"+I a 1"});
  h.Process({"+I a _"});
  EXPECT_THAT(h.Take(), ElementsAre("+I a 1 1", "-U a 1 1", "+U a 1 1"));
  h.clock().Advance(std::chrono::seconds(2));
  h.Process({"+I a 1"});
  EXPECT_THAT(h.Take(), ElementsAre("+I a 1 1"));
}

TEST(MiniBatch, TwoPhasesCountKeysOfLocalBundles) {
  GroupAggregateNode node = CountAndMax();
  OperatorHarness h({kInput}, kOutput);
  h.settings().mini_batch_size = 2;
  h.Make(MakeMiniBatchAggregate, node);
  h.Process({"+I a 1", "+I a 2", "+I a 3", "+I a 4"});  // two local bundles with a key each: the global one is full
  EXPECT_EQ(h.Take().size(), 1u);
}

TEST(MiniBatch, AJoinMeetsFoldedChangesOnly) {
  const Schema left = {{"id", DataType::Integer()}, {"v", DataType::Integer()}};
  Schema both = left;
  both.insert(both.end(), left.begin(), left.end());
  JoinNode node;
  node.left_keys = node.right_keys = {0};
  node.left_unique_keys = {{0}};
  node.left_retracts = true;
  OperatorHarness h({left, left}, both);
  h.settings().mini_batch_size = 5;
  h.Make(
      [](const JoinNode& n, const OperatorPlan& plan) -> OperatorResult {
        SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<Operator> join, MakeJoin(n, plan));
        return MakeMiniBatchJoin(std::move(join), n, plan);
      },
      node);
  h.Process({"+I 1 5", "+I 2 6"}, 1);
  h.Watermark(1);
  EXPECT_THAT(h.Take(), ElementsAre());
  h.Process({"+I 1 10", "-D 1 10", "+I 2 20", "-U 2 20", "+U 2 21"}, 0);
  EXPECT_THAT(h.Take(), ElementsAre("+U 2 21 2 6"));
}

TEST(MiniBatch, MarksFollowTheClock) {
  OperatorHarness h({kInput}, kInput);
  h.clock().SetNowMs(2500);
  h.Make(MakeMiniBatchMarks, ClockMarks(1000));
  EXPECT_EQ(h.op().NextProcessingTime(), 3500);
  h.Time(3600);
  EXPECT_EQ(h.op().NextProcessingTime(), 4000);
}

}  // namespace
}  // namespace sluice::engine
