// Ranks that begin behind the first, over a changelog.
#pragma once

#include "engine/operators/operator_parts.h"

namespace sluice::engine {

/// For a streaming RankNode with rank_start > 1 over a changelog, whose output has no rank number.
OperatorResult MakeOffsetRank(const RankNode& rank, const OperatorPlan& plan);

}  // namespace sluice::engine
