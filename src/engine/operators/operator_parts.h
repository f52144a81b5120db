// The factories behind MakeOperator, one a kind of node; each in the file of its operator.
#pragma once

#include "engine/operators/make_operator.h"

namespace sluice::engine {

/// What a factory sees: its node, the schemas of its inputs, and the plan's settings.
struct OperatorPlan {
  const PlanNode& node;
  std::vector<const Schema*> inputs;
  const PlanSettings& settings;
  const OperatorEnvironment& environment;

  const Schema& input(size_t i = 0) const { return *inputs[i]; }
};

using OperatorResult = Result<std::unique_ptr<Operator>>;

inline Error NotYet(const std::string& what) { return Error(ErrorCode::kNotSupported, "not supported yet: " + what); }

/// The columns `indices` of a batch.
inline std::vector<ColumnPtr> SelectColumns(const Batch& batch, const std::vector<int>& indices) {
  std::vector<ColumnPtr> out;
  out.reserve(indices.size());
  for (const int i : indices) out.push_back(batch.columns[static_cast<size_t>(i)]);
  return out;
}

/// For TableSpec::payload_format of payloads with whole encoded rows: the columns' types.
inline std::string RowFormat(const Schema& schema) {
  std::string out = "row(";
  for (const RowField& field : schema) out += (out.back() == '(' ? "" : ", ") + field.type.Nullable().ToString();
  return out + ")";
}

OperatorResult MakeCalc(const CalcNode& calc, const OperatorPlan& plan);
OperatorResult MakeWatermark(const WatermarkNode& watermark, const OperatorPlan& plan);
OperatorResult MakeMiniBatchMarks(const WatermarkNode& marks, const OperatorPlan& plan);
OperatorResult MakeMiniBatchAggregate(const GroupAggregateNode& aggregate, const OperatorPlan& plan);
OperatorResult MakeGroupAggregate(const GroupAggregateNode& aggregate, const OperatorPlan& plan);
OperatorResult MakeWindowTableFunction(const WindowTableFunctionNode& function, const OperatorPlan& plan);
OperatorResult MakeSessionRows(const WindowTableFunctionNode& function, const OperatorPlan& plan);
OperatorResult MakeWindowAggregate(const WindowAggregateNode& aggregate, const OperatorPlan& plan);
OperatorResult MakeEmittingWindow(const WindowAggregateNode& aggregate, const OperatorPlan& plan);
OperatorResult MakeSessionAggregate(const WindowAggregateNode& aggregate, const OperatorPlan& plan);
OperatorResult MakeRetractingLimit(const LimitNode& limit, const OperatorPlan& plan);
OperatorResult MakeChangelogNormalize(const ChangelogNormalizeNode& node, const OperatorPlan& plan);
OperatorResult MakeUnion(const UnionNode& all, const OperatorPlan& plan);
OperatorResult MakeExpand(const ExpandNode& expand, const OperatorPlan& plan);
OperatorResult MakeSort(const SortNode& sort, const OperatorPlan& plan);
OperatorResult MakeLimit(const LimitNode& limit, const OperatorPlan& plan);
OperatorResult MakeRank(const RankNode& rank, const OperatorPlan& plan);
OperatorResult MakeUpsertRank(const RankNode& rank, const OperatorPlan& plan);
OperatorResult MakeDeduplicate(const RankNode& rank, const OperatorPlan& plan);
OperatorResult MakeJoin(const JoinNode& join, const OperatorPlan& plan);
OperatorResult MakeReplicateRows(const CorrelateNode& correlate, const OperatorPlan& plan);
OperatorResult MakeIntervalJoin(const IntervalJoinNode& join, const OperatorPlan& plan);
OperatorResult MakeTemporalJoin(const TemporalJoinNode& join, const OperatorPlan& plan);
OperatorResult MakeWindowJoin(const WindowJoinNode& join, const OperatorPlan& plan);
OperatorResult MakeWindowRank(const WindowRankNode& rank, const OperatorPlan& plan);
OperatorResult MakeLookupJoin(const LookupJoinNode& join, const OperatorPlan& plan);
OperatorResult MakeSinkMaterialize(const SinkMaterializeNode& node, const OperatorPlan& plan);
OperatorResult MakeMatch(const MatchNode& match, const OperatorPlan& plan);
OperatorResult MakeOver(const OverAggregateNode& over, const OperatorPlan& plan);
OperatorResult MakeOverTime(const OverAggregateNode& over, const OperatorPlan& plan);
OperatorResult MakeOverOrdered(const OverAggregateNode& over, const OperatorPlan& plan);
OperatorResult MakeOverBatch(const OverAggregateNode& over, const OperatorPlan& plan);
OperatorResult MakeCorrelate(const CorrelateNode& correlate, const OperatorPlan& plan);

}  // namespace sluice::engine
