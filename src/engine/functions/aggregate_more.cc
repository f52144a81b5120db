// Declarations of the aggregates beyond the basic five, and the statistics.
#include <cmath>

#include "engine/functions/aggregate_json.h"
#include "engine/functions/aggregate_kernel.h"
#include "engine/functions/aggregate_lists.h"
#include "engine/functions/aggregate_percentile.h"
#include "engine/functions/function.h"
#include "engine/functions/over_variants.h"
#include "engine/functions/welford.h"

namespace sluice::engine {

namespace {

using Resolved = Result<std::optional<Signature>>;

enum class Statistic : uint8_t { kVarPop, kVarSamp, kStddevPop, kStddevSamp, kM2 };

double PowerOfTen(const DataType& decimal) { return std::pow(10.0, decimal.scale()); }

/// The variance out of the squared distances from the mean, kept by Welford's method as Flink keeps them
/// (WelfordM2AggFunction), so that the last digits agree. Integers truncate, decimals round to the result's scale.
template <typename T>
struct Spread {
  struct State {
    int64_t count = 0;
    double mean = 0, m2 = 0;
  };
  using Input = ColumnInput<T>;
  Statistic statistic = Statistic::kVarPop;
  double in_scale = 1, out_scale = 1;  // powers of ten, for DECIMAL

  void Accumulate(State& s, const Input& in, size_t i) const {
    if (in.IsNull(i)) return;
    if (++s.count <= 0) return;
    const double v = static_cast<double>(in[i]) / in_scale;
    const double distance = v - s.mean;
    s.mean += distance / static_cast<double>(s.count);
    s.m2 += distance * (v - s.mean);
  }
  void Retract(State& s, const Input& in, size_t i) const {
    if (in.IsNull(i)) return;
    if (--s.count <= 0) {
      if (s.count == 0) s.mean = s.m2 = 0;
      return;
    }
    const double v = static_cast<double>(in[i]) / in_scale;
    const double distance = v - s.mean;
    s.mean -= distance / static_cast<double>(s.count);
    s.m2 -= distance * (v - s.mean);
  }
  void Write(const State& s, Column& out, size_t i) const {
    const bool sample = statistic == Statistic::kVarSamp || statistic == Statistic::kStddevSamp;
    // Rounding and what is retracted without having been added can make m2 negative.
    if (s.count <= 0 || s.m2 < 0 || (sample && s.count == 1)) return out.SetNull(i);
    if (statistic == Statistic::kM2) {
      out.data<double>()[i] = s.m2;
      return;
    }
    const auto n = static_cast<double>(s.count);
    double v = s.m2 / (sample ? n - 1 : n);
    if (statistic == Statistic::kStddevPop || statistic == Statistic::kStddevSamp) v = std::sqrt(v);
    if constexpr (std::is_same_v<T, int128_t>) {
      out.data<int128_t>()[i] = static_cast<int128_t>(std::llround(v * out_scale));
    } else {
      out.data<T>()[i] = static_cast<T>(v);
    }
  }
  void Merge(State& into, const State& from) const {
    if (from.count <= 0) {
      into.count += from.count;
      return;
    }
    if (into.count == 0) {
      into = from;
      return;
    }
    const auto own = static_cast<double>(into.count), other = static_cast<double>(from.count);
    const double both = own + other;
    const double distance = from.mean - into.mean;
    into.mean += other / both * distance;
    into.m2 = into.m2 + from.m2 + own * other / both * distance * distance;
    into.count += from.count;
  }
};

/// OVER has the same figures from SUM(x * x), SUM(x) and COUNT(x), which for integers divide as integers.
template <typename T>
struct SpreadOfSums {
  using Sum = std::conditional_t<std::is_integral_v<T>, int64_t, double>;
  struct State {
    Sum sum = 0, squares = 0;
    int64_t count = 0;
  };
  using Input = ColumnInput<T>;
  Statistic statistic = Statistic::kVarPop;

