#include <fmt/format.h>

#include "engine/functions/temporal_functions.h"

namespace sluice::engine {

namespace {

struct UnitName {
  std::string_view name;
  TimeUnit unit;
};
constexpr UnitName kUnits[] = {
    {"MILLENNIUM", TimeUnit::kMillennium},
    {"CENTURY", TimeUnit::kCentury},
    {"DECADE", TimeUnit::kDecade},
    {"YEAR", TimeUnit::kYear},
    {"ISOYEAR", TimeUnit::kIsoYear},
    {"QUARTER", TimeUnit::kQuarter},
    {"MONTH", TimeUnit::kMonth},
    {"WEEK", TimeUnit::kWeek},
    {"DAY", TimeUnit::kDay},
    {"DOW", TimeUnit::kDayOfWeek},
    {"ISODOW", TimeUnit::kIsoDayOfWeek},
    {"DOY", TimeUnit::kDayOfYear},
    {"HOUR", TimeUnit::kHour},
    {"MINUTE", TimeUnit::kMinute},
    {"SECOND", TimeUnit::kSecond},
    {"MILLISECOND", TimeUnit::kMillisecond},
    {"MICROSECOND", TimeUnit::kMicrosecond},
    {"NANOSECOND", TimeUnit::kNanosecond},
    {"EPOCH", TimeUnit::kEpoch},
    {"FRAC_SECOND", TimeUnit::kMicrosecond},
};

}  // namespace

void AddTemporalFunctions(FunctionRegistry& r) {
  AddTemporalExtract(r);
  AddTemporalArithmetic(r);
  AddTemporalText(r);
  AddTemporalNow(r);
}

Result<TimeUnit> UnitOf(const CallInfo& call, size_t a) {
  const std::string* text = LiteralText(call, a);
  if (text == nullptr) return Error(ErrorCode::kValidation, "A time unit is expected, such as DAY or HOUR");
  std::string name = *text;
  for (char& c : name) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  if (name.starts_with("SQL_TSI_")) name.erase(0, 8);
  for (const UnitName& u : kUnits) {
    if (u.name == name) return u.unit;
  }
  return Error(ErrorCode::kValidation, fmt::format("'{}' is not a valid time frame", *text));
}

const char* UnitText(TimeUnit unit) {
  for (const UnitName& u : kUnits) {
    if (u.unit == unit) return u.name.data();
  }
  return "";
}

std::string CalciteTypeText(const DataType& t) { return "<" + t.ToCalciteString() + ">"; }

Error CannotApplyTemporal(std::string_view function, TimeUnit unit, const std::string& arguments,
                          std::string_view forms) {
  std::string shown = arguments;
  if (const size_t at = shown.find("{unit}"); at != std::string::npos) {
    shown.replace(at, 6, fmt::format("<INTERVAL {}>", UnitText(unit)));
  }
  return {ErrorCode::kValidation, fmt::format("Cannot apply '{}' to arguments of type '{}({})'. Supported form(s): {}",
                                              function, function, shown, forms)};
}

int32_t UnitMonths(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kMillennium: return 12000;
    case TimeUnit::kCentury: return 1200;
    case TimeUnit::kDecade: return 120;
    case TimeUnit::kYear: return 12;
    case TimeUnit::kQuarter: return 3;
    case TimeUnit::kMonth: return 1;
    default: return 0;
  }
}

int64_t UnitMillis(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kWeek: return 7 * kMillisPerDay;
    case TimeUnit::kDay: return kMillisPerDay;
    case TimeUnit::kHour: return kMillisPerHour;
    case TimeUnit::kMinute: return kMillisPerMinute;
    case TimeUnit::kSecond: return kMillisPerSecond;
    case TimeUnit::kMillisecond: return 1;
    default: return 0;
  }
}

TimeZonePtr SessionZone(const SessionFacts& facts) {
  auto zone = TimeZone::Find(facts.time_zone);
  return zone.ok() ? std::move(zone).value() : TimeZone::Utc();
}

Result<const DateTimePattern*> PatternCache::Get(std::string_view pattern) {
  if (!compiled_ || text_ != pattern) {
    text_ = pattern;
    compiled_.emplace(DateTimePattern::Compile(pattern, dialect_));
  }
  if (!compiled_->ok()) return compiled_->error();
  return compiled_->value().get();
}

}  // namespace sluice::engine
