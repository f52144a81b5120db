// ABS, SIGN, CEIL, FLOOR, ROUND, TRUNCATE.
#include <cmath>
#include <type_traits>

#include "engine/functions/arithmetic_parts.h"
#include "engine/functions/kernel_templates.h"
#include "engine/functions/temporal_rounding.h"
#include "engine/functions/type_rules.h"
#include "engine/types/decimal.h"
#include "engine/types/number_text.h"

namespace sluice::engine {

namespace {

using Resolved = Result<std::optional<Signature>>;

ScalarFunction Rounding(const char* name, const char* text, std::string forms) {
  ScalarFunction f;
  f.name = name;
  f.family = "math";
  f.text = text;
  f.min_args = f.max_args = 1;
  f.supported_forms = std::move(forms);
  return f;
}

template <typename T>
T WrappingAbs(T v) {
  using U = std::make_unsigned_t<T>;
  return v < 0 ? static_cast<T>(U{0} - static_cast<U>(v)) : v;
}

ScalarFunction Abs() {
  ScalarFunction f = Rounding("ABS", "The absolute value.", "'ABS(<NUMERIC>)'\n'ABS(<DATETIME_INTERVAL>)'");
  f.examples = {"ABS(-1.5) = 1.5"};
  f.total = true;
  f.resolve = [](const CallInfo& call) -> Resolved {
    if (!call.args[0].is_numeric() && !call.args[0].is_interval()) return std::optional<Signature>();
    return std::optional(Signature{call.args[0], call.args});
  };
  f.make = [](const CallInfo&, const DataType& result) -> Result<Kernel> {
    if (result.kind() == TypeKind::kDecimal) {
      return UnaryKernel<int128_t, int128_t>([](int128_t v) { return v < 0 ? -v : v; });
    }
    return ForNumberType(result.physical(), [](auto tag) -> Kernel {
      using T = decltype(tag);
      if constexpr (std::is_floating_point_v<T>) {
        return UnaryKernel<T, T>([](T v) { return std::fabs(v); });
      } else {
        return UnaryKernel<T, T>([](T v) { return WrappingAbs(v); });
      }
    });
  };
  return f;
}

ScalarFunction Sign() {
  ScalarFunction f = Rounding("SIGN", "-1, 0 or 1 by the number's sign, in the number's type.", "'SIGN(<NUMERIC>)'");
  f.examples = {"SIGN(-5) = -1"};
  f.total = true;
  f.resolve = [](const CallInfo& call) -> Resolved {
    if (!call.args[0].is_numeric()) return std::optional<Signature>();
    return std::optional(Signature{call.args[0], call.args});
  };
  f.make = [](const CallInfo&, const DataType& result) -> Result<Kernel> {
    if (result.kind() == TypeKind::kDecimal) {
      return UnaryKernel<int128_t, int128_t>(
          [one = PowerOfTen(result.scale())](int128_t v) { return v > 0 ? one : (v < 0 ? -one : int128_t{0}); });
    }
    return ForNumberType(result.physical(), [](auto tag) -> Kernel {
      using T = decltype(tag);
      if constexpr (std::is_floating_point_v<T>) {
        return UnaryKernel<T, T>([](T v) { return v > 0 ? T{1} : (v < 0 ? T{-1} : v); });
      } else {
        return UnaryKernel<T, T>([](T v) { return static_cast<T>((v > 0) - (v < 0)); });
      }
    });
  };
  return f;
}

int128_t WholeDecimal(int128_t v, int scale, bool ceil) {
  const int128_t unit = PowerOfTen(scale);
  int128_t q = v / unit;
  const int128_t rest = v % unit;
  if (rest > 0 && ceil) ++q;
  if (rest < 0 && !ceil) --q;
  return q;
}

ScalarFunction CeilOrFloor(const char* name, bool ceil) {
  const std::string n = name;
  ScalarFunction f =
      Rounding(name,
               ceil ? "The least whole number not below, or a time rounded up to a unit."
                    : "The greatest whole number not above, or a time rounded down to a unit.",
               "'" + n + "(<NUMERIC>)'\n'" + n + "(<DATETIME_INTERVAL>)'\n'" + n + "(<DATE> TO <TIME_UNIT>)'\n'" + n +
                   "(<TIME> TO <TIME_UNIT>)'\n'" + n + "(<TIMESTAMP> TO <TIME_UNIT>)'");
  if (ceil) f.aliases = {"CEILING"};
  f.max_args = 2;
  f.resolve = [ceil](const CallInfo& call) -> Resolved {
    if (call.size() == 2) return ResolveTemporalRounding(call, ceil);
    const DataType& t = call.args[0];
    if (!t.is_numeric()) return std::optional<Signature>();
    const DataType result = t.kind() == TypeKind::kDecimal ? DataType::Decimal(t.precision(), 0) : t;
    return std::optional(Signature{result.WithNullable(t.nullable()), call.args});
  };
  f.make = [ceil](const CallInfo& call, const DataType& result) -> Result<Kernel> {
    if (call.size() == 2) return TemporalRoundingKernel(call, result, ceil);
    if (result.kind() == TypeKind::kDecimal) {
      return UnaryKernel<int128_t, int128_t>(
          [scale = call.args[0].scale(), ceil](int128_t v) { return WholeDecimal(v, scale, ceil); });
    }
    return ForNumberType(result.physical(), [ceil](auto tag) -> Kernel {
      using T = decltype(tag);
      if constexpr (std::is_floating_point_v<T>) {
        if (ceil) return UnaryKernel<T, T>([](T v) { return std::ceil(v); });
        return UnaryKernel<T, T>([](T v) { return std::floor(v); });
      } else {
        return UnaryKernel<T, T>([](T v) { return v; });
      }
    });
  };
  return f;
}

// --- ROUND and TRUNCATE

/// v at `scale`, rounded or cut to `digits` places (negative: left of the point); the result's scale is max(digits, 0).
int128_t RoundAt(int128_t v, int scale, int digits, bool truncate) {
  const int drop = scale - digits;
  if (drop <= 0) return v;
  if (drop > 38) return 0;
  const int128_t unit = PowerOfTen(drop);
  int128_t q = v / unit;
  int128_t rest = v % unit;
  if (rest < 0) rest = -rest;
  if (!truncate && rest >= unit - rest) q += v < 0 ? -1 : 1;
  if (digits < 0 && q != 0) {
    if (DecimalDigits(q) - digits > 38) return 0;
    q *= PowerOfTen(-digits);
  }
  return q;
}

/// As BigDecimal.valueOf(v): its text in decimal digits. Numbers whose digits all stand left of the place stay as they
/// are.
bool RoundDouble(double v, int digits, bool truncate, double& out, std::string& message) {
  if (!std::isfinite(v)) {
    message = std::string("Character ") + (std::isnan(v) ? 'N' : 'I') +
              " is neither a decimal digit number, decimal point, nor \"e\" notation exponential mark.";
    return false;
  }
  out = v;
  const double magnitude = std::fabs(v);
  if (digits >= 0 && magnitude >= 1e17) return true;
  if (digits > 20) {
    if (magnitude >= 1e-3 || v == 0) {
      out = v == 0 ? 0 : v;
      return true;
    }
    digits = std::min(digits, 37);
  }
  if (magnitude >= 1e37) return true;
  // Enough fraction digits to see all that the text has, unless they vanish below 38 digits.
  const int whole = magnitude < 1 ? 1 : static_cast<int>(std::floor(std::log10(magnitude))) + 2;
  const int scale = std::max(0, std::min(37, 38 - whole));
  const DecimalResult exact = ParseDecimal(DoubleToString(v), 38, scale);
  if (!exact) return true;
  const int kept = std::max(0, std::min(digits, scale));
  const int128_t rounded = RoundAt(*exact, scale, std::min(digits, scale), truncate);
  out = DecimalToDouble(rounded, kept);
  return true;
}

Kernel RoundDecimals(const DataType& from, const DataType& result, bool truncate) {
  return [from, result, truncate](EvalContext&, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
    rows.ForEach([&](size_t i) {
      const int digits = args.size() > 1 ? args[1]->at<int32_t>(i) : 0;
      const int128_t v = args[0]->at<int128_t>(i);
      const int scale = digits >= from.scale() ? from.scale() : std::max(digits, 0);
      // What rounds up to one digit more is kept, as Flink's type of the value has room for it.
      const auto fit = RescaleDecimal(RoundAt(v, from.scale(), digits, truncate), scale,
                                      std::min(38, result.precision() + 1), result.scale());
      if (fit) out.data<int128_t>()[i] = *fit;
      if (!fit) out.SetNull(i);
    });
  };
}

template <typename T>
Kernel RoundNumbers(bool truncate) {
  return [truncate](EvalContext& context, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
    rows.ForEach([&](size_t i) {
      const int digits = args.size() > 1 ? args[1]->at<int32_t>(i) : 0;
      const T v = args[0]->at<T>(i);
      if constexpr (std::is_floating_point_v<T>) {
        double r = 0;
        std::string message;
        if (!RoundDouble(static_cast<double>(v), digits, truncate, r, message)) {
          context.Fail(i, ErrorCode::kArithmetic, std::move(message));
          return;
        }
        out.data<T>()[i] = static_cast<T>(r);
      } else {
        out.data<T>()[i] = digits >= 0 ? v : static_cast<T>(RoundAt(v, 0, digits, truncate));
      }
    });
  };
}

Resolved ResolveRound(const CallInfo& call) {
  const DataType& t = call.args[0];
  if (!t.is_numeric() || (call.size() == 2 && !call.args[1].is_exact_integer())) return std::optional<Signature>();
  Signature s{t, {t}};
  if (call.size() == 2) s.args.push_back(DataType::Integer().WithNullable(call.args[1].nullable()));
  if (t.kind() == TypeKind::kDecimal) {
    if (call.size() == 1) {
      s.result = DecimalRoundType(t.precision(), t.scale(), 0);
    } else if (call.literals[1] != nullptr && !call.literals[1]->is_null()) {
      s.result = DecimalRoundType(t.precision(), t.scale(), static_cast<int>(call.literals[1]->as_int()));
    }
  }
  s.result = s.result.WithNullable(IsNullableCall(call));
  return std::optional(std::move(s));
}

ScalarFunction RoundOrTruncate(const char* name, bool truncate) {
  const std::string n = name;
  ScalarFunction f = Rounding(name,
                              truncate ? "Cuts a number to a number of digits after the point (default 0)."
                                       : "Rounds half up to a number of digits after the point (default 0).",
                              "'" + n + "(<NUMERIC>, <INTEGER>)'\n'" + n + "(<NUMERIC>)'");
  f.examples = {truncate ? "TRUNCATE(42.345, 2) = 42.34" : "ROUND(2.5) = 3"};
  f.max_args = 2;
  f.resolve = ResolveRound;
  f.make = [truncate](const CallInfo& call, const DataType& result) -> Result<Kernel> {
    if (result.kind() == TypeKind::kDecimal) return RoundDecimals(call.args[0], result, truncate);
    return ForNumberType(result.physical(),
                         [truncate](auto tag) -> Kernel { return RoundNumbers<decltype(tag)>(truncate); });
  };
  return f;
}

}  // namespace

void AddRoundingFunctions(FunctionRegistry& r) {
  r.Add(Abs());
  r.Add(Sign());
  r.Add(CeilOrFloor("CEIL", true));
  r.Add(CeilOrFloor("FLOOR", false));
  r.Add(RoundOrTruncate("ROUND", false));
  r.Add(RoundOrTruncate("TRUNCATE", true));
}

}  // namespace sluice::engine
