// What the planner knows about a node's stream beside its schema: upsert keys, and which columns only grow or fall.
// After org.apache.flink.table.planner.plan.metadata.FlinkRelMdUpsertKeys and FlinkRelMdModifiedMonotonicity.
#pragma once

#include <optional>
#include <vector>

#include "engine/plan/physical_plan.h"

namespace sluice::engine::sql {

/// How the value of a column changes from one version of a row to the next.
enum class Monotonicity : uint8_t { kConstant, kIncreasing, kDecreasing, kNone };

struct PlanTraits {
  /// Sets of columns, ascending: at any time one row at most has the same values there, and every update keeps them.
  /// An empty set: one row at most. No sets: no key known.
  std::vector<std::vector<int>> upsert_keys;
  /// One a column; nothing if rows can be deleted or too little is known.
  std::optional<std::vector<Monotonicity>> monotonicity;
};

PlanTraits TraitsOf(const PhysicalPlan& plan, int node);

/// True if `columns` hold a whole upsert key.
bool HoldsUpsertKey(const PlanTraits& traits, const std::vector<int>& columns);

/// MIN and MAX that need no retraction, because the updates of their argument only go their way.
void MarkMonotonicCalls(const PlanTraits& input, const ChangelogMode& changelog, GroupAggregateNode& aggregate);

/// True if `node` can leave out -U: its stream then is an upsert stream by its upsert keys.
bool CanOmitUpdateBefore(const PhysicalPlan& plan, int node);
/// Makes it so, down to the operators that produce the updates. Only where CanOmitUpdateBefore.
void OmitUpdateBefore(PhysicalPlan& plan, int node);

}  // namespace sluice::engine::sql
