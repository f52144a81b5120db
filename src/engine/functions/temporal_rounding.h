// CEIL and FLOOR of dates, times and timestamps: "FLOOR(ts TO HOUR)". The functions CEIL and FLOOR themselves are
// declared with the arithmetic; they hand temporal arguments on to these.
#pragma once

#include <optional>

#include "engine/functions/function.h"

namespace sluice::engine {

/// Arguments: a datetime and a time unit (a SYMBOL literal). nullopt: they do not fit.
Result<std::optional<Signature>> ResolveTemporalRounding(const CallInfo& call, bool ceil);
Result<Kernel> TemporalRoundingKernel(const CallInfo& call, const DataType& result, bool ceil);

}  // namespace sluice::engine
