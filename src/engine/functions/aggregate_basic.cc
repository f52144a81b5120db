// COUNT, SUM, $SUM0, AVG, MIN, MAX as org.apache.flink.table.runtime.functions.aggfunctions and the planner's
// declarative aggregates compute them: sums keep the argument's type and wrap, averages of integers truncate.
#include <limits>

#include "engine/functions/aggregate_kernel.h"
#include "engine/functions/aggregate_minmax.h"
#include "engine/functions/function.h"

namespace sluice::engine {

namespace {

constexpr int128_t Pow10(int n) {
  int128_t v = 1;
  for (int i = 0; i < n; ++i) v *= 10;
  return v;
}
constexpr int128_t kDecimalLimit = Pow10(38);

bool FitsDecimal(int128_t v) { return v > -kDecimalLimit && v < kDecimalLimit; }

// --- COUNT ---------------------------------------------------------------------------------------------------------

struct CountRows {
  struct State {
    int64_t n = 0;
  };
  struct Input {
    explicit Input(std::span<const ColumnPtr>) {}
  };
  void Accumulate(State& s, const Input&, size_t) const { ++s.n; }
  void Retract(State& s, const Input&, size_t) const { --s.n; }
  void Write(const State& s, Column& out, size_t i) const { out.data<int64_t>()[i] = s.n; }
  void Merge(State& into, const State& from) const { into.n += from.n; }
};

struct CountValues {
  using State = CountRows::State;
  struct Input {
    explicit Input(std::span<const ColumnPtr> a) : args(a) {}
    bool Counts(size_t i) const {
      for (const ColumnPtr& c : args) {
        if (c->IsNull(i)) return false;
      }
      return true;
    }
    std::span<const ColumnPtr> args;
  };
  void Accumulate(State& s, const Input& in, size_t i) const { s.n += in.Counts(i) ? 1 : 0; }
  void Retract(State& s, const Input& in, size_t i) const { s.n -= in.Counts(i) ? 1 : 0; }
  void Write(const State& s, Column& out, size_t i) const { out.data<int64_t>()[i] = s.n; }
  void Merge(State& into, const State& from) const { into.n += from.n; }
};

// --- SUM -----------------------------------------------------------------------------------------------------------

template <typename T>
T WrapAdd(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    using U = std::make_unsigned_t<T>;
    return static_cast<T>(static_cast<U>(static_cast<U>(a) + static_cast<U>(b)));
  } else {
    return a + b;
  }
}
template <typename T>
T WrapNegate(T a) {
  if constexpr (std::is_integral_v<T>) {
    using U = std::make_unsigned_t<T>;
    return static_cast<T>(static_cast<U>(U{0} - static_cast<U>(a)));
  } else {
    return -a;
  }
}

/// SUM of integers and floating point numbers. An empty sum is -0.0, the one neutral element of floating addition.
template <typename T, bool kZeroIfEmpty>
struct Sum {
  static constexpr T Empty() { return std::is_floating_point_v<T> && !kZeroIfEmpty ? T(-0.0) : T(0); }
  struct State {
    T sum = Empty();
    int64_t count = 0;
  };
  using Input = ColumnInput<T>;
  void Accumulate(State& s, const Input& in, size_t i) const {
    if (in.IsNull(i)) return;
    s.sum = WrapAdd(s.sum, in[i]);
    ++s.count;
  }
  void Retract(State& s, const Input& in, size_t i) const {
    if (in.IsNull(i)) return;
    s.sum = WrapAdd(s.sum, WrapNegate(in[i]));
    --s.count;
  }
  void Write(const State& s, Column& out, size_t i) const {
    if (!kZeroIfEmpty && s.count == 0) return out.SetNull(i);
    out.data<T>()[i] = s.sum;
  }
  void Merge(State& into, const State& from) const {
    if (from.count == 0 && from.sum == T(0)) return;
    into.sum = WrapAdd(into.sum, from.sum);
    into.count += from.count;
  }
};

/// SUM of DECIMAL: a sum beyond 38 digits is NULL, and the next row starts it anew (Flink's SumAggFunction).
template <bool kZeroIfEmpty>
struct DecimalSum {
  struct State {
    int128_t sum = 0;
    int64_t count = 0;
    int64_t known = kZeroIfEmpty ? 1 : 0;
  };
  using Input = ColumnInput<int128_t>;
  static void Add(State& s, int128_t v) {
    s.sum = s.known ? s.sum + v : v;
    s.known = FitsDecimal(s.sum) ? 1 : 0;
  }
  void Accumulate(State& s, const Input& in, size_t i) const {
    if (in.IsNull(i)) return;
    Add(s, in[i]);
    ++s.count;
  }
  void Retract(State& s, const Input& in, size_t i) const {
    if (in.IsNull(i)) return;
    Add(s, -in[i]);
    --s.count;
  }
  void Write(const State& s, Column& out, size_t i) const {
    if ((!kZeroIfEmpty && s.count == 0) || !s.known) return out.SetNull(i);
    out.data<int128_t>()[i] = s.sum;
  }
  void Merge(State& into, const State& from) const {
    if (from.known && (from.count != 0 || from.sum != 0)) Add(into, from.sum);
    into.count += from.count;
  }
};

// --- AVG -----------------------------------------------------------------------------------------------------------

/// T argument and result, S the sum: BIGINT for integers (wraps), DOUBLE for FLOAT and DOUBLE.
template <typename T, typename S>
struct Avg {
  struct State {
    S sum = 0;
    int64_t count = 0;
  };
  using Input = ColumnInput<T>;
  void Accumulate(State& s, const Input& in, size_t i) const {
    if (in.IsNull(i)) return;
    s.sum = WrapAdd(s.sum, static_cast<S>(in[i]));
    ++s.count;
  }
  void Retract(State& s, const Input& in, size_t i) const {
    if (in.IsNull(i)) return;
    s.sum = WrapAdd(s.sum, WrapNegate(static_cast<S>(in[i])));
    --s.count;
  }
  void Write(const State& s, Column& out, size_t i) const {
    if (s.count == 0) return out.SetNull(i);
    if constexpr (std::is_integral_v<S>) {
      out.data<T>()[i] = static_cast<T>(s.count == -1 ? WrapNegate(s.sum) : s.sum / s.count);
    } else {
      out.data<T>()[i] = static_cast<T>(s.sum / static_cast<S>(s.count));
    }
  }
  void Merge(State& into, const State& from) const {
    into.sum = WrapAdd(into.sum, from.sum);
    into.count += from.count;
  }
};

/// AVG of DECIMAL(p, s) is DECIMAL(38, max(6, s)), rounded half up; a sum beyond 38 digits stays NULL.
struct DecimalAvg {
  struct State {
    int128_t sum = 0;
    int64_t count = 0;
    int64_t known = 1;
  };
  using Input = ColumnInput<int128_t>;
  int extra_digits = 0;

