// Expected matches are Apache Flink's: match_basic.stest and match_time.stest of the corpus, times in seconds.
#include <gmock/gmock.h>

#include "engine/operators/operator_test_harness.h"

namespace sluice::engine {

inline std::vector<std::vector<int>> DivisionOf(const MatchNode& n) { return {n.partition_keys}; }

namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

const DataType kTime = DataType::TimestampType(3).WithTimeAttribute(TimeAttribute::kRowtime);
const Schema kInput = {{"s", DataType::String()}, {"ts", kTime}, {"p", DataType::Integer()}};

MatchRef Price(int variable, bool first = false, int64_t offset = 0) {
  MatchRef ref;
  ref.variable = variable;
  ref.first = first;
  ref.offset = offset;
  ref.value = Expr::Input(2, DataType::Integer());
  ref.type = DataType::Integer();
  return ref;
}
MatchExpr One(MatchRef ref) {
  MatchExpr out;
  out.expr = Expr::Input(0, ref.type);
  out.refs = {std::move(ref)};
  return out;
}
MatchExpr Compare(const char* op, int a, int b) {
  MatchExpr out;
  out.refs = {Price(a), Price(b)};
  out.expr =
      Expr::Call(op, {Expr::Input(0, DataType::Integer()), Expr::Input(1, DataType::Integer())}, DataType::Boolean());
  return out;
}

/// A D+ U, D AS D.p < A.p, U AS U.p > A.p.
MatchNode Dip() {
  MatchNode node;
  node.partition_keys = {0};
  node.time_column = 1;
  node.variables = {"A", "D", "U"};
  node.pattern = {{0, 1, 1, true}, {1, 1, -1, true}, {2, 1, 1, true}};
  node.defines = {{}, Compare("<", 1, 0), Compare(">", 2, 0)};
  MatchRef sum;
  sum.variable = 1;
  sum.aggregate = true;
  sum.call = Aggregate("SUM", {0}, DataType::Integer(), {DataType::Integer()});
  sum.arguments = {Expr::Input(2, DataType::Integer())};
  sum.type = DataType::Integer();
  node.measures = {One(Price(1, true)), One(Price(1)), One(Price(1, false, 1)), One(sum)};
  node.skip = MatchSkip::kPastLastRow;
  return node;
}

TEST(Match, DipsByKeyWithOffsetsAndSums) {
  const Schema output = {kInput[0], kInput[2], kInput[2], kInput[2], kInput[2]};
  OperatorHarness h({kInput}, output);
  h.Make(MakeMatch, Dip());
  h.Process({"+I A 1 10 @0", "+I B 1 5 @0", "+I A 2 8 @0", "+I B 2 6 @1", "+I A 3 7 @1"});
  h.Process({"+I B 3 4 @2", "+I A 4 12 @2", "+I B 4 9 @3"});
  h.Process({"+I A 5 11 @3", "+I A 6 13 @4", "+I _ 7 3 @5", "+I _ 8 2 @6", "+I _ 9 4 @7"});
  h.End();
  EXPECT_THAT(h.Take(), UnorderedElementsAre("+I A 8 7 8 15", "+I B 4 4 _ 4", "+I _ 2 2 _ 2"));
}

TEST(Match, SortsByTimeThenOrderAndDropsLateRows) {
  MatchNode node;
  node.partition_keys = {0};
  node.time_column = 1;
  node.order = {{2, true, false}};
  node.variables = {"A", "B"};
  node.pattern = {{0, 1, 1, true}, {1, 1, 1, true}};
  node.defines = {{}, Compare(">", 1, 0)};
  node.measures = {One(Price(0)), One(Price(1))};
  OperatorHarness h({kInput}, {kInput[0], kInput[2], kInput[2]});
  h.Make(MakeMatch, node);
  h.Process({"+I x 1 1 @-9", "+I x 3 3 @-1", "+I x 2 2 @1", "+I y 2 7 @1", "+I x 10 4 @1", "+I x 4 99 @8"});
  h.Process({"+I y 11 8 @8", "+I x 11 6 @9", "+I x 11 5 @9", "+I x 25 7 @9"});
  h.End();
  EXPECT_THAT(h.Take(),
              UnorderedElementsAre("+I x 1 2", "+I x 2 3", "+I x 3 4", "+I x 4 5", "+I x 5 6", "+I x 6 7", "+I y 7 8"));
}

}  // namespace
}  // namespace sluice::engine
