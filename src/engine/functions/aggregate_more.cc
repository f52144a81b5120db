// Declarations of the aggregates beyond the basic five, and the statistics.
#include <cmath>

#include "engine/functions/aggregate_json.h"
#include "engine/functions/aggregate_kernel.h"
#include "engine/functions/aggregate_lists.h"
#include "engine/functions/function.h"

namespace sluice::engine {

namespace {

using Resolved = Result<std::optional<Signature>>;

enum class Statistic : uint8_t { kVarPop, kVarSamp, kStddevPop, kStddevSamp };

/// Flink rewrites these to (SUM(x*x) - SUM(x)*SUM(x)/COUNT(x)) / COUNT(x), or / (COUNT(x) - 1): same arithmetic here,
/// so that the last digits agree. Integers truncate, decimals round to the result's scale.
template <typename T>
struct Spread {
  struct State {
    double sum = 0, squares = 0;
    int64_t count = 0;
  };
  using Input = ColumnInput<T>;
  Statistic statistic = Statistic::kVarPop;
  double in_scale = 1, out_scale = 1;  // powers of ten, for DECIMAL

  double Value(const Input& in, size_t i) const { return static_cast<double>(in[i]) / in_scale; }
  void Accumulate(State& s, const Input& in, size_t i) const {
    if (in.IsNull(i)) return;
    const double v = Value(in, i);
    s.sum += v;
    s.squares += v * v;
    ++s.count;
  }
  void Retract(State& s, const Input& in, size_t i) const {
    if (in.IsNull(i)) return;
    const double v = Value(in, i);
    s.sum -= v;
    s.squares -= v * v;
    --s.count;
  }
  void Write(const State& s, Column& out, size_t i) const {
    const bool sample = statistic == Statistic::kVarSamp || statistic == Statistic::kStddevSamp;
    if (s.count == 0 || (sample && s.count == 1)) return out.SetNull(i);
    const auto n = static_cast<double>(s.count);
    double v = (s.squares - s.sum * s.sum / n) / (sample ? n - 1 : n);
    if (statistic == Statistic::kStddevPop || statistic == Statistic::kStddevSamp) v = std::sqrt(v);
    if constexpr (std::is_same_v<T, int128_t>) {
      out.data<int128_t>()[i] = static_cast<int128_t>(std::llround(v * out_scale));
    } else {
      out.data<T>()[i] = static_cast<T>(v);
    }
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
      return MakeKernel(
          Spread<int128_t>{kStatistic, std::pow(10.0, call.args[0].scale()), std::pow(10.0, result.scale())});
    default: return MakeKernel(Spread<double>{kStatistic});
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
  AddSpread<Statistic::kStddevPop>(r, "STDDEV_POP", {}, "The standard deviation of a whole population.");
  AddSpread<Statistic::kStddevSamp>(r, "STDDEV_SAMP", {"STDDEV"}, "The standard deviation of a sample.");
  AddSpread<Statistic::kVarPop>(r, "VAR_POP", {}, "The variance of a whole population.");
  AddSpread<Statistic::kVarSamp>(r, "VAR_SAMP", {"VARIANCE"}, "The variance of a sample.");
}

}  // namespace sluice::engine
