// Arithmetic on DECIMAL values: an int128_t unscaled value beside a scale that the type holds. Results are those of
// Flink's DecimalDataUtils over java.math.BigDecimal: exact, then rounded HALF_UP to the result's scale; a result that
// does not fit its precision is nullopt (SQL NULL). Pure functions, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/types/data_type.h"

namespace sluice::engine {

using DecimalResult = std::optional<int128_t>;

/// 10^n for 0 <= n <= 38.
int128_t PowerOfTen(int n);
/// Decimal digits of |v|; 1 for 0 (BigDecimal.precision()).
int DecimalDigits(int128_t v);
/// |v| < 10^precision.
bool FitsPrecision(int128_t v, int precision);

/// Plain notation with exactly `scale` fraction digits: (-5, 3) is "-0.005".
std::string DecimalToString(int128_t v, int scale);
void AppendDecimal(std::string& out, int128_t v, int scale);

/// Java's BigDecimal grammar ("1", "-.5", "+1e-3", no blanks), rounded HALF_UP into DECIMAL(precision, scale).
/// `bad_syntax`, if given, tells a malformed text from one that does not fit.
DecimalResult ParseDecimal(std::string_view text, int precision, int scale, bool* bad_syntax = nullptr);
/// As CAST(string AS DECIMAL(precision, scale)) reads it (BinaryStringDataUtil.toDecimal), whose fast path for short
/// texts accepts more than BigDecimal does: "." and "x" are 0, "1d" is 1.
DecimalResult CastStringToDecimal(std::string_view text, int precision, int scale, bool* bad_syntax = nullptr);

/// To another scale, HALF_UP.
DecimalResult RescaleDecimal(int128_t v, int from_scale, int to_precision, int to_scale);

/// Operands have scales sa and sb, the result DECIMAL(p, s).
DecimalResult AddDecimal(int128_t a, int sa, int128_t b, int sb, int p, int s);
DecimalResult SubtractDecimal(int128_t a, int sa, int128_t b, int sb, int p, int s);
DecimalResult MultiplyDecimal(int128_t a, int sa, int128_t b, int sb, int p, int s);
/// Rounded to 38 digits first, as MathContext(38, HALF_UP) does, then to `s`. b must not be 0.
DecimalResult DivideDecimal(int128_t a, int sa, int128_t b, int sb, int p, int s);
/// Sign of the dividend. b must not be 0.
DecimalResult ModuloDecimal(int128_t a, int sa, int128_t b, int sb, int p, int s);

/// <0, 0, >0 by value, whatever the scales.
int CompareDecimals(int128_t a, int sa, int128_t b, int sb);

/// BigDecimal.doubleValue: the nearest double.
double DecimalToDouble(int128_t v, int scale);
/// BigDecimal.valueOf(double): by the shortest text that Java prints for it. NaN and infinities are nullopt.
DecimalResult DecimalFromDouble(double v, int precision, int scale);
DecimalResult DecimalFromInt(int64_t v, int precision, int scale);
/// Rounded towards zero; the low 64 bits if it is larger (BigDecimal.longValue).
int64_t DecimalToInt64(int128_t v, int scale);

/// 256-bit unsigned intermediate of the functions above, for SUM and AVG states that need more than 38 digits.
struct Uint256 {
  uint64_t word[4] = {0, 0, 0, 0};  // little end first
};
Uint256 Multiply128(uint128_t a, uint128_t b);
/// n / d rounded down; `remainder` gets the rest. d must not be 0.
Uint256 Divide256(const Uint256& n, uint128_t d, uint128_t* remainder);

}  // namespace sluice::engine
