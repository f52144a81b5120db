// MIN and MAX: over insert-only input the best value alone, over retracting input all values with their counts.
#pragma once

#include <memory>

#include "engine/functions/function.h"

namespace sluice::engine {

/// `call.retract` chooses the kind. The argument's type has an order (checked by the declaration).
Result<std::unique_ptr<AggregateKernel>> MakeMinMax(const AggregateCallInfo& call, bool maximum);

}  // namespace sluice::engine
