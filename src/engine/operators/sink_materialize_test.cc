// Expected changes are those of Flink's SinkUpsertMaterializer.
#include <gmock/gmock.h>

#include "engine/operators/operator_test_harness.h"

namespace sluice::engine {
namespace {

using testing::ElementsAre;

const Schema kRows = {{"id", DataType::Integer()}, {"v", DataType::Integer()}, {"n", DataType::Integer()}};

inline std::vector<std::vector<int>> DivisionOf(const SinkMaterializeNode& n) { return {n.keys}; }

SinkMaterializeNode ById(std::vector<int> upsert_key) {
  SinkMaterializeNode node;
  node.keys = {0};
  node.upsert_key = std::move(upsert_key);
  return node;
}

TEST(SinkMaterialize, TheLastRowOfAKeyShows) {
  OperatorHarness h({kRows}, kRows);
  h.Make(MakeSinkMaterialize, ById({}));
  h.Process({"+I 1 10 1", "+I 1 20 1", "+I 2 5 1"});
  EXPECT_THAT(h.Take(), ElementsAre("+I 1 10 1", "+U 1 20 1", "+I 2 5 1"));
  h.Process({"-D 1 20 1", "-D 1 10 1", "-D 7 7 7"});
  EXPECT_THAT(h.Take(), ElementsAre("+U 1 10 1", "-D 1 10 1"));
}

TEST(SinkMaterialize, ARowBelowTheLastGoesUnseen) {
  OperatorHarness h({kRows}, kRows);
  h.Make(MakeSinkMaterialize, ById({}));
  h.Process({"+I 1 10 1", "+I 1 20 1", "-U 1 10 1"});
  EXPECT_THAT(h.Take(), ElementsAre("+I 1 10 1", "+U 1 20 1"));
}

TEST(SinkMaterialize, RowsOfTheSameUpsertKeyReplaceEachOther) {
  OperatorHarness h({kRows}, kRows);
  h.Make(MakeSinkMaterialize, ById({0, 1}));
  h.Process({"+I 1 10 1", "+I 1 20 1", "+U 1 10 2"});
  EXPECT_THAT(h.Take(), ElementsAre("+I 1 10 1", "+U 1 20 1", "+U 1 10 2"));
  h.Process({"-D 1 20 9"});  // by its key, whatever else is in it
  EXPECT_THAT(h.Take(), ElementsAre("+U 1 10 2"));
}

}  // namespace
}  // namespace sluice::engine
