// table.optimizer.non-deterministic-update.strategy = TRY_RESOLVE: a value that is another one when it is computed
// again must not decide which row an update takes back. After org.apache.flink.table.planner.plan.optimize.
// StreamNonDeterministicUpdatePlanVisitor; what it refuses is refused here, nothing is rewritten.
#pragma once

#include <vector>

#include "base/result.h"
#include "engine/functions/function.h"
#include "engine/plan/physical_plan.h"

namespace sluice::engine::sql {

/// `required`: the columns of `node` that must come out the same each time.
Status CheckDeterminism(const PhysicalPlan& plan, const FunctionRegistry& functions, int node,
                        const std::vector<int>& required);

/// True if the option asks for it; an error for a value that it does not have.
Result<bool> WantsDeterminism(const OptionMap& options);

}  // namespace sluice::engine::sql
