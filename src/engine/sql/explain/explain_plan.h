// The physical plan as EXPLAIN prints it: Flink's node names and digests, "Optimized Physical Plan" and "Optimized
// Execution Plan". What our plan does in one operator and Flink in two (local and global window aggregates) shows as
// Flink's; plans still differ where the optimisers do.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "engine/plan/physical_plan.h"
#include "engine/sql/explain/explain_expr.h"
#include "engine/sql/explain/explain_rel.h"

namespace sluice::engine::sql {

struct ExplainPlanOptions {
  ExplainStyle style = ExplainStyle::kPhysical;
  bool changelog_mode = false;
  bool advice = false;  // marks what PLAN_ADVICE is about
  bool costs = false;   // estimated rows and costs behind each node
  /// Of each sink in order: "targetColumns=[[1],[0]], " or nothing.
  std::vector<std::string> target_columns;
  /// Identifiers of tables with computed columns: their projection is done below the watermark.
  std::set<std::string> computed;
};

/// True if the plan has something that PLAN_ADVICE speaks of: an aggregate that could compute locally first.
bool HasAdvice(const PhysicalPlan& plan);

/// One tree a sink; a query's collector does not show.
std::vector<ExplainTree> PlanTrees(const PhysicalPlan& plan, const ExplainPlanOptions& options);
/// The trees as text.
std::string ExplainPlan(const PhysicalPlan& plan, const ExplainPlanOptions& options);

}  // namespace sluice::engine::sql
