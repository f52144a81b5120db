// Dates and times: what the files of the family share. AddTemporalFunctions adds them all.
//
// Calls as the binder makes them: "EXTRACT"(SYMBOL unit, x); "TIMESTAMPADD"(SYMBOL unit, n, x);
// "TIMESTAMPDIFF"(SYMBOL unit, a, b); "FLOOR"/"CEIL"(x, SYMBOL unit); "OVERLAPS"(a, b, c, d) where b and d are ends or
// intervals; "YEAR"(x) … and "CURRENT_TIMESTAMP"() … as they stand. Units are the keywords in any case, also
// SQL_TSI_DAY.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engine/functions/function.h"
#include "engine/functions/row_call.h"
#include "engine/functions/signature_rules.h"
#include "engine/types/datetime.h"
#include "engine/types/datetime_pattern.h"
#include "engine/types/time_zone.h"

namespace sluice::engine {

void AddTemporalExtract(FunctionRegistry& r);     // EXTRACT, YEAR … SECOND
void AddTemporalArithmetic(FunctionRegistry& r);  // TIMESTAMPADD, TIMESTAMPDIFF, OVERLAPS
void AddTemporalText(FunctionRegistry& r);        // DATE_FORMAT, TO_DATE, TO_TIMESTAMP, FROM_UNIXTIME, CONVERT_TZ …
void AddTemporalNow(FunctionRegistry& r);         // CURRENT_TIMESTAMP, NOW, PROCTIME, CURRENT_WATERMARK …

enum class TimeUnit : uint8_t {
  kMillennium,
  kCentury,
  kDecade,
  kYear,
  kIsoYear,
  kQuarter,
  kMonth,
  kWeek,
  kDay,
  kDayOfWeek,
  kIsoDayOfWeek,
  kDayOfYear,
  kHour,
  kMinute,
  kSecond,
  kMillisecond,
  kMicrosecond,
  kNanosecond,
  kEpoch,
};

/// The unit in the SYMBOL literal `a`; an Error names what is none.
Result<TimeUnit> UnitOf(const CallInfo& call, size_t a);
const char* UnitText(TimeUnit unit);
/// Calcite's words for a unit call whose types do not fit; units show as intervals: "F(<INTERVAL DAY>, <INTEGER>)".
Error CannotApplyTemporal(std::string_view function, TimeUnit unit, const std::string& arguments,
                          std::string_view forms);
/// "<INTEGER>".
std::string CalciteTypeText(const DataType& t);
inline bool IsDateUnit(TimeUnit unit) { return unit <= TimeUnit::kDayOfYear; }

/// Months or milliseconds of one unit; 0 if it has none.
int32_t UnitMonths(TimeUnit unit);
int64_t UnitMillis(TimeUnit unit);

/// A TIMESTAMP or TIMESTAMP_LTZ argument, and a result of such a type; `t` is cut to the precision it is kept in.
inline Timestamp TimestampAt(const RowCall& call, size_t a) {
  const Column& c = *call.args[a];
  return c.physical() == PhysicalType::kInt64 ? TimestampFromMillis(c.at<int64_t>(call.row))
                                              : c.at<Timestamp>(call.row);
}
inline void SetTimestamp(const RowCall& call, Timestamp t) {
  if (call.out.physical() == PhysicalType::kInt64) {
    call.out.data<int64_t>()[call.row] = t.millis;
  } else {
    call.out.data<Timestamp>()[call.row] = t;
  }
}

/// The session's zone; UTC if it is unknown (sessions refuse such a setting).
TimeZonePtr SessionZone(const SessionFacts& facts);
inline TimeZonePtr SessionZone(const CallInfo& call) { return SessionZone(*call.facts); }

/// Compiled patterns of one kernel argument: the last one is kept. One thread.
class PatternCache {
 public:
  explicit PatternCache(DateTimePattern::Dialect dialect) : dialect_(dialect) {}
  Result<const DateTimePattern*> Get(std::string_view pattern);

 private:
  DateTimePattern::Dialect dialect_;
  std::string text_;
  std::optional<Result<DateTimePatternPtr>> compiled_;
};

}  // namespace sluice::engine
