// See mini_batch_join.cc.
#pragma once

#include <memory>

#include "engine/operators/operator_parts.h"

namespace sluice::engine {

/// `join` behind bundles, which are folded before they meet.
std::unique_ptr<Operator> MakeMiniBatchJoin(std::unique_ptr<Operator> join, const JoinNode& node,
                                            const OperatorPlan& plan);

}  // namespace sluice::engine
