// The walk over a physical plan that EXPLAIN prints. Private to this folder.
#pragma once

#include <map>
#include <optional>
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
  /// The columns in the order in which they show, where that is not the node's.
  std::vector<int> order = {};
  bool wider = false;  // the tree has columns that `names` does not: the Calc above takes them out
};

/// What the Calc over a source takes of it.
struct SourceUse {
  std::vector<int> order;  // the source's columns in the order of their first use; empty: as they are
  ExprPtr condition;       // of the rows; may be null
  bool projected = false;  // a Calc does the projection
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
  PlanExplainer(const PhysicalPlan& plan, const ExplainPlanOptions& options);

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
  Shown ShowKind(int node, const Wanted& wanted);

  /// Flink's aggregates read their input's columns where they are: a Calc that only orders those of another aggregate
  /// goes.
  void DropOrderings();

  // explain_source.cc: sources, projections, values
  /// A LIMIT over files shows in their scan, whatever their format.
  void LimitFiles();
  /// Scans of one table with the same filters are one to Flink, which reads what any of them wants.
  void FindSharedScans();
  /// The table's columns that the scan shows, if those are more than the node has.
  std::optional<Names> WiderFields(int node, const SourceNode& source) const;
  std::string FilterText(const SourceNode& source, const Names& names, const ExprPtr& condition) const;
  Shown ShowSource(int node, const SourceNode& source, const SourceUse& use);
  Shown Projected(ExplainTree below, const Names& names, const ChangelogMode& mode) const;
  /// A pruned source under a watermark: the projection shows above it.
  bool HidesProjection(int node) const;
  /// A Calc over a pruned source that makes a processing time: Flink does not take the columns out below it.
  bool MakesProctime(int node) const;
  /// That Calc with all columns of the table.
  Shown ShowWhole(int node);
  Shown ShowWatermark(int node, const WatermarkNode& w, const SourceUse& use);
  /// The input of a Calc, which does a pruned source's projection as well.
  Shown BelowCalc(int node, const CalcNode& calc, const Wanted& wanted);
  /// A Calc over one that only picks columns is one.
  int Merge(int node, CalcNode& calc) const;
  Shown ShowCalc(int top, CalcNode calc, const Wanted& wanted);
  Shown ShowValues(const PlanNode& n, const ValuesNode& values, const Wanted& wanted);

  // explain_aggregate.cc
  std::string CallText(const AggregateCall& call, const Names& in, bool retracts,
                       const std::string& distinct = "DISTINCT ") const;
  /// The calls of a local step and the views of its DISTINCT arguments, behind its keys.
  Names LocalSelect(Names keys, const std::vector<AggregateCall>& calls, const Names& in, bool retracts) const;
  /// What a local step sends, by its keys.
  ExplainTree Exchanged(ExplainTree local, const Names& keys) const;
  Shown ShowGlobalAggregate(int node, const GroupAggregateNode& aggregate, const Wanted& wanted, Shown in) const;
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
  /// The window that a row of `node` belongs to; null if there is none.
  const WindowSpec* WindowBelow(int node) const;
  std::string WindowRankText(const PlanNode& n, const WindowRankNode& rank, const Names& names) const;
  Shown ShowSink(int node, const SinkNode& sink);
  Shown ShowPlain(int node);
  std::pair<std::string, std::string> PlainText(const PlanNode& n, const std::vector<Shown>& in,
                                                const Names& names) const;
  std::string ExpandText(const ExpandNode& expand, const Names& in, const Names& out) const;

  PhysicalPlan plan_;
  const ExplainPlanOptions options_;
  std::map<int, ExprPtr> conditions_;       // of the Calcs directly over sources
  std::map<int, std::vector<int>> shared_;  // source → physical columns that all scans of its kind read
  size_t sinks_ = 0;                        // that have been shown
};

}  // namespace sluice::engine::sql
