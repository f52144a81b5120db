// Expected changelogs are Apache Flink's: limit_streaming.stest, topn_updating.stest, dedup_rowtime.stest.
#include <gmock/gmock.h>

#include "engine/operators/operator_test_harness.h"

namespace sluice::engine {
namespace {

using testing::ElementsAre;

const Schema kInput = {{"id", DataType::Integer()}, {"v", DataType::Integer()}};

RankNode TopN(int64_t start, int64_t end, bool ascending) {
  RankNode node;
  node.order = {{1, ascending, !ascending}};
  node.rank_start = start;
  node.rank_end = end;
  return node;
}

TEST(Rank, AppendOnlyTopTwo) {
  OperatorHarness h({kInput}, kInput);
  h.Make(MakeRank, TopN(1, 2, false));
  h.Process({"+I 1 10", "+I 2 30", "+I 3 _", "+I 4 20", "+I 5 30", "+I 6 -1", "+I 7 5"});
  EXPECT_THAT(h.Take(), ElementsAre("+I 1 10", "+I 2 30", "-D 1 10", "+I 4 20", "-D 4 20", "+I 5 30"));
}

TEST(Rank, OffsetNeedsRankNumbers) {
  RankNode node = TopN(2, 2, false);
  node.order.push_back({0, false, true});
  OperatorHarness h({kInput}, kInput);
  h.Make(MakeRank, node);
  h.Process({"+I 1 10", "+I 2 30", "+I 3 _", "+I 4 20", "+I 5 30", "+I 6 -1"});
  EXPECT_THAT(h.Take(), ElementsAre("+I 1 10", "-U 1 10", "+U 4 20", "-U 4 20", "+U 2 30"));
}

TEST(Rank, TopOneUpdates) {
  OperatorHarness h({kInput}, kInput);
  h.Make(MakeRank, TopN(1, 1, false));
  h.Process({"+I 1 10", "+I 2 30", "+I 3 30"});
  EXPECT_THAT(h.Take(), ElementsAre("+I 1 10", "-U 1 10", "+U 2 30"));
}

TEST(Rank, RetractionPullsTheNextRowUp) {
  const std::vector<std::string> log = {"+I 1 10", "+I 2 20", "+I 3 30", "-U 3 30", "+U 3 5", "-D 2 20",
                                        "+I 4 10", "-D 1 10", "-U 3 5",  "+U 3 5",  "-D 4 10"};
  RankNode node = TopN(1, 1, false);
  node.input_retracts = true;
  OperatorHarness h({kInput}, kInput);
  h.Make(MakeRank, node);
  h.Process(log);
  EXPECT_THAT(h.Take(), ElementsAre("+I 1 10", "-D 1 10", "+I 2 20", "-D 2 20", "+I 3 30", "-D 3 30", "+I 2 20",
                                    "-D 2 20", "+I 1 10", "-D 1 10", "+I 4 10", "-D 4 10", "+I 3 5"));

  node.rank_end = 2;
  node.output_rank = true;
  Schema output = kInput;
  output.push_back({"rn", DataType::Bigint()});
  OperatorHarness numbered({kInput}, output);
  numbered.Make(MakeRank, node);
  numbered.Process(log);
  EXPECT_THAT(numbered.Take(),
              ElementsAre("+I 1 10 1", "-U 1 10 1", "+U 2 20 1", "+I 1 10 2", "-U 2 20 1", "+U 3 30 1", "-U 1 10 2",
                          "+U 2 20 2", "-U 3 30 1", "+U 2 20 1", "-U 2 20 2", "+U 1 10 2", "-U 2 20 1", "+U 1 10 1",
                          "-U 1 10 2", "+U 3 5 2", "-U 3 5 2", "+U 4 10 2", "-U 1 10 1", "+U 4 10 1", "-U 4 10 2",
                          "+U 3 5 2", "-D 3 5 2", "+I 3 5 2", "-U 4 10 1", "+U 3 5 1", "-D 3 5 2"));
}

TEST(Deduplicate, FirstAndLastByEventTime) {
  const DataType time = DataType::TimestampType(3).WithTimeAttribute(TimeAttribute::kRowtime);
  const Schema input = {{"k", DataType::String()}, {"v", DataType::Integer()}, {"ts", time}};
  const std::vector<std::string> log = {"+I a 1 10 @-9", "+I a 2 5 @7",   "+I b 3 20 @7",  "+I a 4 30 @17",
                                        "+I a 5 30 @27", "+I b 6 20 @27", "+I b 8 25 @27", "+I c 9 1 @27"};
  RankNode node;
  node.partition_keys = {0};
  node.order = {{2, true, false}};
  OperatorHarness first({input}, input);
  first.Make(MakeRank, node);
  first.Process(log);
  EXPECT_THAT(first.Take(), ElementsAre("+I a 1 10", "+I b 3 20"));

  node.order[0].ascending = false;
  OperatorHarness last({input}, input);
  last.Make(MakeRank, node);
  last.Process(log);
  EXPECT_THAT(last.Take(), ElementsAre("+I a 1 10", "+I b 3 20", "-U a 1 10", "+U a 4 30", "-U a 4 30", "+U a 5 30",
                                       "-U b 3 20", "+U b 6 20", "-U b 6 20", "+U b 8 25", "+I c 9 1"));
}

}  // namespace
}  // namespace sluice::engine
