// Every plan node that is neither a table nor the collector, as an operator. engine/job calls this once a subtask.
#pragma once

#include <functional>
#include <memory>

#include "base/result.h"
#include "engine/functions/function.h"
#include "engine/plan/physical_plan.h"
#include "engine/runtime/interfaces.h"
#include "engine/runtime/lookup_source.h"

namespace sluice::engine {

/// All pointers outlive the operators.
struct OperatorEnvironment {
  const FunctionRegistry* functions = nullptr;
  const SessionFacts* facts = nullptr;
  /// A connection for look-ups in the node's table.
  std::function<Result<std::unique_ptr<LookupSource>>(const LookupJoinNode&)> make_lookup = nullptr;
};

/// kNotSupported ("not supported yet: …") for what no operator here can do; SourceNode, ValuesNode, SinkNode and
/// CollectNode are not for it.
Result<std::unique_ptr<Operator>> MakeOperator(const PlanNode& node, const PhysicalPlan& plan,
                                               const OperatorEnvironment& environment);

/// ValuesNode: emits its rows once, on subtask 0.
std::unique_ptr<Source> MakeValuesSource(const PlanNode& node);

}  // namespace sluice::engine
