#include "engine/functions/temporal_rounding.h"

namespace sluice::engine {

// To be replaced by the temporal family.
Result<std::optional<Signature>> ResolveTemporalRounding(const CallInfo&) { return std::optional<Signature>(); }

Result<Kernel> TemporalRoundingKernel(const CallInfo&, const DataType&, bool) {
  return Error(ErrorCode::kNotSupported, "not supported yet: CEIL and FLOOR of times");
}

}  // namespace sluice::engine
