// The rules of StreamingJoinOperator and StreamingSemiAntiJoinOperator, row by row.
#include <gmock/gmock.h>

#include "engine/operators/operator_test_harness.h"

namespace sluice::engine {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

const Schema kLeft = {{"k", DataType::Integer()}, {"a", DataType::String()}};
const Schema kRight = {{"k2", DataType::Integer()}, {"b", DataType::String()}};
const Schema kBoth = {kLeft[0], kLeft[1], kRight[0], kRight[1]};

JoinNode On(JoinKind kind) {
  JoinNode node;
  node.kind = kind;
  node.left_keys = node.right_keys = {0};
  node.filter_nulls = {true};
  return node;
}

TEST(Join, InnerKeepsTheInputsKind) {
  OperatorHarness h({kLeft, kRight}, kBoth);
  h.Make(MakeJoin, On(JoinKind::kInner));
  h.Process({"+I 1 x", "+I _ n", "+I 1 y"});
  h.Process({"+I 1 r", "+I _ n", "-U 1 r", "+U 1 s"}, 1);
  EXPECT_THAT(h.Take(),
              ElementsAre("+I 1 x 1 r", "+I 1 y 1 r", "-U 1 x 1 r", "-U 1 y 1 r", "+U 1 x 1 s", "+U 1 y 1 s"));
  h.Process({"-D 1 x"});
  EXPECT_THAT(h.Take(), ElementsAre("-D 1 x 1 s"));
}

TEST(Join, LeftTakesThePaddedRowBack) {
  OperatorHarness h({kLeft, kRight}, kBoth);
  h.Make(MakeJoin, On(JoinKind::kLeft));
  h.Process({"+I 1 x", "+I _ n"});
  EXPECT_THAT(h.Take(), ElementsAre("+I 1 x _ _", "+I _ n _ _"));
  h.Process({"+I 1 r", "+I 1 s", "-D 1 r", "-D 1 s"}, 1);
  EXPECT_THAT(h.Take(),
              ElementsAre("-D 1 x _ _", "+I 1 x 1 r", "+I 1 x 1 s", "-D 1 x 1 r", "-D 1 x 1 s", "+I 1 x _ _"));
  h.Process({"-U 1 x"});
  EXPECT_THAT(h.Take(), ElementsAre("-D 1 x _ _"));
}

TEST(Join, SemiAndAnti) {
  OperatorHarness semi({kLeft, kRight}, kLeft);
  semi.Make(MakeJoin, On(JoinKind::kSemi));
  semi.Process({"+I 1 x"});
  semi.Process({"+I 1 r", "+I 1 s", "-D 1 r", "-D 1 s"}, 1);
  semi.Process({"+I 1 y"});
  EXPECT_THAT(semi.Take(), ElementsAre("+I 1 x", "-D 1 x"));
  OperatorHarness anti({kLeft, kRight}, kLeft);
  anti.Make(MakeJoin, On(JoinKind::kAnti));
  anti.Process({"+I 1 x", "+I _ n"});
  anti.Process({"+I 1 r", "-D 1 r"}, 1);
  EXPECT_THAT(anti.Take(), ElementsAre("+I 1 x", "+I _ n", "-D 1 x", "+I 1 x"));
}

TEST(Join, UniqueKeyReplacesWithoutRetraction) {
  JoinNode node = On(JoinKind::kInner);
  node.right_unique_keys = {{0}};
  OperatorHarness h({kLeft, kRight}, kBoth);
  h.Make(MakeJoin, node);
  h.Process({"+I 1 r", "+U 1 s"}, 1);
  h.Process({"+I 1 x"});
  EXPECT_THAT(h.Take(), ElementsAre("+I 1 x 1 s"));
}

TEST(Join, BatchFullOuter) {
  JoinNode node = On(JoinKind::kFull);
  node.batch = true;
  OperatorHarness h({kLeft, kRight}, kBoth, true);
  h.Make(MakeJoin, node);
  h.Process({"+I 1 x", "+I 2 y", "+I 1 x"});
  h.Process({"+I 1 r", "+I 3 s", "+I _ n"}, 1);
  h.End(0);
  h.End(1);
  EXPECT_THAT(h.Take(), UnorderedElementsAre("+I 1 x 1 r", "+I 2 y _ _", "+I 1 x 1 r", "+I _ _ 3 s", "+I _ _ _ n"));
}

}  // namespace
}  // namespace sluice::engine
