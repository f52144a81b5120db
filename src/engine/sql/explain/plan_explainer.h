// The walk over a physical plan that EXPLAIN prints. Private to this folder.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/plan/physical_plan.h"
#include "engine/sql/explain/explain_expr.h"
#include "engine/sql/explain/explain_plan.h"
#include "engine/sql/explain/explain_rel.h"
#include "engine/sql/explain/explain_text.h"

namespace sluice::engine::sql {

/// A node as it shows: its tree, and the names of its columns.
struct Shown {
  ExplainTree tree;
  Names names;
};

/// How a consumer calls the columns; empty: it does not say.
using Wanted = Names;

/// True if `calc` is just its input's `width` columns in their order.
bool IsIdentity(const CalcNode& calc, size_t width);

/// Flink would compute the aggregate in two steps if it had mini-batches.
bool CouldBeLocal(const PlanNode& node, const PlanSettings& settings);

/// One Show… a kind of node: its line over its inputs' trees, and its columns' names. The plan outlives it.
class PlanExplainer {
 public:
  PlanExplainer(const PhysicalPlan& plan, const ExplainPlanOptions& options) : plan_(plan), options_(options) {}

  std::vector<ExplainTree> Explain();

 private:
  const PlanNode& At(int node) const { return plan_.nodes[static_cast<size_t>(node)]; }
  int InputOf(int node, size_t i = 0) const { return At(node).inputs[i].node; }
  std::string Text(const Expr& e, const Names& names) const { return ExplainExpr(e, names, options_.style); }
  ExplainTree Line(std::string name, const std::string& terms, const ChangelogMode& mode) const;
  /// The input behind its exchange, if it has one.
  Shown Input(int node, size_t i, const Wanted& wanted = {});
  Shown Over(ExplainTree line, std::vector<Shown> inputs, Names names) const;
  static std::vector<Shown> Wrap(Shown in);
  Shown Show(int node, const Wanted& wanted);

  // explain_source.cc: sources, projections, values
  Names FieldNames(const SourceNode& source, const PlanNode& n, bool whole) const;
  /// `bare`: without the projection that a source which reads all columns needs.
  Shown ShowSource(int node, const SourceNode& source, bool bare);
  Shown Projected(ExplainTree below, const Names& names, const ChangelogMode& mode) const;
  /// A pruned source under a watermark: the projection shows above it.
  bool HidesProjection(int node) const;
  Shown ShowWatermark(int node, const WatermarkNode& w, bool bare);
  /// The input of a Calc, which does a pruned source's projection as well.
  Shown BelowCalc(int node, const Wanted& wanted);
  /// A Calc over one that only picks columns is one.
  int Merge(int node, CalcNode& calc) const;
  Shown ShowCalc(int top, CalcNode calc, const Wanted& wanted);
  Shown ShowValues(const PlanNode& n, const ValuesNode& values, const Wanted& wanted);

  // explain_aggregate.cc
  std::string CallText(const AggregateCall& call, const Names& in, bool retracts) const;
  /// A call's output as its consumer calls it, or as Calcite numbers it.
  static std::string OutputName(const PlanNode& n, size_t column, const Wanted& wanted);
  Shown ShowAggregate(int node, const GroupAggregateNode& aggregate, const Wanted& wanted);
  /// GROUP BY TUMBLE(…): Flink computes all properties that the time has.
  Shown ShowGroupWindow(const PlanNode& n, const WindowAggregateNode& w, Shown in, Names names) const;
  Shown ShowWindowAggregate(int node, const WindowAggregateNode& w, const Wanted& wanted);
  Shown ShowOver(int node, const OverAggregateNode& over);

  // explain_join.cc
  std::string KeySpec(int input, const std::vector<int>& keys) const;
  /// Equalities of the keys, then the condition, over both sides' names.
  template <typename Join>
  std::string Where(const Join& join, size_t left_width, const Names& both) const;
  Shown ShowJoin(int node, const JoinNode& join);
  Shown ShowIntervalJoin(int node, const IntervalJoinNode& join);
  Shown ShowLookupJoin(int node, const LookupJoinNode& join);
  /// With the condition that makes the join temporal, as Flink's planner carries it along.
  std::string TemporalText(const TemporalJoinNode& join, size_t left_width, const Names& names) const;
  std::string WindowJoinText(const WindowJoinNode& join, size_t left_width, const Names& names) const;

  // explain_other.cc: ranks, sorts, sinks and the rest
  std::string Strategy(const RankNode& rank, const Names& names) const;
  Shown ShowRank(int node, const RankNode& rank);
  Shown ShowSink(int node, const SinkNode& sink);
  Shown ShowPlain(int node);
  std::pair<std::string, std::string> PlainText(const PlanNode& n, const std::vector<Shown>& in,
                                                const Names& names) const;
  std::string ExpandText(const ExpandNode& expand, const Names& in, const Names& out) const;

  const PhysicalPlan& plan_;
  const ExplainPlanOptions options_;
};

}  // namespace sluice::engine::sql
