// FLOOR and CEIL follow Calcite's and Flink's DateTimeUtils to the letter, oddities included: units from WEEK up look
// at the date alone (CEIL of a timestamp on the first of a year is that day, whatever its time), CEIL(DATE TO DAY) is
// the next day, and a TIME is treated as if its milliseconds were days.
#include "engine/functions/temporal_rounding.h"

#include <fmt/format.h>

#include "engine/functions/temporal_functions.h"

namespace sluice::engine {

namespace {

constexpr int32_t kGregorianCutover = -141427;  // 1582-10-15

/// Sunday is 0. Before the cut-over the weekday is that of the same date in the Julian calendar.
int32_t DayOfWeek(int32_t days) {
  if (days >= kGregorianCutover) return IsoDayOfWeek(days) % 7;
  const CivilDate d = CivilFromDays(days);
  const int32_t a = (14 - d.month) / 12;
  const int32_t y = d.year + 4800 - a;
  const int32_t m = d.month + 12 * a - 3;
  const int64_t julian = d.day + (153 * m + 2) / 5 + 365 * y + y / 4 - 32083;
  return static_cast<int32_t>(FloorMod(julian + 1, 7));
}

/// CEIL of a decade's, century's or millennium's first day is the next one.
int32_t RoundToYears(int32_t first_year, int32_t step, bool ceil) {
  return DaysFromCivil(ceil ? first_year + step : first_year, 1, 1);
}

int32_t RoundDate(TimeUnit unit, int32_t days, bool ceil) {
  const CivilDate d = CivilFromDays(days);
  switch (unit) {
    case TimeUnit::kMillennium: return RoundToYears((d.year + 999) / 1000 * 1000 - 999, 1000, ceil);
    case TimeUnit::kCentury: return RoundToYears((d.year + 99) / 100 * 100 - 99, 100, ceil);
    case TimeUnit::kDecade: return RoundToYears(d.year / 10 * 10, 10, ceil);
    case TimeUnit::kYear: return RoundToYears(d.year, 1, ceil && days > DaysFromCivil(d.year, 1, 1));
    case TimeUnit::kQuarter: {
      const int32_t start = DaysFromCivil(d.year, (d.month - 1) / 3 * 3 + 1, 1);
      return ceil && days > start ? AddMonthsToDate(start, 3) : start;
    }
    case TimeUnit::kMonth: {
      const int32_t start = DaysFromCivil(d.year, d.month, 1);
      return ceil && days > start ? AddMonthsToDate(start, 1) : start;
    }
    case TimeUnit::kWeek: {
      int32_t back = DayOfWeek(days);
      if (ceil && back > 0) back -= 7;
      return days - back;
    }
    case TimeUnit::kDay: return ceil ? days + 1 : days;
    default: return days;
  }
}

int64_t RoundMillis(TimeUnit unit, int64_t ms, bool ceil) {
  const int64_t step = UnitMillis(unit);
  if (unit == TimeUnit::kWeek || step == 0) {
    return int64_t{RoundDate(unit, static_cast<int32_t>(ms / kMillisPerDay), ceil)} * kMillisPerDay;
  }
  return ceil ? -FloorDiv(-ms, step) * step : FloorDiv(ms, step) * step;
}

int32_t RoundTime(TimeUnit unit, int32_t ms, bool ceil) {
  if (unit <= TimeUnit::kDay) return RoundDate(unit, ms, ceil);
  return static_cast<int32_t>(RoundMillis(unit, ms, ceil));
}

}  // namespace

Result<std::optional<Signature>> ResolveTemporalRounding(const CallInfo& call, bool ceil) {
  SLUICE_ASSIGN_OR_RETURN(const TimeUnit unit, UnitOf(call, 1));
  const DataType& t = call.args[0];
  if (!t.is_datetime()) {
    const std::string name = ceil ? "CEIL" : "FLOOR";
    return CannotApplyTemporal(name, unit, CalciteTypeText(t) + ", {unit}",
                               fmt::format("'{0}(<NUMERIC>)'\n'{0}(<DATETIME_INTERVAL>)'\n'{0}(<DATE> TO "
                                           "<TIME_UNIT>)'\n'{0}(<TIME> TO <TIME_UNIT>)'\n'{0}(<TIMESTAMP> TO "
                                           "<TIME_UNIT>)'",
                                           name));
  }
  if (UnitMonths(unit) == 0 && UnitMillis(unit) == 0) {
    return Error(ErrorCode::kValidation, fmt::format("CEIL and FLOOR cannot round to {}", UnitText(unit)));
  }
  return std::optional<Signature>(Signature{t.WithTimeAttribute(TimeAttribute::kNone), call.args});
}

Result<Kernel> TemporalRoundingKernel(const CallInfo& call, const DataType&, bool ceil) {
  SLUICE_ASSIGN_OR_RETURN(const TimeUnit unit, UnitOf(call, 1));
  switch (call.args[0].kind()) {
    case TypeKind::kDate:
      return EachRow([unit, ceil](const RowCall& row) { row.Set(RoundDate(unit, row.at<int32_t>(0), ceil)); });
    case TypeKind::kTime:
      return EachRow([unit, ceil](const RowCall& row) {
        const int32_t ms = RoundTime(unit, row.at<int32_t>(0), ceil);
        // 24:00 is a value of a column, but no constant.
        if (ms >= kMillisPerDay && row.args[0]->constant()) {
          return row.Fail(ErrorCode::kArithmetic, "CEIL of a TIME: Hour out of range: [24]");
        }
        row.Set(ms);
      });
    case TypeKind::kTimestampLtz:
      return EachRow([unit, ceil, zone = SessionZone(call)](const RowCall& row) {
        // There and back by the offset of the instant itself, also where the rounded time has another one.
        const int64_t ms = TimestampAt(row, 0).millis;
        const int64_t offset = zone->UtcToLocalMillis(ms) - ms;
        SetTimestamp(row, TimestampFromMillis(RoundMillis(unit, ms + offset, ceil) - offset));
      });
    default:
      return EachRow([unit, ceil](const RowCall& row) {
        SetTimestamp(row, TimestampFromMillis(RoundMillis(unit, TimestampAt(row, 0).millis, ceil)));
      });
  }
}

}  // namespace sluice::engine
