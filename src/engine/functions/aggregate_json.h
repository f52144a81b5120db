// JSON_ARRAYAGG and JSON_OBJECTAGG under the names that the binder gives them by their NULL clause.
#pragma once

#include "engine/functions/function.h"

namespace sluice::engine {

void AddJsonAggregates(FunctionRegistry& r);

}  // namespace sluice::engine