  static void Add(State& s, int128_t v) {
    if (!s.known) return;
    s.sum += v;
    s.known = FitsDecimal(s.sum) ? 1 : 0;
  }
  void Accumulate(State& s, const Input& in, size_t i) const {
    if (in.IsNull(i)) return;
    Add(s, in[i]);
    ++s.count;
  }
  void Retract(State& s, const Input& in, size_t i) const {
    if (in.IsNull(i)) return;
    Add(s, -in[i]);
    --s.count;
  }
  void Write(const State& s, Column& out, size_t i) const {
    if (s.count == 0 || !s.known) return out.SetNull(i);
    const bool negative = (s.sum < 0) != (s.count < 0);
    const int128_t count = s.count < 0 ? -static_cast<int128_t>(s.count) : s.count;
    int128_t rest = s.sum < 0 ? -s.sum : s.sum;
    int128_t quotient = rest / count;
    rest %= count;
    for (int k = 0; k < extra_digits; ++k) {
      if (quotient >= kDecimalLimit / 10) return out.SetNull(i);
      rest *= 10;
      quotient = quotient * 10 + rest / count;
      rest %= count;
    }
    if (rest * 2 >= count) ++quotient;
    if (!FitsDecimal(quotient)) return out.SetNull(i);
    out.data<int128_t>()[i] = negative ? -quotient : quotient;
  }
  void Merge(State& into, const State& from) const {
    if (!from.known) into.known = 0;
    Add(into, from.sum);
    into.count += from.count;
  }
};

// --- declarations --------------------------------------------------------------------------------------------------

using KernelResult = Result<std::unique_ptr<AggregateKernel>>;

Error Unsupported(const char* name, const DataType& type) {
  return Error(ErrorCode::kInternal, std::string(name) + " has no kernel for " + type.ToString());
}

template <bool kZeroIfEmpty>
KernelResult MakeSum(const AggregateCallInfo& call, const DataType&) {
  switch (call.args[0].kind()) {
    case TypeKind::kTinyint: return MakeKernel<Sum<int8_t, kZeroIfEmpty>>();
    case TypeKind::kSmallint: return MakeKernel<Sum<int16_t, kZeroIfEmpty>>();
    case TypeKind::kInteger:
    case TypeKind::kIntervalYearMonth: return MakeKernel<Sum<int32_t, kZeroIfEmpty>>();
    case TypeKind::kBigint:
    case TypeKind::kIntervalDayTime: return MakeKernel<Sum<int64_t, kZeroIfEmpty>>();
    case TypeKind::kFloat: return MakeKernel<Sum<float, kZeroIfEmpty>>();
    case TypeKind::kDouble: return MakeKernel<Sum<double, kZeroIfEmpty>>();
    case TypeKind::kDecimal: return MakeKernel<DecimalSum<kZeroIfEmpty>>();
    default: return Unsupported("SUM", call.args[0]);
  }
}

KernelResult MakeAvg(const AggregateCallInfo& call, const DataType& result) {
  switch (call.args[0].kind()) {
    case TypeKind::kTinyint: return MakeKernel<Avg<int8_t, int64_t>>();
    case TypeKind::kSmallint: return MakeKernel<Avg<int16_t, int64_t>>();
    case TypeKind::kInteger: return MakeKernel<Avg<int32_t, int64_t>>();
    case TypeKind::kBigint: return MakeKernel<Avg<int64_t, int64_t>>();
    case TypeKind::kFloat: return MakeKernel<Avg<float, double>>();
    case TypeKind::kDouble: return MakeKernel<Avg<double, double>>();
    case TypeKind::kDecimal: return MakeKernel(DecimalAvg{result.scale() - call.args[0].scale()});
    default: return Unsupported("AVG", call.args[0]);
  }
}

KernelResult MakeCount(const AggregateCallInfo& call, const DataType&) {
  bool nullable = false;
  for (const DataType& type : call.args) nullable |= type.nullable();
  if (call.args.empty() || !nullable) return MakeKernel<CountRows>();
  return MakeKernel<CountValues>();
}

using Resolved = Result<std::optional<Signature>>;

Resolved ResolveCount(const CallInfo& call) {
  return std::optional<Signature>(Signature{DataType::Bigint().NotNull(), call.args});
}

DataType SumType(const DataType& arg) {
  if (arg.kind() == TypeKind::kDecimal) return DataType::Decimal(38, arg.scale()).WithNullable(arg.nullable());
  return arg.WithTimeAttribute(TimeAttribute::kNone);
}

Resolved ResolveSum(const CallInfo& call) {
  const DataType& arg = call.args[0];
  if (arg.kind() == TypeKind::kNull) return std::optional<Signature>();
  if (!arg.is_numeric()) return std::optional<Signature>();
  return std::optional<Signature>(Signature{SumType(arg), {arg}});
}

Resolved ResolveSum0(const CallInfo& call) {
  if (!call.args[0].is_numeric()) return std::optional<Signature>();
  return std::optional<Signature>(Signature{SumType(call.args[0]).NotNull(), {call.args[0]}});
}

Resolved ResolveAvg(const CallInfo& call) {
  const DataType& arg = call.args[0];
  if (!arg.is_numeric()) return std::optional<Signature>();
  DataType result = arg;
  if (arg.kind() == TypeKind::kDecimal) {
    result = DataType::Decimal(38, std::max(6, arg.scale())).WithNullable(arg.nullable());
  }
  return std::optional<Signature>(Signature{result, {arg}});
}

template <bool kMax>
Resolved ResolveMinMax(const CallInfo& call) {
  const DataType& arg = call.args[0];
  if (arg.is_nested() || arg.is_binary() || arg.kind() == TypeKind::kNull || arg.kind() == TypeKind::kRaw ||
      arg.kind() == TypeKind::kSymbol || arg.kind() == TypeKind::kDescriptor) {
    std::string root = arg.ToString(false);
    root = root == "BYTES" ? "VARBINARY" : root.substr(0, root.find_first_of("(<"));
    return Error(ErrorCode::kValidation, std::string(kMax ? "Max" : "Min") +
                                             " aggregate function does not support type: ''" + root +
                                             "''.\nPlease re-check the data type.");
  }
  return std::optional<Signature>(Signature{arg.WithTimeAttribute(TimeAttribute::kNone), {arg}});
}

}  // namespace

