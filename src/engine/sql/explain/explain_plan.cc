#include "engine/sql/explain/explain_plan.h"

#include <algorithm>

#include "engine/sql/explain/explain_cost.h"
#include "engine/sql/explain/explain_reuse.h"
#include "engine/sql/explain/explain_times.h"
#include "engine/sql/explain/plan_explainer.h"

namespace sluice::engine::sql {

bool IsIdentity(const CalcNode& calc, size_t width) {
  if (calc.condition) return false;
  if (calc.projections.empty()) return true;
  if (calc.projections.size() != width) return false;
  for (size_t i = 0; i < width; ++i) {
    const Expr* e = calc.projections[i].get();
    if (e->kind != ExprKind::kInput || e->input != static_cast<int>(i)) return false;
  }
  return true;
}

bool CouldBeLocal(const PlanNode& node, const PlanSettings& settings) {
  const auto* aggregate = std::get_if<GroupAggregateNode>(&node.payload);
  return aggregate != nullptr && !aggregate->batch && !settings.mini_batch && !aggregate->calls.empty();
}

PlanExplainer::PlanExplainer(const PhysicalPlan& plan, const ExplainPlanOptions& options)
    : plan_(plan), options_(options) {
  DropConstraints(plan_);
  MaterializeTimes(plan_);
  DropOrderings();
  LimitFiles();
  FindSharedScans();
}

std::vector<ExplainTree> PlanExplainer::Explain() {
  std::vector<ExplainTree> out;
  for (const int root : plan_.Roots()) {
    const bool query = std::holds_alternative<CollectNode>(At(root).payload);
    if (std::holds_alternative<CalcNode>(At(root).payload)) continue;  // DropOrderings left it without a reader
    out.push_back(Show(query ? InputOf(root) : root, {}).tree);
  }
  return out;
}

ExplainTree PlanExplainer::Line(std::string name, const std::string& terms, const ChangelogMode& mode) const {
  std::string text = std::move(name) + "(" + terms;
  if (options_.changelog_mode) text += (terms.empty() ? "" : ", ") + ("changelogMode=" + mode.ToString());
  return {text + ")", {}, {}};
}

Shown PlanExplainer::Input(int node, size_t i, const Wanted& wanted) {
  const PlanEdge& edge = At(node).inputs[i];
  Shown shown = Show(edge.node, wanted);
  // Rows of a source with a parallelism of its own are spread by the job, not by an exchange of the plan.
  if (edge.distribution == Distribution::kForward || edge.distribution == Distribution::kRebalance) return shown;
  static constexpr const char* kNames[] = {"forward", "hash", "single", "broadcast", "rebalance"};
  std::string how = kNames[static_cast<int>(edge.distribution)];
  if (!edge.hash_keys.empty()) how += "[" + JoinNames(Pick(shown.names, edge.hash_keys)) + "]";
  ExplainTree exchange = Line("Exchange", "distribution=[" + how + "]", At(edge.node).changelog);
  exchange.facts.width = shown.tree.facts.width;
  exchange.facts.keys = static_cast<int>(edge.hash_keys.size());
  exchange.inputs.push_back(std::move(shown.tree));
  shown.tree = std::move(exchange);
  return shown;
}

Shown PlanExplainer::Over(ExplainTree line, std::vector<Shown> inputs, Names names) const {
  for (Shown& in : inputs) line.inputs.push_back(std::move(in.tree));
  return {std::move(line), std::move(names), {}};
}

Shown PlanExplainer::Show(int node, const Wanted& wanted) {
  Shown shown = ShowKind(node, wanted);
  shown.tree.facts.width = RowWidth(At(node).schema);
  return shown;
}

Shown PlanExplainer::ShowKind(int node, const Wanted& wanted) {
  const PlanNode& n = At(node);
  if (const auto* p = std::get_if<SourceNode>(&n.payload)) return ShowSource(node, *p, {});
  if (const auto* p = std::get_if<ValuesNode>(&n.payload)) return ShowValues(n, *p, wanted);
  if (const auto* p = std::get_if<CalcNode>(&n.payload)) return ShowCalc(node, *p, wanted);
  if (const auto* p = std::get_if<WatermarkNode>(&n.payload)) return ShowWatermark(node, *p, {});
  if (const auto* p = std::get_if<GroupAggregateNode>(&n.payload)) return ShowAggregate(node, *p, wanted);
  if (const auto* p = std::get_if<WindowAggregateNode>(&n.payload)) return ShowWindowAggregate(node, *p, wanted);
  if (const auto* p = std::get_if<JoinNode>(&n.payload)) return ShowJoin(node, *p);
  if (const auto* p = std::get_if<IntervalJoinNode>(&n.payload)) return ShowIntervalJoin(node, *p);
  if (const auto* p = std::get_if<LookupJoinNode>(&n.payload)) return ShowLookupJoin(node, *p);
  if (const auto* p = std::get_if<RankNode>(&n.payload)) return ShowRank(node, *p);
  if (const auto* p = std::get_if<SinkNode>(&n.payload)) return ShowSink(node, *p);
  if (const auto* p = std::get_if<OverAggregateNode>(&n.payload)) return ShowOver(node, *p);
  return ShowPlain(node);
}

std::vector<Shown> PlanExplainer::Wrap(Shown in) {
  std::vector<Shown> out;
  out.push_back(std::move(in));
  return out;
}

bool HasAdvice(const PhysicalPlan& plan) {
  return std::any_of(plan.nodes.begin(), plan.nodes.end(),
                     [&](const PlanNode& n) { return CouldBeLocal(n, plan.settings); });
}

std::vector<ExplainTree> PlanTrees(const PhysicalPlan& plan, const ExplainPlanOptions& options) {
  return PlanExplainer(plan, options).Explain();
}

std::string ExplainPlan(const PhysicalPlan& plan, const ExplainPlanOptions& options) {
  std::vector<ExplainTree> trees = PlanTrees(plan, options);
  if (options.style == ExplainStyle::kExecution) ShareParts(trees);
  if (options.costs) AddCosts(trees);
  std::string out;
  for (const ExplainTree& tree : trees) out += (out.empty() ? "" : "\n") + DrawTree(tree);
  return out;
}

}  // namespace sluice::engine::sql
