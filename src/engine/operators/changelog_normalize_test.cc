// Expected changelogs are Apache Flink's, with table.exec.source.cdc-events-duplicate.
#include <gmock/gmock.h>

#include "engine/operators/operator_test_harness.h"

namespace sluice::engine {
namespace {

using testing::ElementsAre;

const Schema kInput = {{"id", DataType::Integer()}, {"v", DataType::Integer()}};
const std::vector<std::string> kEvents = {"+I 1 1",  "+I 1 1", "-U 1 1", "+U 1 2", "-U 1 1", "+U 1 2",
                                          "-U 2 1",  "+U 2 9", "-U 2 9", "+U 2 3", "-U 2 3", "+U 3 3",
                                          "-D 1 26", "-D 1 2", "-U 3 3", "+U 3 9", "+I 1 5"};

TEST(ChangelogNormalize, LastRowOfAKey) {
  ChangelogNormalizeNode node;
  node.keys = {0};
  OperatorHarness h({kInput}, kInput);
  h.Make(MakeChangelogNormalize, node);
  h.Process(kEvents);
  EXPECT_THAT(h.Take(), ElementsAre("+I 1 1", "-U 1 1", "+U 1 2", "+I 2 9", "-U 2 9", "+U 2 3", "+I 3 3", "-D 1 2",
                                    "-U 3 3", "+U 3 9", "+I 1 5"));
}

TEST(ChangelogNormalize, ConditionDeletes) {
  ChangelogNormalizeNode node;
  node.keys = {0};
  node.emit_update_before = false;
  node.condition = Expr::Call(
      "<>", {Expr::Input(1, DataType::Integer()), Expr::Literal(Value::Int(9), DataType::Integer().NotNull())},
      DataType::Boolean());
  OperatorHarness h({kInput}, kInput);
  h.Make(MakeChangelogNormalize, node);
  h.Process(kEvents);
  EXPECT_THAT(h.Take(), ElementsAre("+I 1 1", "+U 1 2", "+I 2 3", "+I 3 3", "-D 1 2", "-D 3 3", "+I 1 5"));
}

}  // namespace
}  // namespace sluice::engine