void AddBasicAggregates(FunctionRegistry& r) {
  r.Add(AggregateFunction{.name = "COUNT",
                          .text = "The number of rows, or of rows in which the arguments are not NULL.",
                          .min_args = 0,
                          .max_args = -1,
                          .supported_forms = "'COUNT([ALL | DISTINCT] value)'",
                          .resolve = ResolveCount,
                          .make = MakeCount});
  r.Add(AggregateFunction{.name = "SUM",
                          .text = "The sum of the values that are not NULL, of the argument's own type; integers wrap.",
                          .min_args = 1,
                          .max_args = 1,
                          .supported_forms = "'SUM(<NUMERIC>)'",
                          .resolve = ResolveSum,
                          .make = MakeSum<false>});
  r.Add(AggregateFunction{.name = "$SUM0",
                          .text = "Like SUM, but 0 if there is no value.",
                          .min_args = 1,
                          .max_args = 1,
                          .supported_forms = "'$SUM0(<NUMERIC>)'",
                          .resolve = ResolveSum0,
                          .make = MakeSum<true>});
  r.Add(
      AggregateFunction{.name = "AVG",
                        .text = "The mean of the values that are not NULL; of integers it is truncated to an integer.",
                        .min_args = 1,
                        .max_args = 1,
                        .supported_forms = "'AVG(<NUMERIC>)'",
                        .resolve = ResolveAvg,
                        .make = MakeAvg});
  r.Add(AggregateFunction{
      .name = "MIN",
      .text = "The smallest value that is not NULL.",
      .min_args = 1,
      .max_args = 1,
      .supported_forms = "'MIN(<COMPARABLE_TYPE>)'",
      .resolve = ResolveMinMax<false>,
      .make = [](const AggregateCallInfo& call, const DataType&) { return MakeMinMax(call, false); }});
  r.Add(
      AggregateFunction{.name = "MAX",
                        .text = "The largest value that is not NULL.",
                        .min_args = 1,
                        .max_args = 1,
                        .supported_forms = "'MAX(<COMPARABLE_TYPE>)'",
                        .resolve = ResolveMinMax<true>,
                        .make = [](const AggregateCallInfo& call, const DataType&) { return MakeMinMax(call, true); }});
}

}  // namespace sluice::engine
