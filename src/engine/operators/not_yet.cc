// Nodes that no operator does yet.
#include "engine/operators/operator_parts.h"

namespace sluice::engine {

OperatorResult MakeSessionAggregate(const WindowAggregateNode&, const OperatorPlan&) { return NotYet("SESSION windows"); }
OperatorResult MakeRetractingLimit(const LimitNode&, const OperatorPlan&) {
  return NotYet("LIMIT over a changing result");
}
OperatorResult MakeRank(const RankNode&, const OperatorPlan&) { return NotYet("Top-N and deduplication"); }
OperatorResult MakeJoin(const JoinNode&, const OperatorPlan&) { return NotYet("joins"); }
OperatorResult MakeCorrelate(const CorrelateNode&, const OperatorPlan&) { return NotYet("table functions"); }

}  // namespace sluice::engine
