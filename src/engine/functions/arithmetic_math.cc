// Functions on doubles, and random numbers.
#include <bit>
#include <cmath>
#include <numbers>

#include "engine/functions/arithmetic_parts.h"
#include "engine/functions/kernel_templates.h"

namespace sluice::engine {

namespace {

using Resolved = Result<std::optional<Signature>>;

ScalarFunction MathFunction(const char* name, const char* text, int args) {
  ScalarFunction f;
  f.name = name;
  f.family = "math";
  f.text = text;
  f.min_args = f.max_args = args;
  return f;
}

/// Every argument a number, computed as DOUBLE.
Resolved ResolveDoubles(const CallInfo& call) {
  Signature s{DataType::Double().WithNullable(IsNullableCall(call)), {}};
  for (const DataType& t : call.args) {
    if (!t.is_numeric()) return std::optional<Signature>();
    s.args.push_back(DataType::Double().WithNullable(t.nullable()));
  }
  return std::optional(std::move(s));
}

/// exp(x) as fdlibm computes it, which java.lang.StrictMath's cosh is built on: its last digit is not always the
/// nearest one. For 0.3 < x < 22.
double StrictExp(double x) {
  constexpr double kLn2High = 6.93147180369123816490e-01, kLn2Low = 1.90821492927058770002e-10;
  constexpr double kInverseLn2 = 1.44269504088896338700e+00;
  constexpr double kP[] = {1.66666666666666019037e-01, -2.77777777770155933842e-03, 6.61375632143793436117e-05,
                           -1.65339022054652515390e-06, 4.13813679705723846039e-08};
  const int k = x < 1.5 * std::numbers::ln2 ? 1 : static_cast<int>(kInverseLn2 * x + 0.5);
  const double high = x - k * kLn2High;
  const double low = k * kLn2Low;
  const double r = high - low;
  const double t = r * r;
  const double c = r - t * (kP[0] + t * (kP[1] + t * (kP[2] + t * (kP[3] + t * kP[4]))));
  return std::ldexp(1 - ((low - (r * c) / (2 - c)) - high), k);
}

double JavaCosh(double x) {
  const double a = std::fabs(x);
  if (!(a < 22)) return std::cosh(x);
  if (a < 0.5 * std::numbers::ln2) {
    const double t = std::expm1(a);
    const double w = 1 + t;
    return a < 0x1p-55 ? w : 1 + (t * t) / (w + w);
  }
  const double t = StrictExp(a);
  return 0.5 * t + 0.5 / t;
}

double JavaSinh(double x) {
  const double a = std::fabs(x);
  if (!(a < 22) || a < 0x1p-28) return std::sinh(x);
  const double t = std::expm1(a);
  const double h = x < 0 ? -0.5 : 0.5;
  return a < 1 ? h * (2 * t - t * t / (t + 1)) : h * (t + t / (t + 1));
}

// The arcs as fdlibm computes them, which java.lang.StrictMath is: their last digits are not always the nearest ones.

constexpr double kHalfPi = 1.57079632679489655800e+00, kHalfPiLow = 6.12323399573676603587e-17;

double JavaAtan(double x) {
  constexpr double kHigh[] = {4.63647609000806093515e-01, 7.85398163397448278999e-01, 9.82793723247329054082e-01,
                              kHalfPi};
  constexpr double kLow[] = {2.26987774529616870924e-17, 3.06161699786838301793e-17, 1.39033110312309984516e-17,
                             kHalfPiLow};
  constexpr double kT[] = {3.33333333333329318027e-01,  -1.99999999998764832476e-01, 1.42857142725034663711e-01,
                           -1.11111104054623557880e-01, 9.09088713343650656196e-02,  -7.69187620504482999495e-02,
                           6.66107313738753120669e-02,  -5.83357013379057348645e-02, 4.97687799461593236017e-02,
                           -3.65315727442169155270e-02, 1.62858201153657823623e-02};
  const double a = std::fabs(x);
  if (!(a < 0x1p66) || a < 0x1p-29) return std::atan(x);
  int part = -1;  // the argument is brought near 0 by a known angle
  double r = a;
  if (a >= 2.4375) {
    part = 3;
    r = -1 / a;
  } else if (a >= 1.1875) {
    part = 2;
    r = (a - 1.5) / (1 + 1.5 * a);
  } else if (a >= 0.6875) {
    part = 1;
    r = (a - 1) / (a + 1);
  } else if (a >= 0.4375) {
    part = 0;
    r = (2 * a - 1) / (2 + a);
  }
  const double z = r * r, w = z * z;
  const double odd = z * (kT[0] + w * (kT[2] + w * (kT[4] + w * (kT[6] + w * (kT[8] + w * kT[10])))));
  const double even = w * (kT[1] + w * (kT[3] + w * (kT[5] + w * (kT[7] + w * kT[9]))));
  const double out = part < 0 ? r - r * (odd + even) : kHigh[part] - ((r * (odd + even) - kLow[part]) - r);
  return x < 0 ? -out : out;
}

/// (asin(sqrt(t)) - sqrt(t)) / sqrt(t) for small t.
double ArcRatio(double t) {
  constexpr double kP[] = {1.66666666666666657415e-01,  -3.25565818622400915405e-01, 2.01212532134862925881e-01,
                           -4.00555345006794114027e-02, 7.91534994289814532176e-04,  3.47933107596021167570e-05};
  constexpr double kQ[] = {-2.40339491173441421878e+00, 2.02094576023350569471e+00, -6.88283971605453293030e-01,
                           7.70381505559019352791e-02};
  const double p = t * (kP[0] + t * (kP[1] + t * (kP[2] + t * (kP[3] + t * (kP[4] + t * kP[5])))));
  return p / (1 + t * (kQ[0] + t * (kQ[1] + t * (kQ[2] + t * kQ[3]))));
}

/// The upper 32 bits of the number.
double HighHalf(double x) { return std::bit_cast<double>(std::bit_cast<uint64_t>(x) & 0xffffffff00000000U); }

double JavaAsin(double x) {
  const double a = std::fabs(x);
  if (!(a < 1) || a < 0x1p-27) return std::asin(x);
  if (a < 0.5) return x + x * ArcRatio(x * x);
  const double t = (1 - a) * 0.5;
  const double s = std::sqrt(t), ratio = ArcRatio(t);
  double out = 0;
  if (std::bit_cast<uint64_t>(a) >> 32 >= 0x3FEF3333U) {
    out = kHalfPi - (2 * (s + s * ratio) - kHalfPiLow);
  } else {
    const double w = HighHalf(s);
    const double c = (t - w * w) / (s + w);
    out = kHalfPi / 2 - ((2 * s * ratio - (kHalfPiLow - 2 * c)) - (kHalfPi / 2 - 2 * w));
  }
  return x < 0 ? -out : out;
}

double JavaAcos(double x) {
  const double a = std::fabs(x);
  if (!(a < 1) || a < 0x1p-57) return std::acos(x);
  if (a < 0.5) return kHalfPi - (x - (kHalfPiLow - x * ArcRatio(x * x)));
  const double z = (1 - a) * 0.5;
  const double s = std::sqrt(z), ratio = ArcRatio(z);
  if (x < 0) return std::numbers::pi - 2 * (s + (ratio * s - kHalfPiLow));
  const double high = HighHalf(s);
  const double c = (z - high * high) / (s + high);
  return 2 * (high + (ratio * s + c));
}

/// As java.lang.StrictMath puts it together from the quotient's arc tangent, whose rounding shows in the last digit.
double JavaAtan2(double y, double x) {
  constexpr double kPiLow = 1.2246467991473531772e-16;
  if (!std::isfinite(x) || !std::isfinite(y) || x == 0 || y == 0) return std::atan2(y, x);
  if (x == 1) return JavaAtan(y);
  const int difference = std::ilogb(y) - std::ilogb(x);
  double z = 0;
  if (difference > 60) {
    z = std::numbers::pi / 2 + 0.5 * kPiLow;
  } else if (x > 0 || difference >= -60) {
    z = JavaAtan(std::fabs(y / x));
  }
  if (x < 0) z = std::numbers::pi - (z - kPiLow);
  return y < 0 ? -z : z;
}

/// Rounded to the nearest number, as the JVM has it.
double JavaLog10(double x) { return static_cast<double>(std::log10(static_cast<long double>(x))); }

double JavaTanh(double x) {
  const double a = std::fabs(x);
  if (!(a < 22) || a < 0x1p-55) return std::tanh(x);
  const double t = std::expm1(a >= 1 ? 2 * a : -2 * a);
  const double z = a >= 1 ? 1 - 2 / (t + 2) : -t / (t + 2);
  return x < 0 ? -z : z;
}

using UnaryMath = double (*)(double);
using BinaryMath = double (*)(double, double);

ScalarFunction Unary(const char* name, const char* text, UnaryMath op) {
  ScalarFunction f = MathFunction(name, text, 1);
  f.total = true;
  f.supported_forms = "'" + f.name + "(<NUMERIC>)'";
  f.resolve = ResolveDoubles;
  f.make = [op](const CallInfo&, const DataType&) -> Result<Kernel> { return UnaryKernel<double, double>(op); };
  return f;
}

ScalarFunction Binary(const char* name, const char* text, BinaryMath op) {
  ScalarFunction f = MathFunction(name, text, 2);
  f.total = true;
  f.supported_forms = "'" + f.name + "(<NUMERIC>, <NUMERIC>)'";
  f.resolve = ResolveDoubles;
  f.make = [op](const CallInfo&, const DataType&) -> Result<Kernel> {
    return BinaryKernel<double, double, double>(op);
  };
  return f;
}

ScalarFunction Log() {
  ScalarFunction f =
      MathFunction("LOG", "The natural logarithm, or the one to the base of the first of two arguments.", 1);
  f.max_args = 2;
  f.total = true;
  f.supported_forms = "'LOG(<NUMERIC>)'\n'LOG(<NUMERIC>, <NUMERIC>)'";
  f.resolve = ResolveDoubles;
  f.make = [](const CallInfo& call, const DataType&) -> Result<Kernel> {
    if (call.size() == 1) return UnaryKernel<double, double>([](double x) { return std::log(x); });
    return BinaryKernel<double, double, double>([](double base, double x) { return std::log(x) / std::log(base); });
  };
  return f;
}

ScalarFunction Constant(const char* name, const char* text, double value) {
  ScalarFunction f = MathFunction(name, text, 0);
  f.resolve = [](const CallInfo&) -> Resolved { return std::optional(Signature{DataType::Double().NotNull(), {}}); };
  f.make = [value](const CallInfo&, const DataType&) -> Result<Kernel> {
    return Kernel([value](EvalContext&, std::span<const ColumnPtr>, const Rows& rows, Column& out) {
      rows.ForEach([&](size_t i) { out.data<double>()[i] = value; });
    });
  };
  return f;
}

/// java.util.Random: the same seed gives the rows that Flink gives.
class JavaRandom {
 public:
  explicit JavaRandom(int64_t seed) : state_((static_cast<uint64_t>(seed) ^ 0x5DEECE66Dull) & kMask) {}

