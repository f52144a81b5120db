// Aggregates that exist only under OVER.
#pragma once

#include <memory>

#include "engine/functions/function.h"

namespace sluice::engine {

/// LAG over a growing frame: the value `offset` rows before the last one, else the default (arguments: value, offset,
/// default). Null for other functions.
std::unique_ptr<AggregateKernel> MakeOverKernel(const std::string& function, const AggregateCallInfo& call);

}  // namespace sluice::engine
