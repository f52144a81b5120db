// Dates and times in the texts of Flink's formats (org.apache.flink.formats.common.TimeFormats): java.time's rules, not
// those of CAST. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/types/data_type.h"

namespace sluice::engine::text {

/// timestamp-format.standard.
enum class TimestampStandard : uint8_t { kSql, kIso8601 };

/// "SQL" or "ISO-8601"; nullopt for anything else.
std::optional<TimestampStandard> ParseStandard(std::string_view name);

/// DateTimeFormatter.ISO_LOCAL_DATE: days since the epoch.
std::optional<int32_t> ReadIsoDate(std::string_view s);
/// SQL_TIME_FORMAT, "HH:mm:ss" with up to nine fraction digits: milliseconds of the day.
std::optional<int32_t> ReadSqlTime(std::string_view s);
/// "yyyy-MM-dd HH:mm:ss[.f]" or "yyyy-MM-ddTHH:mm[:ss[.f]]"; with `utc` a 'Z' must follow.
std::optional<Timestamp> ReadTimestamp(std::string_view s, TimestampStandard standard, bool utc);

void WriteIsoDate(std::string& out, int32_t days);
/// "12:34:56.7": as many fraction digits as are not zero at the end, 0 to 9.
void WriteSqlTime(std::string& out, int32_t millis);
void WriteTimestamp(std::string& out, Timestamp t, TimestampStandard standard, bool utc);

}  // namespace sluice::engine::text
