// + - * / % and the unary minus.
#include <cmath>
#include <type_traits>

#include "engine/functions/arithmetic_parts.h"
#include "engine/functions/kernel_templates.h"
#include "engine/functions/type_rules.h"
#include "engine/types/decimal.h"

namespace sluice::engine {

bool IsNullableCall(const CallInfo& call) {
  for (const DataType& t : call.args) {
    if (t.nullable()) return true;
  }
  return false;
}

namespace {

using Resolved = Result<std::optional<Signature>>;

enum class Operator : uint8_t { kPlus, kMinus, kTimes };

/// Integers wrap like Java's: computed unsigned, in 32 or 64 bits.
template <typename T, Operator op>
T Apply(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    if constexpr (op == Operator::kPlus) return a + b;
    if constexpr (op == Operator::kMinus) return a - b;
    return a * b;
  } else {
    using U = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;
    const auto x = static_cast<U>(a), y = static_cast<U>(b);
    if constexpr (op == Operator::kPlus) return static_cast<T>(x + y);
    if constexpr (op == Operator::kMinus) return static_cast<T>(x - y);
    return static_cast<T>(x * y);
  }
}

template <Operator op>
Kernel NumberKernel(PhysicalType type) {
  return ForNumberType(type, [](auto tag) -> Kernel {
    using T = decltype(tag);
    return BinaryKernel<T, T, T>([](T a, T b) { return Apply<T, op>(a, b); });
  });
}

using DecimalFunction = DecimalResult (*)(int128_t, int, int128_t, int, int, int);

Kernel DecimalKernel(DecimalFunction f, const CallInfo& call, const DataType& result) {
  return CheckedBinaryKernel<int128_t, int128_t, int128_t>(
      [f, sa = call.args[0].scale(), sb = call.args[1].scale(), p = result.precision(), s = result.scale()](
          EvalContext&, size_t, int128_t a, int128_t b, int128_t& out) {
        const DecimalResult r = f(a, sa, b, sb, p, s);
        if (r) out = *r;
        return r.has_value();
      });
}

/// Like DecimalKernel with a divisor that must not be zero.
Kernel DecimalQuotientKernel(DecimalFunction f, const CallInfo& call, const DataType& result) {
  return CheckedBinaryKernel<int128_t, int128_t, int128_t>(
      [f, sa = call.args[0].scale(), sb = call.args[1].scale(), p = result.precision(), s = result.scale()](
          EvalContext& context, size_t row, int128_t a, int128_t b, int128_t& out) {
        if (b == 0) {
          context.Fail(row, ErrorCode::kArithmetic, "Division by zero");
          return false;
        }
        const DecimalResult r = f(a, sa, b, sb, p, s);
        if (r) out = *r;
        return r.has_value();
      });
}

template <typename T>
bool FailsByZero(EvalContext& context, size_t row, T divisor) {
  if (divisor != 0) return false;
  context.Fail(row, ErrorCode::kArithmetic, "/ by zero");
  return true;
}

Kernel DivideKernel(PhysicalType type) {
  return ForNumberType(type, [](auto tag) -> Kernel {
    using T = decltype(tag);
    if constexpr (std::is_floating_point_v<T>) {
      return BinaryKernel<T, T, T>([](T a, T b) { return a / b; });
    } else {
      return CheckedBinaryKernel<T, T, T>([](EvalContext& context, size_t row, T a, T b, T& out) {
        if (FailsByZero(context, row, b)) return false;
        // The one quotient that does not fit wraps, where the processor would trap.
        out = b == -1 ? Apply<T, Operator::kMinus>(0, a) : static_cast<T>(a / b);
        return true;
      });
    }
  });
}

/// Integers of one type; the result has the divisor's type, which holds every remainder.
Kernel ModuloKernel(PhysicalType type, PhysicalType result) {
  return ForNumberType(type, [result](auto tag) -> Kernel {
    using T = decltype(tag);
    if constexpr (std::is_floating_point_v<T>) {
      return {};
    } else {
      return ForNumberType(result, [](auto out_tag) -> Kernel {
        using R = decltype(out_tag);
        if constexpr (std::is_floating_point_v<R>) {
          return {};
        } else {
          return CheckedBinaryKernel<T, T, R>([](EvalContext& context, size_t row, T a, T b, R& out) {
            if (FailsByZero(context, row, b)) return false;
            out = b == -1 ? R{0} : static_cast<R>(a % b);
            return true;
          });
        }
      });
    }
  });
}

/// What the arguments become: decimals keep precision and scale, integers beside them become decimals.
Signature NumericSignature(const CallInfo& call, ArithmeticKind kind, const DataType& result) {
  Signature s{result, {}};
  DataType wide = result;
  if (kind == ArithmeticKind::kModulo && result.kind() != TypeKind::kDecimal) {
    wide = ArithmeticType(ArithmeticKind::kAdd, call.args[0], call.args[1]).value_or(result);
  }
  for (const DataType& t : call.args) {
    s.args.push_back(result.kind() == TypeKind::kDecimal ? AsDecimalType(t) : wide.WithNullable(t.nullable()));
  }
  return s;
}

/// A bare NULL beside a number takes that number's type.
CallInfo WithoutBareNulls(const CallInfo& call) {
  CallInfo out = call;
  for (size_t i = 0; i < 2; ++i) {
    if (out.args[i].kind() == TypeKind::kNull && call.args[1 - i].is_numeric())
      out.args[i] = call.args[1 - i].Nullable();
  }
  return out;
}

ScalarFunction Infix(const char* name, const char* text, std::string forms) {
  ScalarFunction f;
  f.name = name;
  f.family = "math";
  f.text = text;
  f.min_args = f.max_args = 2;
  f.supported_forms = std::move(forms);
  return f;
}

ScalarFunction PlusOrMinus(const char* name, int sign, std::string forms) {
  ScalarFunction f = Infix(name, sign > 0 ? "The sum." : "The difference.", std::move(forms));
  f.resolve = [sign](const CallInfo& given) -> Resolved {
    const CallInfo call = WithoutBareNulls(given);
    if (auto interval = IntervalAddSignature(call, sign)) return interval;
    auto type = ArithmeticType(ArithmeticKind::kAdd, call.args[0], call.args[1]);
    if (!type) return std::optional<Signature>();
    return std::optional(NumericSignature(call, ArithmeticKind::kAdd, *type));
  };
  f.make = [sign](const CallInfo& call, const DataType& result) -> Result<Kernel> {
    if (!result.is_numeric()) return IntervalAddKernel(call, result, sign);
    if (result.kind() == TypeKind::kDecimal)
      return DecimalKernel(sign > 0 ? AddDecimal : SubtractDecimal, call, result);
    return sign > 0 ? NumberKernel<Operator::kPlus>(result.physical())
                    : NumberKernel<Operator::kMinus>(result.physical());
  };
  return f;
}

/// INTERVAL * integer.
Kernel IntervalTimesKernel(bool interval_first, const DataType& interval) {
  auto make = [interval_first](auto tag) {
    using T = decltype(tag);
    return [interval_first](EvalContext&, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
      const Column& i = *args[interval_first ? 0 : 1];
      const Column& n = *args[interval_first ? 1 : 0];
      rows.ForEach([&](size_t k) {
        out.data<T>()[k] = static_cast<T>(static_cast<uint64_t>(i.at<T>(k)) * static_cast<uint64_t>(n.at<int64_t>(k)));
      });
    };
  };
  if (interval.physical() == PhysicalType::kInt32) return make(int32_t{});
  return make(int64_t{});
}

ScalarFunction Times() {
  ScalarFunction f = Infix("*", "The product.",
                           "'<NUMERIC> * <NUMERIC>'\n'<DATETIME_INTERVAL> * <NUMERIC>'\n'<NUMERIC> * "
                           "<DATETIME_INTERVAL>'");
  f.resolve = [](const CallInfo& given) -> Resolved {
    const CallInfo call = WithoutBareNulls(given);
    for (size_t i = 0; i < 2; ++i) {
      const DataType& number = call.args[1 - i];
      if (!call.args[i].is_interval() || !number.is_numeric()) continue;
      if (!number.is_exact_integer()) {
        return Error(ErrorCode::kValidation,
                     "Unsupported casting from " + number.ToString() + " to " + call.args[i].ToString() + ".");
      }
      Signature s{call.args[i].WithNullable(IsNullableCall(call)), call.args};
      s.args[1 - i] = DataType::Bigint().WithNullable(number.nullable());
      return std::optional(std::move(s));
    }
    auto type = ArithmeticType(ArithmeticKind::kMultiply, call.args[0], call.args[1]);
    if (!type) return std::optional<Signature>();
    return std::optional(NumericSignature(call, ArithmeticKind::kMultiply, *type));
  };
  f.make = [](const CallInfo& call, const DataType& result) -> Result<Kernel> {
    if (result.is_interval()) return IntervalTimesKernel(call.args[0].is_interval(), result);
    if (result.kind() == TypeKind::kDecimal) return DecimalKernel(MultiplyDecimal, call, result);
    return NumberKernel<Operator::kTimes>(result.physical());
  };
  return f;
}

/// A constant divided by a constant zero fails when a row needs it, also for doubles: Flink folds it while planning.
bool IsFoldedByZero(const CallInfo& call) {
  if (call.literals[0] == nullptr || call.literals[0]->is_null()) return false;
  const Value* v = call.literals[1];
  if (v == nullptr || v->is_null()) return false;
  if (const auto* i = std::get_if<int64_t>(&v->storage())) return *i == 0;
  if (const auto* d = std::get_if<double>(&v->storage())) return *d == 0;
  if (const auto* n = std::get_if<int128_t>(&v->storage())) return *n == 0;
  return false;
}

ScalarFunction Divide() {
  ScalarFunction f = Infix("/", "The quotient; of integers an integer, rounded towards zero.",
                           "'<NUMERIC> / <NUMERIC>'\n'<DATETIME_INTERVAL> / <NUMERIC>'");
  f.resolve = [](const CallInfo& given) -> Resolved {
    const CallInfo call = WithoutBareNulls(given);
    if (call.args[0].is_interval() && call.args[1].is_numeric()) {
      return Error(ErrorCode::kValidation, "Unsupported call: /(" + PlannedType(call.args[0]).ToString() + ", " +
                                               call.args[1].ToString() + "): intervals can be multiplied, not divided");
    }
    auto type = ArithmeticType(ArithmeticKind::kDivide, call.args[0], call.args[1]);
    if (!type) return std::optional<Signature>();
    return std::optional(NumericSignature(call, ArithmeticKind::kDivide, *type));
  };
  f.make = [](const CallInfo& call, const DataType& result) -> Result<Kernel> {
    if (result.kind() == TypeKind::kDecimal) return DecimalQuotientKernel(DivideDecimal, call, result);
    if (result.is_approximate() && IsFoldedByZero(call)) {
      return Kernel([](EvalContext& context, std::span<const ColumnPtr>, const Rows& rows, Column&) {
        if (rows.count > 0) context.Fail(rows[0], ErrorCode::kArithmetic, "Division by zero");
      });
    }
    return DivideKernel(result.physical());
  };
  return f;
}

ScalarFunction Modulo(const char* name, const char* forms) {
  ScalarFunction f = Infix(name, "The remainder, with the dividend's sign.", forms);
  f.resolve = [](const CallInfo& given) -> Resolved {
    const CallInfo call = WithoutBareNulls(given);
    if (!call.args[0].is_exact_numeric() || !call.args[1].is_exact_numeric()) return std::optional<Signature>();
    auto type = ArithmeticType(ArithmeticKind::kModulo, call.args[0], call.args[1]);
    if (!type) return std::optional<Signature>();
    return std::optional(NumericSignature(call, ArithmeticKind::kModulo, *type));
  };
  f.make = [](const CallInfo& call, const DataType& result) -> Result<Kernel> {
    if (result.kind() == TypeKind::kDecimal) return DecimalQuotientKernel(ModuloDecimal, call, result);
    return ModuloKernel(call.args[0].physical(), result.physical());
  };
  return f;
}

ScalarFunction Negate() {
  ScalarFunction f = Infix("NEG", "The unary minus.", "'-<NUMERIC>'\n'-<DATETIME_INTERVAL>'");
  f.min_args = f.max_args = 1;
  f.total = true;
  f.resolve = [](const CallInfo& call) -> Resolved {
    if (!call.args[0].is_numeric() && !call.args[0].is_interval()) return std::optional<Signature>();
    return std::optional(Signature{call.args[0], call.args});
  };
  f.make = [](const CallInfo&, const DataType& result) -> Result<Kernel> {
    if (result.kind() == TypeKind::kDecimal) return UnaryKernel<int128_t, int128_t>([](int128_t v) { return -v; });
    return ForNumberType(result.physical(), [](auto tag) -> Kernel {
      using T = decltype(tag);
      if constexpr (std::is_floating_point_v<T>) {
        return UnaryKernel<T, T>([](T v) { return -v; });
      } else {
        return UnaryKernel<T, T>([](T v) { return Apply<T, Operator::kMinus>(0, v); });
      }
    });
  };
  return f;
}

}  // namespace

void AddArithmeticFunctions(FunctionRegistry& r) {
  r.Add(PlusOrMinus("+", 1,
                    "'<NUMERIC> + <NUMERIC>'\n'<DATETIME_INTERVAL> + <DATETIME_INTERVAL>'\n'<DATETIME> + "
                    "<DATETIME_INTERVAL>'\n'<DATETIME_INTERVAL> + <DATETIME>'"));
  r.Add(PlusOrMinus("-", -1,
                    "'<NUMERIC> - <NUMERIC>'\n'<DATETIME_INTERVAL> - <DATETIME_INTERVAL>'\n'<DATETIME> - "
                    "<DATETIME_INTERVAL>'"));
  r.Add(Times());
  r.Add(Divide());
  r.Add(Modulo("%", "'<EXACT_NUMERIC> % <EXACT_NUMERIC>'"));
  r.Add(Modulo("MOD", "'MOD(<EXACT_NUMERIC>, <EXACT_NUMERIC>)'"));
  r.Add(Negate());
  AddMathFunctions(r);
  AddRoundingFunctions(r);
  AddNumberTextFunctions(r);
  AddIntervalFunctions(r);
}

}  // namespace sluice::engine
