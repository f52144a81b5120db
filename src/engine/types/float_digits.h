// The decimal digits that the Java 17 runtime prints for a floating-point number (jdk.internal.math.FloatingDecimal).
// They are not always the shortest ones: 2e23 gives 19999999999999998, so std::to_chars cannot stand in.
#pragma once

namespace sluice::engine {

/// value = 0.digits * 10^exponent, without sign.
struct FloatDigits {
  char digits[32];
  int count = 0;
  int exponent = 0;
};

/// `v` must be finite and not zero; its sign is ignored.
FloatDigits ShortestDigits(double v);
FloatDigits ShortestDigits(float v);

}  // namespace sluice::engine
