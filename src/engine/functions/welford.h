// The aggregate that variances are made of (Flink's WelfordM2AggFunction).
#pragma once

namespace sluice::engine {

/// The sum of the squared distances from the mean: DOUBLE, NULL without values.
inline constexpr const char* kWelfordM2 = "$WELFORD_M2";

}  // namespace sluice::engine