  void Add(State& s, const Input& in, size_t i, Sum sign) const {
    if (in.IsNull(i)) return;
    const auto v = static_cast<Sum>(in[i]);
    s.sum += sign * v;
    s.squares += sign * v * v;
    s.count += static_cast<int64_t>(sign);
  }
  void Accumulate(State& s, const Input& in, size_t i) const { Add(s, in, i, 1); }
  void Retract(State& s, const Input& in, size_t i) const { Add(s, in, i, -1); }
  void Write(const State& s, Column& out, size_t i) const {
    const bool sample = statistic == Statistic::kVarSamp || statistic == Statistic::kStddevSamp;
    if (s.count == 0 || (sample && s.count == 1)) return out.SetNull(i);
    const Sum n = static_cast<Sum>(s.count);
    const Sum variance = (s.squares - s.sum * s.sum / n) / (sample ? n - 1 : n);
    const bool root = statistic == Statistic::kStddevPop || statistic == Statistic::kStddevSamp;
    out.data<T>()[i] = static_cast<T>(root ? std::sqrt(static_cast<double>(variance)) : static_cast<double>(variance));
  }
  void Merge(State& into, const State& from) const {
    into.sum += from.sum;
    into.squares += from.squares;
    into.count += from.count;
  }
};

template <Statistic kStatistic>
KernelResult MakeSpread(const AggregateCallInfo& call, const DataType& result) {
  switch (call.args[0].kind()) {
    case TypeKind::kTinyint: return MakeKernel(Spread<int8_t>{kStatistic});
    case TypeKind::kSmallint: return MakeKernel(Spread<int16_t>{kStatistic});
    case TypeKind::kInteger: return MakeKernel(Spread<int32_t>{kStatistic});
    case TypeKind::kBigint: return MakeKernel(Spread<int64_t>{kStatistic});
    case TypeKind::kFloat: return MakeKernel(Spread<float>{kStatistic});
    case TypeKind::kDecimal:
      return MakeKernel(Spread<int128_t>{kStatistic, PowerOfTen(call.args[0]),
                                         result.kind() == TypeKind::kDecimal ? PowerOfTen(result) : 1});
    default: return MakeKernel(Spread<double>{kStatistic});
  }
}

template <Statistic kStatistic>
KernelResult MakeSpreadOver(const AggregateCallInfo& call, const DataType& result) {
  switch (call.args[0].kind()) {
    case TypeKind::kTinyint: return MakeKernel(SpreadOfSums<int8_t>{kStatistic});
    case TypeKind::kSmallint: return MakeKernel(SpreadOfSums<int16_t>{kStatistic});
    case TypeKind::kInteger: return MakeKernel(SpreadOfSums<int32_t>{kStatistic});
    case TypeKind::kBigint: return MakeKernel(SpreadOfSums<int64_t>{kStatistic});
    case TypeKind::kFloat: return MakeKernel(SpreadOfSums<float>{kStatistic});
    case TypeKind::kDouble: return MakeKernel(SpreadOfSums<double>{kStatistic});
    default: return MakeSpread<kStatistic>(call, result);
  }
}

Resolved ResolveSpread(const CallInfo& call) {
  const DataType& arg = call.args[0];
  if (!arg.is_numeric()) return std::optional<Signature>();
  DataType result = arg;
  if (arg.kind() == TypeKind::kDecimal) {
    result = DataType::Decimal(38, std::max(6, arg.scale())).WithNullable(arg.nullable());
  }
  return std::optional<Signature>(Signature{result, {arg}});
}

Resolved ResolveM2(const CallInfo& call) {
  if (!call.args[0].is_numeric()) return std::optional<Signature>();
  return std::optional<Signature>(Signature{DataType::Double(), {call.args[0]}});
}

Resolved ResolveSame(const CallInfo& call) {
  if (call.args[0].kind() == TypeKind::kNull) return std::optional<Signature>();
  return std::optional<Signature>(Signature{call.args[0].WithTimeAttribute(TimeAttribute::kNone), {call.args[0]}});
}

Resolved ResolveListAgg(const CallInfo& call) {
  for (const DataType& type : call.args) {
    if (!type.is_character()) return std::optional<Signature>();
  }
  if (call.size() > 1 && call.literals[1] == nullptr) {
    return Error(ErrorCode::kValidation, "Argument to function 'LISTAGG' must be a literal");
  }
  return std::optional<Signature>(Signature{call.args[0], call.args});
}

Resolved ResolveArrayAgg(const CallInfo& call) {
  const DataType element = call.args[0].WithTimeAttribute(TimeAttribute::kNone);
  return std::optional<Signature>(Signature{DataType::Array(element).WithNullable(element.nullable()), {call.args[0]}});
}

Resolved ResolveCollect(const CallInfo& call) {
  const DataType element = call.args[0].WithTimeAttribute(TimeAttribute::kNone);
  return std::optional<Signature>(Signature{DataType::Multiset(element).NotNull(), {call.args[0]}});
}

template <Statistic kStatistic>
void AddSpread(FunctionRegistry& r, const char* name, std::vector<std::string> aliases, const char* text) {
  r.Add(AggregateFunction{.name = name,
                          .aliases = std::move(aliases),
                          .text = text,
                          .min_args = 1,
                          .max_args = 1,
                          .supported_forms = "'" + std::string(name) + "(<NUMERIC>)'",
                          .resolve = ResolveSpread,
                          .make = MakeSpread<kStatistic>});
  r.Add(AggregateFunction{.name = kOverPrefix + std::string(name),
                          .text = "The same under OVER, where integers divide as integers.",
                          .min_args = 1,
                          .max_args = 1,
                          .resolve = ResolveSpread,
                          .make = MakeSpreadOver<kStatistic>});
}

void AddLists(FunctionRegistry& r) {
  r.Add(AggregateFunction{.name = "FIRST_VALUE",
                          .text = "The value that came first, of those that are not NULL.",
                          .min_args = 1,
                          .max_args = 1,
                          .supported_forms = "'FIRST_VALUE(<ANY>)'",
                          .order_sensitive = true,
                          .resolve = ResolveSame,
                          .make = [](const AggregateCallInfo& c, const DataType&) { return MakeFirstLast(c, false); }});
  r.Add(AggregateFunction{.name = "LAST_VALUE",
                          .text = "The value that came last, of those that are not NULL.",
                          .min_args = 1,
                          .max_args = 1,
                          .supported_forms = "'LAST_VALUE(<ANY>)'",
                          .order_sensitive = true,
                          .resolve = ResolveSame,
                          .make = [](const AggregateCallInfo& c, const DataType&) { return MakeFirstLast(c, true); }});
  r.Add(AggregateFunction{.name = "LISTAGG",
                          .text = "The texts that are not NULL, joined by a separator, which is ',' unless given.",
                          .min_args = 1,
                          .max_args = 2,
                          .supported_forms = "'LISTAGG(<CHARACTER>)'\n'LISTAGG(<CHARACTER>, <CHARACTER>)'",
                          .order_sensitive = true,
                          .resolve = ResolveListAgg,
                          .make = [](const AggregateCallInfo& c, const DataType&) { return MakeListAgg(c); }});
  r.Add(AggregateFunction{.name = "ARRAY_AGG",
                          .text = "All values, NULLs too, as an array; NULL if there is no row.",
                          .min_args = 1,
                          .max_args = 1,
                          .supported_forms = "'ARRAY_AGG(<ANY>)'",
                          .order_sensitive = true,
                          .resolve = ResolveArrayAgg,
                          .make = [](const AggregateCallInfo& c, const DataType&) { return MakeArrayAgg(c); }});
  r.Add(AggregateFunction{.name = "COLLECT",
                          .text = "The values that are not NULL as a multiset.",
                          .min_args = 1,
                          .max_args = 1,
                          .supported_forms = "'COLLECT(<ANY>)'",
                          .resolve = ResolveCollect,
                          .make = [](const AggregateCallInfo& c, const DataType&) { return MakeCollect(c); }});
}

}  // namespace

void AddMoreAggregates(FunctionRegistry& r) {
  AddLists(r);
  AddJsonAggregates(r);
  AddPercentile(r);
  r.Add(AggregateFunction{.name = kWelfordM2,
                          .text = "What variances and deviations are made of.",
                          .min_args = 1,
                          .max_args = 1,
                          .resolve = ResolveM2,
                          .make = MakeSpread<Statistic::kM2>});
  AddSpread<Statistic::kStddevPop>(r, "STDDEV_POP", {}, "The standard deviation of a whole population.");
  AddSpread<Statistic::kStddevSamp>(r, "STDDEV_SAMP", {"STDDEV"}, "The standard deviation of a sample.");
  AddSpread<Statistic::kVarPop>(r, "VAR_POP", {}, "The variance of a whole population.");
  AddSpread<Statistic::kVarSamp>(r, "VAR_SAMP", {"VARIANCE"}, "The variance of a sample.");
}

}  // namespace sluice::engine
