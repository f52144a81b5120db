#include <fmt/format.h>

#include "engine/functions/temporal_functions.h"

namespace sluice::engine {

namespace {

constexpr const char* kAddForms = "'TIMESTAMPADD(<ANY>, <INTEGER>, <DATETIME>)'";
constexpr const char* kDiffForms = "'TIMESTAMPDIFF(<ANY>, <DATETIME>, <DATETIME>)'";

// --- TIMESTAMPADD(SYMBOL unit, n, x)

Result<std::optional<Signature>> ResolveAdd(const CallInfo& call) {
  SLUICE_ASSIGN_OR_RETURN(const TimeUnit unit, UnitOf(call, 0));
  const DataType& t = call.args[2];
  if (!call.args[1].is_exact_integer() || !t.is_datetime()) {
    return CannotApplyTemporal("TIMESTAMPADD", unit,
                               "{unit}, " + CalciteTypeText(call.args[1]) + ", " + CalciteTypeText(t), kAddForms);
  }
  if (UnitMonths(unit) == 0 && UnitMillis(unit) == 0) {
    return Error(ErrorCode::kNotSupported,
                 fmt::format("not supported yet: TIMESTAMPADD with the unit {}", UnitText(unit)));
  }
  DataType result = t.WithTimeAttribute(TimeAttribute::kNone);
  const bool below_day = UnitMonths(unit) == 0 && UnitMillis(unit) < kMillisPerDay;
  if (t.kind() == TypeKind::kDate && below_day) result = DataType::TimestampType(6);
  if (t.is_timestamp() && unit == TimeUnit::kMillisecond && t.precision() < 3) {
    result = t.kind() == TypeKind::kTimestamp ? DataType::TimestampType(3) : DataType::TimestampLtz(3);
  }
  return std::optional<Signature>(Signature{result.WithNullable(call.args[1].nullable() || t.nullable()), call.args});
}

int64_t WrappingMultiply(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
}
int64_t WrappingAdd(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}

Result<Kernel> MakeAdd(const CallInfo& call, const DataType& result) {
  SLUICE_ASSIGN_OR_RETURN(const TimeUnit unit, UnitOf(call, 0));
  const int32_t months = UnitMonths(unit);
  const int64_t ms = UnitMillis(unit);
  auto months_of = [months](const RowCall& row) {
    return static_cast<int32_t>(WrappingMultiply(row.integer(1), months));
  };
  switch (call.args[2].kind()) {
    case TypeKind::kDate:
      if (months > 0) {
        return EachRow(
            [months_of](const RowCall& row) { row.Set(AddMonthsToDate(row.at<int32_t>(2), months_of(row))); });
      }
      if (result.kind() == TypeKind::kDate) {
        return EachRow([days = ms / kMillisPerDay](const RowCall& row) {
          row.Set(static_cast<int32_t>(WrappingAdd(row.at<int32_t>(2), WrappingMultiply(row.integer(1), days))));
        });
      }
      return EachRow([ms](const RowCall& row) {
        const int64_t start = int64_t{row.at<int32_t>(2)} * kMillisPerDay;
        SetTimestamp(row, TimestampFromMillis(WrappingAdd(start, WrappingMultiply(row.integer(1), ms))));
      });
    case TypeKind::kTime:
      return EachRow([ms](const RowCall& row) {
        row.Set(
            static_cast<int32_t>(FloorMod(row.at<int32_t>(2) + WrappingMultiply(row.integer(1), ms), kMillisPerDay)));
      });
    default: break;
  }
  if (months == 0) {
    return EachRow([ms](const RowCall& row) {
      Timestamp t = TimestampAt(row, 2);
      t.millis = WrappingAdd(t.millis, WrappingMultiply(row.integer(1), ms));
      SetTimestamp(row, t);
    });
  }
  // Also to a moment of TIMESTAMP_LTZ months are added as the calendar of UTC has them.
  return EachRow([months_of](const RowCall& row) {
    Timestamp t = TimestampAt(row, 2);
    t.millis = AddMonthsToMillis(t.millis, months_of(row));
    SetTimestamp(row, t);
  });
}

// --- TIMESTAMPDIFF(SYMBOL unit, a, b)

Result<std::optional<Signature>> ResolveDiff(const CallInfo& call) {
  SLUICE_ASSIGN_OR_RETURN(const TimeUnit unit, UnitOf(call, 0));
  const DataType& a = call.args[1];
  const DataType& b = call.args[2];
  if (!a.is_datetime() || !b.is_datetime()) {
    return CannotApplyTemporal("TIMESTAMPDIFF", unit, "{unit}, " + CalciteTypeText(a) + ", " + CalciteTypeText(b),
                               kDiffForms);
  }
  const bool one_ltz = (a.kind() == TypeKind::kTimestampLtz) != (b.kind() == TypeKind::kTimestampLtz);
  if (one_ltz)
    return Error(ErrorCode::kValidation, "TIMESTAMPDIFF: TIMESTAMP_LTZ only supports diff between the same type.");
  if ((a.kind() == TypeKind::kTime) != (b.kind() == TypeKind::kTime)) {
    return Error(ErrorCode::kValidation,
                 fmt::format("TIMESTAMPDIFF cannot compare {} and {}", a.ToString(), b.ToString()));
  }
  const bool month_unit = UnitMonths(unit) > 0;
  if ((month_unit && (a.kind() == TypeKind::kTime || unit == TimeUnit::kDecade)) ||
      (!month_unit && UnitMillis(unit) == 0 && unit != TimeUnit::kMicrosecond && unit != TimeUnit::kNanosecond)) {
    return Error(ErrorCode::kNotSupported,
                 fmt::format("not supported yet: TIMESTAMPDIFF with the unit {} on {}", UnitText(unit), a.ToString()));
  }
  return std::optional<Signature>(Signature{DataType::Integer().WithNullable(a.nullable() || b.nullable()), call.args});
}

int64_t MillisAt(const RowCall& row, size_t a) {
  switch (row.args[a]->type().kind()) {
    case TypeKind::kDate: return row.at<int32_t>(a) * kMillisPerDay;
    case TypeKind::kTime: return row.at<int32_t>(a);
    default: return TimestampAt(row, a).millis;
  }
}

Result<Kernel> MakeDiff(const CallInfo& call, const DataType&) {
  SLUICE_ASSIGN_OR_RETURN(const TimeUnit unit, UnitOf(call, 0));
  if (const int32_t months = UnitMonths(unit); months > 0) {
    return EachRow(
        [months](const RowCall& row) { row.Set(MonthsBetweenMillis(MillisAt(row, 2), MillisAt(row, 1)) / months); });
  }
  // Below the second Flink multiplies whole seconds.
  const int64_t factor = unit == TimeUnit::kMillisecond   ? 1000
                         : unit == TimeUnit::kMicrosecond ? 1'000'000
                         : unit == TimeUnit::kNanosecond  ? 1'000'000'000
                                                          : 1;
  const int64_t step = factor > 1 ? kMillisPerSecond : UnitMillis(unit);
  return EachRow([step, factor](const RowCall& row) {
    row.Set(static_cast<int32_t>((MillisAt(row, 2) - MillisAt(row, 1)) / step * factor));
  });
}

// --- OVERLAPS(a, b, c, d)

/// Start or end of a period, in ms; nullopt is NULL.
using Moment = std::optional<int64_t>;

Moment EndOf(const RowCall& row, size_t a, Moment start) {
  if (row.null(a)) return std::nullopt;
  const DataType& start_type = row.args[a - 1]->type();
  const DataType& t = row.args[a]->type();
  if (!t.is_interval()) return MillisAt(row, a);
  if (!start) return std::nullopt;
  if (t.kind() == TypeKind::kIntervalYearMonth) return AddMonthsToMillis(*start, row.at<int32_t>(a));
  const int64_t end = *start + row.integer(a);
  if (start_type.kind() == TypeKind::kTime) return FloorMod(end, kMillisPerDay);
  return start_type.kind() == TypeKind::kDate ? FloorDiv(end, kMillisPerDay) * kMillisPerDay : end;
}

struct Period {
  Moment start, end;
};
/// CASE WHEN start <= end THEN … ELSE swapped: an unknown comparison swaps.
Period PeriodAt(const RowCall& row, size_t a) {
  const Moment start = row.null(a) ? Moment() : Moment(MillisAt(row, a));
  const Moment end = EndOf(row, a + 1, start);
  const bool in_order = start && end && *start <= *end;
  return in_order ? Period{start, end} : Period{end, start};
}

void Overlaps(const RowCall& row) {
  const Period p = PeriodAt(row, 0), q = PeriodAt(row, 2);
  auto not_before = [](Moment a, Moment b) { return a && b ? std::optional<bool>(*a >= *b) : std::nullopt; };
  const auto first = not_before(p.end, q.start), second = not_before(q.end, p.start);
  if (first == false || second == false) return row.Set(false);
  if (!first || !second) return row.SetNull();
  row.Set(true);
}

Result<std::optional<Signature>> ResolveOverlaps(const CallInfo& call) {
  for (size_t a : {size_t{0}, size_t{2}}) {
    const DataType& start = call.args[a];
    const DataType& end = call.args[a + 1];
    const bool fits = start.is_datetime() && (end.is_interval() || end.kind() == start.kind());
    if (!fits || start.kind() != call.args[0].kind()) return std::optional<Signature>();
  }
  return std::optional<Signature>(Signature{DataType::Boolean().WithNullable(AnyNullable(call)), call.args});
}

}  // namespace

void AddTemporalArithmetic(FunctionRegistry& r) {
  auto add = [&](const char* name, const char* text, const char* example, const char* supported, int args,
                 NullRule nulls, Resolver resolve, auto make) {
    ScalarFunction f;
    f.name = name;
    f.family = "temporal";
    f.text = text;
    f.examples = {example};
    f.min_args = f.max_args = args;
    f.nulls = nulls;
    f.supported_forms = supported;
    f.resolve = std::move(resolve);
    f.make = make;
    r.Add(std::move(f));
  };
  add("TIMESTAMPADD", "A date or time some units later. The day of the month is cut to the new month's last.",
      "TIMESTAMPADD(WEEK, 1, DATE '2003-01-02') = 2003-01-09", kAddForms, 3, NullRule::kPropagate, ResolveAdd, MakeAdd);
  add("TIMESTAMPDIFF", "How many whole units lie between the first and the second time.",
      "TIMESTAMPDIFF(DAY, TIMESTAMP '2003-01-02 10:00:00', TIMESTAMP '2003-01-03 10:00:00') = 1", kDiffForms, 3,
      NullRule::kPropagate, ResolveDiff, MakeDiff);
  add("OVERLAPS", "Whether two periods, each given by its ends or by start and length, have a moment in common.",
      "(TIME '02:55:00', INTERVAL '1' HOUR) OVERLAPS (TIME '03:30:00', INTERVAL '2' HOUR) = TRUE",
      "'<DATETIME> OVERLAPS <DATETIME>'\n'<DATETIME> OVERLAPS <DATETIME>'\n'<DATETIME> OVERLAPS "
      "<INTERVAL>'\n'<DATETIME> "
      "OVERLAPS <INTERVAL>'",
      4, NullRule::kCustom, ResolveOverlaps, MakeEachRow(Overlaps));
}

}  // namespace sluice::engine