  int32_t NextInt(int32_t bound) {
    if ((bound & -bound) == bound) return static_cast<int32_t>((int64_t{bound} * Next(31)) >> 31);
    for (;;) {
      const int32_t bits = Next(31);
      const int32_t value = bits % bound;
      if (int64_t{bits} - value + (bound - 1) <= 0x7FFFFFFF) return value;
    }
  }
  double NextDouble() {
    const int64_t high = int64_t{Next(26)} << 27;
    return static_cast<double>(high + Next(27)) * 0x1.0p-53;
  }

 private:
  static constexpr uint64_t kMask = (uint64_t{1} << 48) - 1;
  int32_t Next(int bits) {
    state_ = (state_ * 0x5DEECE66Dull + 0xB) & kMask;
    return static_cast<int32_t>(static_cast<int64_t>(state_ >> (48 - bits)));
  }
  uint64_t state_;
};

/// One generator a call site, seeded by the constant first argument or by the job's randomness at the first row.
struct Generator {
  std::optional<JavaRandom> random;
  JavaRandom& Get(EvalContext& context, std::optional<int32_t> seed) {
    if (!random) random.emplace(seed ? int64_t{*seed} : static_cast<int64_t>(context.facts().random()));
    return *random;
  }
};

Resolved ResolveInts(const CallInfo& call, const DataType& result) {
  Signature s{result.WithNullable(IsNullableCall(call)), {}};
  for (const DataType& t : call.args) {
    if (!t.is_exact_integer()) return std::optional<Signature>();
    s.args.push_back(DataType::Integer().WithNullable(t.nullable()));
  }
  return std::optional(std::move(s));
}

ScalarFunction Rand() {
  ScalarFunction f = MathFunction("RAND", "A random DOUBLE in [0, 1); with a seed the same sequence every time.", 0);
  f.max_args = 1;
  f.deterministic = false;
  f.supported_forms = "'RAND()'\n'RAND(<INTEGER>)'";
  f.resolve = [](const CallInfo& call) { return ResolveInts(call, DataType::Double().NotNull()); };
  f.make = [](const CallInfo&, const DataType&) -> Result<Kernel> {
    return Kernel([generator = std::make_shared<Generator>()](EvalContext& context, std::span<const ColumnPtr> args,
                                                              const Rows& rows, Column& out) {
      rows.ForEach([&](size_t i) {
        const std::optional<int32_t> seed = args.empty() ? std::nullopt : std::optional(args[0]->at<int32_t>(i));
        out.data<double>()[i] = generator->Get(context, seed).NextDouble();
      });
    });
  };
  return f;
}

ScalarFunction RandInteger() {
  ScalarFunction f =
      MathFunction("RAND_INTEGER", "A random INT in [0, bound); the seed comes first if there are two.", 1);
  f.max_args = 2;
  f.deterministic = false;
  f.supported_forms = "'RAND_INTEGER(<INTEGER>)'\n'RAND_INTEGER(<INTEGER>, <INTEGER>)'";
  f.resolve = [](const CallInfo& call) { return ResolveInts(call, DataType::Integer().NotNull()); };
  f.make = [](const CallInfo&, const DataType&) -> Result<Kernel> {
    return Kernel([generator = std::make_shared<Generator>()](EvalContext& context, std::span<const ColumnPtr> args,
                                                              const Rows& rows, Column& out) {
      rows.ForEach([&](size_t i) {
        const std::optional<int32_t> seed = args.size() < 2 ? std::nullopt : std::optional(args[0]->at<int32_t>(i));
        const int32_t bound = args.back()->at<int32_t>(i);
        if (bound <= 0) {
          context.Fail(i, ErrorCode::kArithmetic, "bound must be positive");
        } else {
          out.data<int32_t>()[i] = generator->Get(context, seed).NextInt(bound);
        }
      });
    });
  };
  return f;
}

std::string UuidText(uint64_t high, uint64_t low) {
  high = (high & ~uint64_t{0xF000}) | 0x4000;              // version 4
  low = (low & ~(uint64_t{3} << 62)) | uint64_t{2} << 62;  // variant of RFC 4122
  constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (int nibble = 31; nibble >= 0; --nibble) {
    const uint64_t word = nibble >= 16 ? high : low;
    out += kHex[word >> (nibble % 16 * 4) & 15];
    if (nibble == 24 || nibble == 20 || nibble == 16 || nibble == 12) out += '-';
  }
  return out;
}

ScalarFunction Uuid() {
  ScalarFunction f = MathFunction("UUID", "A random UUID (version 4) as text.", 0);
  f.deterministic = false;
  f.resolve = [](const CallInfo&) -> Resolved { return std::optional(Signature{DataType::Char(36).NotNull(), {}}); };
  f.make = [](const CallInfo&, const DataType&) -> Result<Kernel> {
    return Kernel([](EvalContext& context, std::span<const ColumnPtr>, const Rows& rows, Column& out) {
      rows.ForEach([&](size_t i) {
        const uint64_t high = context.facts().random();
        out.SetString(i, UuidText(high, context.facts().random()));
      });
    });
  };
  return f;
}

}  // namespace

void AddMathFunctions(FunctionRegistry& r) {
  r.Add(Binary("POWER", "The first argument raised to the second.", [](double x, double y) {
    // Java: |1| to an infinity is NaN, where C says 1.
    if (std::isnan(y) || (std::isinf(y) && std::fabs(x) == 1)) return std::numeric_limits<double>::quiet_NaN();
    return std::pow(x, y);
  }));
  r.Add(Binary("ATAN2", "The angle of the point (second, first).", JavaAtan2));
  r.Add(Log());
  r.Add(Unary("SQRT", "The square root; NaN for negative numbers.", [](double x) { return std::sqrt(x); }));
  r.Add(Unary("EXP", "e raised to the argument.", [](double x) { return std::exp(x); }));
  r.Add(Unary("LN", "The natural logarithm.", [](double x) { return std::log(x); }));
  r.Add(Unary("LOG2", "The logarithm to the base 2.", [](double x) { return std::log(x) / std::log(2.0); }));
  r.Add(Unary("LOG10", "The logarithm to the base 10.", JavaLog10));
  r.Add(Unary("SIN", "The sine of an angle in radians.", [](double x) { return std::sin(x); }));
  r.Add(Unary("COS", "The cosine of an angle in radians.", [](double x) { return std::cos(x); }));
  r.Add(Unary("TAN", "The tangent of an angle in radians.", [](double x) { return std::tan(x); }));
  r.Add(Unary("COT", "The cotangent of an angle in radians.", [](double x) { return 1.0 / std::tan(x); }));
  r.Add(Unary("ASIN", "The arc sine.", JavaAsin));
  r.Add(Unary("ACOS", "The arc cosine.", JavaAcos));
  r.Add(Unary("ATAN", "The arc tangent.", JavaAtan));
  r.Add(Unary("SINH", "The hyperbolic sine.", JavaSinh));
  r.Add(Unary("COSH", "The hyperbolic cosine.", JavaCosh));
  r.Add(Unary("TANH", "The hyperbolic tangent.", JavaTanh));
  r.Add(Unary("DEGREES", "Radians as degrees.", [](double x) { return x * (180.0 / std::numbers::pi); }));
  r.Add(Unary("RADIANS", "Degrees as radians.", [](double x) { return x * (std::numbers::pi / 180.0); }));
  r.Add(Constant("PI", "The number pi.", std::numbers::pi));
  r.Add(Constant("E", "Euler's number.", std::numbers::e));
  r.Add(Rand());
  r.Add(RandInteger());
  r.Add(Uuid());
}

}  // namespace sluice::engine
