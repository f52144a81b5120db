// Nodes that no operator does yet.
#include "engine/operators/operator_parts.h"

namespace sluice::engine {

OperatorResult MakeSessionAggregate(const WindowAggregateNode&, const OperatorPlan&) { return NotYet("SESSION windows"); }
OperatorResult MakeCorrelate(const CorrelateNode&, const OperatorPlan&) { return NotYet("table functions"); }

}  // namespace sluice::engine
