#include "engine/operators/make_operator.h"

#include "engine/operators/mini_batch_join.h"
#include "engine/operators/operator_parts.h"
#include "engine/plan/mini_batch.h"

namespace sluice::engine {

namespace {

/// Folding pays where rows are taken back, or where an outer join would take back what it filled with NULL.
bool JoinsBundles(const JoinNode& n, const PlanSettings& settings) {
  if (!settings.mini_batch || n.batch || n.kind == JoinKind::kSemi || n.kind == JoinKind::kAnti) return false;
  return n.left_retracts || n.right_retracts || n.kind != JoinKind::kInner;
}

struct Maker {
  const OperatorPlan& plan;
  OperatorResult operator()(const CalcNode& n) const { return MakeCalc(n, plan); }
  OperatorResult operator()(const WatermarkNode& n) const {
    return EndsBundles(n) ? MakeMiniBatchMarks(n, plan) : MakeWatermark(n, plan);
  }
  OperatorResult operator()(const GroupAggregateNode& n) const {
    return plan.settings.mini_batch && !n.batch ? MakeMiniBatchAggregate(n, plan) : MakeGroupAggregate(n, plan);
  }
  OperatorResult operator()(const WindowTableFunctionNode& n) const { return MakeWindowTableFunction(n, plan); }
  OperatorResult operator()(const WindowAggregateNode& n) const { return MakeWindowAggregate(n, plan); }
  OperatorResult operator()(const UnionNode& n) const { return MakeUnion(n, plan); }
  OperatorResult operator()(const ExpandNode& n) const { return MakeExpand(n, plan); }
  OperatorResult operator()(const SortNode& n) const { return MakeSort(n, plan); }
  OperatorResult operator()(const LimitNode& n) const { return MakeLimit(n, plan); }
  OperatorResult operator()(const RankNode& n) const { return MakeRank(n, plan); }
  OperatorResult operator()(const JoinNode& n) const {
    SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<Operator> join, MakeJoin(n, plan));
    return JoinsBundles(n, plan.settings) ? MakeMiniBatchJoin(std::move(join), n, plan) : std::move(join);
  }
  OperatorResult operator()(const CorrelateNode& n) const { return MakeCorrelate(n, plan); }
  OperatorResult operator()(const IntervalJoinNode& n) const { return MakeIntervalJoin(n, plan); }
  OperatorResult operator()(const TemporalJoinNode& n) const { return MakeTemporalJoin(n, plan); }
  OperatorResult operator()(const WindowJoinNode& n) const { return MakeWindowJoin(n, plan); }
  OperatorResult operator()(const WindowRankNode& n) const { return MakeWindowRank(n, plan); }
  OperatorResult operator()(const LookupJoinNode& n) const { return MakeLookupJoin(n, plan); }
  OperatorResult operator()(const SinkMaterializeNode& n) const { return MakeSinkMaterialize(n, plan); }
  OperatorResult operator()(const MatchNode& n) const { return MakeMatch(n, plan); }
  OperatorResult operator()(const OverAggregateNode& n) const { return MakeOver(n, plan); }
  OperatorResult operator()(const ChangelogNormalizeNode& n) const { return MakeChangelogNormalize(n, plan); }
  template <typename Other>
  OperatorResult operator()(const Other&) const {
    return NotYet("a plan node of kind " + std::string(PlanNodeKind(plan.node.payload)));
  }
};

}  // namespace

OperatorResult MakeOperator(const PlanNode& node, const PhysicalPlan& plan, const OperatorEnvironment& environment) {
  OperatorPlan parts{node, {}, plan.settings, environment};
  for (const PlanEdge& edge : node.inputs) parts.inputs.push_back(&plan.nodes[static_cast<size_t>(edge.node)].schema);
  return std::visit(Maker{parts}, node.payload);
}

}  // namespace sluice::engine
