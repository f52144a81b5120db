// Nodes that no operator does yet.
#include "engine/operators/operator_parts.h"

namespace sluice::engine {

OperatorResult MakeCorrelate(const CorrelateNode&, const OperatorPlan&) { return NotYet("table functions"); }

}  // namespace sluice::engine
