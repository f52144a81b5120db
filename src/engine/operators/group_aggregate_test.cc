// Expected changelogs are Apache Flink's, from the corpus: group_changelog, agg_retract_nested, agg_bad_retraction.
#include <gmock/gmock.h>

#include "engine/operators/operator_test_harness.h"

namespace sluice::engine {
namespace {

using testing::ElementsAre;

const Schema kInput = {{"k", DataType::String()}, {"v", DataType::Integer()}};
const Schema kOutput = {{"k", DataType::String()}, {"a", DataType::Bigint()}, {"b", DataType::Integer()}};

GroupAggregateNode CountAndMax() {
  GroupAggregateNode node;
  node.keys = {0};
  node.calls = {Aggregate("COUNT", {1}, DataType::Bigint().NotNull(), {DataType::Integer()}),
                Aggregate("MAX", {1}, DataType::Integer(), {DataType::Integer()})};
  return node;
}

TEST(GroupAggregate, FirstRowThenUpdatesOnlyOnChange) {
  OperatorHarness h({kInput}, kOutput);
  h.Make(MakeGroupAggregate, CountAndMax());
  h.Process({"+I a 1", "+I b -5", "+I a _", "+I a 1", "+I _ _"});
  EXPECT_THAT(h.Take(), ElementsAre("+I a 1 1", "+I b 1 -5", "-U a 1 1", "+U a 2 1", "+I _ 0 _"));
  h.Process({"+I _ _", "+I b 7"});
  EXPECT_THAT(h.Take(), ElementsAre("-U b 1 -5", "+U b 2 7"));
}

TEST(GroupAggregate, WithoutUpdateBefore) {
  GroupAggregateNode node = CountAndMax();
  node.emit_update_before = false;
  OperatorHarness h({kInput}, kOutput);
  h.Make(MakeGroupAggregate, node);
  h.Process({"+I a 1", "+I a 2"});
  EXPECT_THAT(h.Take(), ElementsAre("+I a 1 1", "+U a 2 2"));
}

TEST(GroupAggregate, RetractionsFallBackDeleteAndBeginAnew) {
  GroupAggregateNode node = CountAndMax();
  node.input_retracts = true;
  OperatorHarness h({kInput}, kOutput);
  h.Make(MakeGroupAggregate, node);
  // The debezium log of agg_bad_retraction.stest.
  h.Process({"-D ghost 1", "+I a 5", "-U a 7", "+U a 8", "-D a 8", "-D a 8", "+I a 1", "+I ghost 2"});
  EXPECT_THAT(h.Take(), ElementsAre("+I a 1 5", "-D a 1 5", "+I a 1 8", "-D a 1 8", "+I a 1 1", "+I ghost 1 2"));
  h.Process({"+I a 9"});
  h.Process({"-U a 9", "+U a 4"});
  EXPECT_THAT(h.Take(), ElementsAre("-U a 1 1", "+U a 2 9", "-U a 2 9", "+U a 1 1", "-U a 1 1", "+U a 2 4"));
}

TEST(GroupAggregate, DistinctAndFilter) {
  const Schema input = {{"v", DataType::Integer()}, {"b", DataType::Boolean()}};
  GroupAggregateNode node;
  node.calls = {Aggregate("COUNT", {0}, DataType::Bigint().NotNull(), {DataType::Integer()}),
                Aggregate("SUM", {0}, DataType::Integer(), {DataType::Integer()})};
  node.calls[0].distinct = true;
  node.calls[0].filter = 1;
  node.calls[1].filter = 1;
  OperatorHarness h({input}, {{"c", DataType::Bigint()}, {"s", DataType::Integer()}});
  h.Make(MakeGroupAggregate, node);
  h.Process({"+I 1 true", "+I 2 _", "+I 3 false", "+I _ true", "+I 2 true", "+I 2 true"});
  EXPECT_THAT(h.Take(), ElementsAre("+I 1 1", "-U 1 1", "+U 2 3", "-U 2 3", "+U 2 5"));
}

TEST(GroupAggregate, BatchEmitsOnceAndAGlobalRowForNoInput) {
  GroupAggregateNode node = CountAndMax();
  node.batch = true;
  OperatorHarness h({kInput}, kOutput, true);
  h.Make(MakeGroupAggregate, node);
  h.Process({"+I a 1", "+I b 2", "+I a 3"});
  EXPECT_THAT(h.Take(), ElementsAre());
  h.End();
  EXPECT_THAT(h.Take(), ElementsAre("+I a 2 3", "+I b 1 2"));

  node.keys = {};
  OperatorHarness global({kInput}, {{"a", DataType::Bigint()}, {"b", DataType::Integer()}}, true);
  global.Make(MakeGroupAggregate, node);
  global.End();
  EXPECT_THAT(global.Take(), ElementsAre("+I 0 _"));
}

TEST(GroupAggregate, StateTtlForgetsAndEmitsUnchangedRows) {
  GroupAggregateNode node = CountAndMax();
  node.state_ttl_ms = 1000;
  OperatorHarness h({kInput}, kOutput);
  h.Make(MakeGroupAggregate, node);
  h.Process({"+I a 1", "+I a _"});
  EXPECT_THAT(h.Take(), ElementsAre("+I a 1 1", "-U a 1 1", "+U a 1 1"));
  h.clock().Advance(std::chrono::seconds(2));
  h.Process({"+I a 1"});
  EXPECT_THAT(h.Take(), ElementsAre("+I a 1 1"));
}

}  // namespace
}  // namespace sluice::engine
