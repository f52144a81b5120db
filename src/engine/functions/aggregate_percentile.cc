#include "engine/functions/aggregate_percentile.h"

#include <cmath>
#include <map>

#include "engine/functions/aggregate_kernel.h"
#include "engine/functions/aggregate_owned.h"

namespace sluice::engine {

namespace {

/// Exact percentiles over counted values, between two neighbours by their distance (Flink's PercentileAggFunction). The
/// percentages are those of the first row that counts.
struct Percentile {
  struct State {
    std::vector<double> percentages;
    std::map<double, int64_t> counts;

    void Save(std::string& out) const {
      Owned<uint32_t>::Save(static_cast<uint32_t>(percentages.size()), out);
      for (const double p : percentages) Owned<double>::Save(p, out);
      for (const auto& [value, count] : counts) {
        Owned<double>::Save(value, out);
        Owned<int64_t>::Save(count, out);
      }
    }
    bool Load(std::string_view in) {
      uint32_t size = 0;
      if (!Owned<uint32_t>::Load(in, size) || in.size() / sizeof(double) < size) return false;
      percentages.resize(size);
      for (double& p : percentages) Owned<double>::Load(in, p);
      while (!in.empty()) {
        double value = 0;
        int64_t count = 0;
        if (!Owned<double>::Load(in, value) || !Owned<int64_t>::Load(in, count)) return false;
        counts[value] = count;
      }
      return true;
    }
  };
  struct Input {
    explicit Input(std::span<const ColumnPtr> a) : args(a) {}
    double Value(size_t i) const { return args[0]->at<double>(i); }
    int64_t Count(size_t i) const {
      if (args.size() < 3) return 1;
      return args[2]->IsNull(i) ? 0 : std::max<int64_t>(args[2]->at<int64_t>(i), 0);
    }
    std::span<const ColumnPtr> args;
  };
  bool many = false;  // an array of percentages gives an array of values

  void Accumulate(State& s, const Input& in, size_t i) const { Add(s, in, i, in.Count(i)); }
  void Retract(State& s, const Input& in, size_t i) const { Add(s, in, i, -in.Count(i)); }

  void Add(State& s, const Input& in, size_t i, int64_t count) const {
    if (s.percentages.empty()) {
      const Column& p = *in.args[1];
      if (many && !p.IsNull(i)) {
        const auto& slice = p.at<ListSlice>(i);
        for (uint32_t k = 0; k < slice.length; ++k) s.percentages.push_back(p.child(0)->at<double>(slice.offset + k));
      } else if (!many) {
        s.percentages.push_back(p.at<double>(i));
      }
    }
    if (in.args[0]->IsNull(i) || count == 0) return;
    auto at = s.counts.try_emplace(in.Value(i), 0).first;
    if ((at->second += count) == 0) s.counts.erase(at);
  }

  static double At(const State& s, double percentage, int64_t total) {
    const double position = static_cast<double>(total - 1) * percentage + 1;
    const double below = std::floor(position), above = std::ceil(position);
    auto it = s.counts.begin();
    auto seen = static_cast<double>(it->second);
    auto value_at = [&](double rank) {
      while (seen < rank && std::next(it) != s.counts.end()) seen += static_cast<double>((++it)->second);
      return it->first;
    };
    const double low = value_at(below);
    const double high = value_at(above);
    return below == above || low == high ? low : (above - position) * low + (position - below) * high;
  }

  void Write(const State& s, Column& out, size_t i) const {
    int64_t total = 0;
    for (const auto& [value, count] : s.counts) total += count;
    if (total <= 0) return out.SetNull(i);
    if (!many) {
      out.data<double>()[i] = At(s, s.percentages.at(0), total);
      return;
    }
    Column& elements = *out.child(0);
    const auto offset = static_cast<uint32_t>(elements.size());
    for (const double p : s.percentages) elements.Append(At(s, p, total));
    out.data<ListSlice>()[i] = {offset, static_cast<uint32_t>(s.percentages.size())};
  }
  void Merge(State& into, const State& from) const {
    if (into.percentages.empty()) into.percentages = from.percentages;
    for (const auto& [value, count] : from.counts) {
      if ((into.counts[value] += count) == 0) into.counts.erase(value);
    }
  }
};

bool OutOfRange(const Value& value, const DataType& type) {
  double p = 0;
  if (type.kind() == TypeKind::kDecimal) {
    p = static_cast<double>(value.as_decimal()) / std::pow(10.0, type.scale());
  } else {
    p = type.is_exact_integer() ? static_cast<double>(value.as_int()) : value.as_double();
  }
  return p < 0 || p > 1;
}

Result<std::optional<Signature>> ResolvePercentile(const CallInfo& call) {
  const DataType& percentage = call.args[1];
  const bool many = percentage.kind() == TypeKind::kArray;
  const DataType& one = many ? percentage.element() : percentage;
  const bool counted = call.size() > 2;
  if (!call.args[0].is_numeric() || !one.is_numeric() || (counted && !call.args[2].is_exact_integer())) {
    return std::optional<Signature>();
  }
  if (!many && call.literals[1] != nullptr &&
      (call.literals[1]->is_null() || OutOfRange(*call.literals[1], percentage))) {
    return Error(ErrorCode::kValidation, "Invalid input arguments.");
  }
  std::vector<DataType> args = {DataType::Double().WithNullable(call.args[0].nullable())};
  const DataType as_double = DataType::Double().WithNullable(one.nullable());
  args.push_back(many ? DataType::Array(as_double).WithNullable(percentage.nullable()) : as_double);
  if (counted) args.push_back(DataType::Bigint().WithNullable(call.args[2].nullable()));
  DataType result = many ? DataType::Array(DataType::Double()) : DataType::Double();
  return std::optional<Signature>(Signature{result, std::move(args)});
}

}  // namespace

void AddPercentile(FunctionRegistry& r) {
  r.Add(AggregateFunction{
      .name = "PERCENTILE",
      .text = "The value at a percentage (or at each of an array of them) of the values that are not NULL; a third "
              "argument says how often each counts.",
      .min_args = 2,
      .max_args = 3,
      .supported_forms = "PERCENTILE(expr <NUMERIC>, percentage [<NUMERIC NOT NULL> | <ARRAY<NUMERIC NOT NULL> NOT "
                         "NULL>])\nPERCENTILE(expr <NUMERIC>, percentage, frequency <INTEGER_NUMERIC>)",
      .resolve = ResolvePercentile,
      .make = [](const AggregateCallInfo& c, const DataType&) -> Result<std::unique_ptr<AggregateKernel>> {
        return MakeKernel(Percentile{c.args[1].kind() == TypeKind::kArray});
      }});
}

}  // namespace sluice::engine
