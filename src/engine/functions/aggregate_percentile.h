// PERCENTILE.
#pragma once

#include "engine/functions/function.h"

namespace sluice::engine {

void AddPercentile(FunctionRegistry& r);

}  // namespace sluice::engine
