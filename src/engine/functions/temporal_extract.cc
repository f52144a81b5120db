// EXTRACT. Flink divides the milliseconds before 1970 towards zero, so that their parts are odd: the YEAR of
// '1969-12-31 23:59:58' is 1970 and its SECOND -2. The answers here are the same.
#include <fmt/format.h>

#include "engine/functions/temporal_functions.h"
#include "engine/functions/type_rules.h"

namespace sluice::engine {

namespace {

constexpr const char* kForms =
    "'EXTRACT(<DATETIME_INTERVAL> FROM <DATETIME_INTERVAL>)'\n'EXTRACT(<DATETIME_INTERVAL> FROM <DATETIME>)'";

int64_t DatePart(TimeUnit unit, int32_t days) {
  const CivilDate d = CivilFromDays(days);
  switch (unit) {
    case TimeUnit::kYear: return d.year;
    case TimeUnit::kIsoYear: return IsoYear(days);
    case TimeUnit::kQuarter: return (d.month + 2) / 3;
    case TimeUnit::kMonth: return d.month;
    case TimeUnit::kWeek: return IsoWeek(days);
    case TimeUnit::kDay: return d.day;
    case TimeUnit::kDayOfWeek: return IsoDayOfWeek(days) % 7 + 1;
    case TimeUnit::kIsoDayOfWeek: return IsoDayOfWeek(days);
    case TimeUnit::kDayOfYear: return DayOfYear(days);
    case TimeUnit::kDecade: return d.year / 10;
    case TimeUnit::kCentury: return d.year > 0 ? (d.year + 99) / 100 : (d.year - 99) / 100;
    default: return d.year > 0 ? (d.year + 999) / 1000 : (d.year - 999) / 1000;
  }
}

int64_t TimePart(TimeUnit unit, int64_t ms, int32_t nanos) {
  switch (unit) {
    case TimeUnit::kHour: return ms % kMillisPerDay / kMillisPerHour;
    case TimeUnit::kMinute: return ms % kMillisPerHour / kMillisPerMinute;
    case TimeUnit::kSecond: return ms % kMillisPerMinute / kMillisPerSecond;
    case TimeUnit::kMillisecond: return ms % kMillisPerSecond;
    case TimeUnit::kMicrosecond: return ms % kMillisPerSecond * 1000 + nanos / 1000;
    case TimeUnit::kNanosecond: return ms % kMillisPerSecond * 1'000'000 + nanos;
    default: return ms / kMillisPerSecond;
  }
}

int64_t TimestampPart(TimeUnit unit, Timestamp t) {
  if (IsDateUnit(unit)) return DatePart(unit, static_cast<int32_t>(t.millis / kMillisPerDay));
  return TimePart(unit, t.millis, t.nanos);
}

int64_t MonthsPart(TimeUnit unit, int64_t months) {
  switch (unit) {
    case TimeUnit::kMonth: return months % 12;
    case TimeUnit::kQuarter: return (months % 12 - 1) / 3 + 1;
    case TimeUnit::kCentury: return months / 1200;
    case TimeUnit::kMillennium: return months / 12000;
    default: return months / 12;
  }
}

Error CannotApply(TimeUnit unit, const DataType& t) {
  return {ErrorCode::kValidation,
          fmt::format("unit {} can not be applied to {} variable", UnitText(unit), PlannedType(t).ToString())};
}

Result<std::optional<Signature>> ResolvePart(TimeUnit unit, const DataType& t, std::vector<DataType> args) {
  const bool fine_grained = unit == TimeUnit::kMicrosecond || unit == TimeUnit::kNanosecond;
  switch (t.kind()) {
    case TypeKind::kDate:
      if (fine_grained) return CannotApply(unit, t);
      break;
    case TypeKind::kTime:
      if (IsDateUnit(unit) || fine_grained || unit == TimeUnit::kEpoch) return CannotApply(unit, t);
      break;
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz: break;
    case TypeKind::kIntervalYearMonth:
      if (UnitMonths(unit) == 0 && unit != TimeUnit::kIsoYear)
        return CannotApplyTemporal("EXTRACT", unit, "{unit} FROM " + CalciteTypeText(t), kForms);
      if (unit == TimeUnit::kDecade || unit == TimeUnit::kIsoYear) {
        return Error(ErrorCode::kValidation, fmt::format("EXTRACT: Unit '{}' is not supported.", UnitText(unit)));
      }
      break;
    case TypeKind::kIntervalDayTime:
      if (fine_grained) return CannotApply(unit, t);
      if (UnitMonths(unit) > 0 || unit == TimeUnit::kIsoYear)
        return CannotApplyTemporal("EXTRACT", unit, "{unit} FROM " + CalciteTypeText(t), kForms);
      if (UnitMillis(unit) == 0 || unit == TimeUnit::kWeek) {
        return Error(ErrorCode::kValidation, fmt::format("EXTRACT: Unit '{}' is not supported.", UnitText(unit)));
      }
      break;
    default: return CannotApplyTemporal("EXTRACT", unit, "{unit} FROM " + CalciteTypeText(t), kForms);
  }
  return std::optional<Signature>(Signature{DataType::Bigint().WithNullable(t.nullable()), std::move(args)});
}

/// The part `unit` of argument `a`.
Kernel PartKernel(TimeUnit unit, const CallInfo& call, size_t a) {
  switch (call.args[a].kind()) {
    case TypeKind::kDate:
      return EachRow([unit, a](const RowCall& row) {
        const int64_t days = row.integer(a);
        if (unit == TimeUnit::kEpoch) return row.Set(days * (kMillisPerDay / 1000));
        // Units below the day look at the number of days as if it were milliseconds, as Flink does.
        row.Set(IsDateUnit(unit) ? DatePart(unit, static_cast<int32_t>(days)) : TimePart(unit, days, 0));
      });
    case TypeKind::kTimestampLtz:
      return EachRow([unit, a, zone = SessionZone(call)](const RowCall& row) {
        row.Set(TimestampPart(unit, zone->UtcToLocal(TimestampAt(row, a))));
      });
    case TypeKind::kTimestamp:
      return EachRow([unit, a](const RowCall& row) { row.Set(TimestampPart(unit, TimestampAt(row, a))); });
    case TypeKind::kIntervalYearMonth:
      return EachRow([unit, a](const RowCall& row) {
        const int64_t months = row.integer(a);
        row.Set(MonthsPart(unit, months));
      });
    case TypeKind::kIntervalDayTime:
      return EachRow([unit, a](const RowCall& row) {
        const int64_t ms = row.integer(a);
        row.Set(unit == TimeUnit::kDay ? ms / kMillisPerDay : TimePart(unit, ms, 0));
      });
    default: return EachRow([unit, a](const RowCall& row) { row.Set(TimePart(unit, row.integer(a), 0)); });
  }
}

}  // namespace

void AddTemporalExtract(FunctionRegistry& r) {
  ScalarFunction extract;
  extract.name = "EXTRACT";
  extract.family = "temporal";
  extract.text = "A part of a date, time, timestamp or interval.";
  extract.examples = {"EXTRACT(DAY FROM DATE '2006-06-05') = 5"};
  extract.min_args = extract.max_args = 2;
  extract.supported_forms = kForms;
  extract.resolve = [](const CallInfo& call) -> Result<std::optional<Signature>> {
    SLUICE_ASSIGN_OR_RETURN(const TimeUnit unit, UnitOf(call, 0));
    return ResolvePart(unit, call.args[1], call.args);
  };
  extract.make = [](const CallInfo& call, const DataType&) -> Result<Kernel> {
    SLUICE_ASSIGN_OR_RETURN(const TimeUnit unit, UnitOf(call, 0));
    return PartKernel(unit, call, 1);
  };
  r.Add(std::move(extract));

  struct Part {
    const char* name;
    TimeUnit unit;
    const char* text;
    const char* example;
  };
  const Part parts[] = {
      {"YEAR", TimeUnit::kYear, "The year.", "YEAR(DATE '1994-09-27') = 1994"},
      {"QUARTER", TimeUnit::kQuarter, "The quarter, 1 to 4.", "QUARTER(DATE '1994-09-27') = 3"},
      {"MONTH", TimeUnit::kMonth, "The month, 1 to 12.", "MONTH(DATE '1994-09-27') = 9"},
      {"WEEK", TimeUnit::kWeek, "The ISO week, 1 to 53.", "WEEK(DATE '1994-09-27') = 39"},
      {"DAYOFYEAR", TimeUnit::kDayOfYear, "The day of the year, 1 to 366.", "DAYOFYEAR(DATE '1994-09-27') = 270"},
      {"DAYOFMONTH", TimeUnit::kDay, "The day of the month, 1 to 31.", "DAYOFMONTH(DATE '1994-09-27') = 27"},
      {"DAYOFWEEK", TimeUnit::kDayOfWeek, "The day of the week, 1 (Sunday) to 7.", "DAYOFWEEK(DATE '1994-09-27') = 3"},
      {"HOUR", TimeUnit::kHour, "The hour, 0 to 23.", "HOUR(TIMESTAMP '1994-09-27 13:14:15') = 13"},
      {"MINUTE", TimeUnit::kMinute, "The minute, 0 to 59.", "MINUTE(TIMESTAMP '1994-09-27 13:14:15') = 14"},
      {"SECOND", TimeUnit::kSecond, "The second, 0 to 59.", "SECOND(TIMESTAMP '1994-09-27 13:14:15') = 15"},
  };
  for (const Part& p : parts) {
    ScalarFunction f;
    f.name = p.name;
    f.family = "temporal";
    f.text = p.text;
    f.examples = {p.example};
    f.min_args = f.max_args = 1;
    f.supported_forms = kForms;
    f.resolve = [unit = p.unit](const CallInfo& call) { return ResolvePart(unit, call.args[0], call.args); };
    f.make = [unit = p.unit](const CallInfo& call, const DataType&) -> Result<Kernel> {
      return PartKernel(unit, call, 0);
    };
    r.Add(std::move(f));
  }
}

}  // namespace sluice::engine
