// Dates, times, timestamps and intervals: calendar arithmetic and text, as Flink's DateTimeUtils. The calendar is the
// proleptic Gregorian one. Units: days since 1970-01-01, milliseconds of the day, Timestamp (ms and ns within it).
// Pure functions, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/types/data_type.h"

namespace sluice::engine {

inline constexpr int64_t kMillisPerSecond = 1000;
inline constexpr int64_t kMillisPerMinute = 60'000;
inline constexpr int64_t kMillisPerHour = 3'600'000;
inline constexpr int64_t kMillisPerDay = 86'400'000;

inline int64_t FloorDiv(int64_t a, int64_t b) { return a / b - ((a % b != 0 && ((a % b < 0) != (b < 0))) ? 1 : 0); }
inline int64_t FloorMod(int64_t a, int64_t b) { return a - FloorDiv(a, b) * b; }

struct CivilDate {
  int32_t year = 1970;
  int32_t month = 1;  // 1..12
  int32_t day = 1;    // 1..31
};

/// Date and time of the day without a zone.
struct CivilTime {
  CivilDate date;
  int32_t hour = 0, minute = 0, second = 0;
  int32_t nano = 0;  // of the second
};

int32_t DaysFromCivil(int32_t year, int32_t month, int32_t day);
CivilDate CivilFromDays(int32_t days);
CivilTime CivilFromTimestamp(Timestamp t);
Timestamp TimestampFromCivil(const CivilTime& c);
bool IsLeapYear(int32_t year);
int DaysInMonth(int32_t year, int32_t month);
/// 1 = Monday … 7 = Sunday.
int IsoDayOfWeek(int32_t days);
int DayOfYear(int32_t days);
int IsoWeek(int32_t days);
int IsoYear(int32_t days);

/// The day of the month is cut to the new month's last.
int32_t AddMonthsToDate(int32_t days, int32_t months);
int64_t AddMonthsToMillis(int64_t millis, int32_t months);
/// Whole months from b to a (DateTimeUtils.subtractMonths).
int32_t MonthsBetweenDates(int32_t a, int32_t b);
int32_t MonthsBetweenMillis(int64_t a, int64_t b);

/// Cuts the fraction to `precision` digits, towards the past (TimestampData truncation in casts uses this).
Timestamp TruncateTimestamp(Timestamp t, int precision);

/// The element of a TIMESTAMP(p)/TIMESTAMP_LTZ(p) column as Timestamp, and back: p <= 3 is stored as int64_t ms.
inline Timestamp TimestampFromMillis(int64_t ms) { return Timestamp{ms, 0, 0}; }

// --- text

/// "2024-02-29". Like Flink, only the last four digits of the year are printed.
void AppendDate(std::string& out, int32_t days);
/// "12:34:56", with precision > 0 ".5" … ".123": trailing zeros dropped but one.
void AppendTime(std::string& out, int32_t millis, int precision);
/// "2024-02-29 12:34:56.120": exactly `precision` digits; what the value has beyond (sources keep it) is not shown.
void AppendTimestamp(std::string& out, Timestamp t, int precision);
/// "+1-02".
void AppendIntervalYearMonth(std::string& out, int32_t months);
/// "+1 02:03:04.567".
void AppendIntervalDayTime(std::string& out, int64_t millis);

/// CAST(string AS DATE): "2024-2-9", "2024-02", "2024", "2024-02-09 anything"; years 0..9999.
std::optional<int32_t> ParseDate(std::string_view text);
/// CAST(string AS TIME): "12:34:56.789", "12:34", "12", milliseconds of the day. A zone "+01:00" moves it.
std::optional<int32_t> ParseTime(std::string_view text);
/// CAST(string AS TIMESTAMP(precision)): "yyyy-[M]M-[d]d[ HH:mm:ss[.fraction]]"; the fraction is cut to `precision`.
/// On failure *error_index is where java.time's message "could not be parsed at index N" points, or -1.
std::optional<Timestamp> ParseTimestamp(std::string_view text, int precision, int* error_index = nullptr);

}  // namespace sluice::engine
