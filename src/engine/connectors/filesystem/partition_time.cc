#include "engine/connectors/filesystem/partition_time.h"

#include <algorithm>

#include "engine/formats/text/option_text.h"
#include "engine/types/datetime.h"

namespace sluice::engine::filesystem {
namespace {

/// 1 to `most` digits.
std::optional<int64_t> TakeNumber(std::string_view& text, size_t most) {
  size_t digits = 0;
  int64_t value = 0;
  while (digits < text.size() && digits < most && text[digits] >= '0' && text[digits] <= '9') {
    value = value * 10 + (text[digits++] - '0');
  }
  if (digits == 0) return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

bool Take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

/// ".123456789" as nanoseconds; nothing if there is none.
std::optional<int32_t> TakeFraction(std::string_view& text) {
  if (!Take(text, '.')) return 0;
  const size_t before = text.size();
  const std::optional<int64_t> digits = TakeNumber(text, 9);
  if (!digits) return std::nullopt;
  int64_t nanos = *digits;
  for (size_t k = before - text.size(); k < 9; ++k) nanos *= 10;
  return static_cast<int32_t>(nanos);
}

void ReplaceAll(std::string& text, const std::string& what, const std::string& by) {
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

}  // namespace

std::optional<CivilTime> ParseLenientTime(std::string_view text) {
  constexpr int64_t kMostYears = 1'000'000;
  const bool negative = Take(text, '-');
  const std::optional<int64_t> year = TakeNumber(text, 10);
  if (!year || *year > kMostYears || !Take(text, '-')) return std::nullopt;
  const std::optional<int64_t> month = TakeNumber(text, 2);
  if (!month || !Take(text, '-')) return std::nullopt;
  const std::optional<int64_t> day = TakeNumber(text, 2);
  if (!day) return std::nullopt;
  int64_t seconds = 0;
  int32_t nanos = 0;
  if (Take(text, ' ')) {
    const int64_t units[] = {3600, 60, 1};
    for (const int64_t unit : units) {
      const std::optional<int64_t> number = TakeNumber(text, 2);
      if (!number || (unit > 1 && !Take(text, ':'))) return std::nullopt;
      seconds += *number * unit;
    }
    const std::optional<int32_t> fraction = TakeFraction(text);
    if (!fraction) return std::nullopt;
    nanos = *fraction;
  }
  if (!text.empty()) return std::nullopt;
  const int64_t months = (negative ? -*year : *year) * 12 + *month - 1;
  const int64_t days =
      DaysFromCivil(static_cast<int32_t>(FloorDiv(months, 12)), static_cast<int32_t>(FloorMod(months, 12)) + 1, 1) +
      *day - 1;
  Timestamp t = TimestampFromMillis(days * kMillisPerDay + seconds * kMillisPerSecond);
  CivilTime civil = CivilFromTimestamp(t);
  civil.nano = nanos;
  return civil;
}

Result<PartitionTime> PartitionTime::Make(const OptionMap& options) {
  PartitionTime time;
  const std::string kind = text::StringOption(options, "partition.time-extractor.kind", "default");
  if (kind == "custom") {
    return Error(
        ErrorCode::kNotSupported,
        "not supported yet: 'partition.time-extractor.kind' = 'custom': it needs a Java class, which the native "
        "engine cannot run; use 'default' with 'partition.time-extractor.timestamp-pattern'.");
  }
  if (kind != "default") return Error(ErrorCode::kOption, "Unsupported extractor kind: " + kind);
  if (options.contains("partition.time-extractor.timestamp-pattern")) {
    time.pattern_ = options.at("partition.time-extractor.timestamp-pattern");
  }
  const std::string formatter = text::StringOption(options, "partition.time-extractor.timestamp-formatter", "");
  if (!formatter.empty()) {
    auto compiled = DateTimePattern::Compile(formatter, DateTimePattern::Dialect::kDateTimeFormatter);
    if (!compiled.ok()) {
      return text::InvalidOption("partition.time-extractor.timestamp-formatter", compiled.error().message());
    }
    time.formatter_ = *compiled;
  }
  const std::string zone = text::StringOption(options, "sink.partition-commit.watermark-time-zone", "UTC");
  auto found = TimeZone::Find(zone);
  if (!found.ok()) {
    return Error(
        ErrorCode::kOption,
        "Invalid time zone for 'sink.partition-commit.watermark-time-zone'. The value should be a Time Zone "
        "Database (TZDB) ID such as 'America/Los_Angeles' to include daylight saving time. Fixed offsets are "
        "supported using 'GMT-03:00' or 'GMT+03:00'. Or use 'UTC' without time zone and daylight saving time.");
  }
  time.zone_ = *found;
  return time;
}

Result<CivilTime> PartitionTime::Parse(const std::string& text) const {
  const std::optional<CivilTime> civil = formatter_ ? formatter_->Parse(text) : ParseLenientTime(text);
  if (civil) return *civil;
  return Error(ErrorCode::kData, "Text '" + text + "' could not be parsed at index 0");
}

Result<int64_t> PartitionTime::Begin(const PartitionSpec& partition) const {
  if (partition.empty()) return Error(ErrorCode::kData, "The table has no partition to take a time from.");
  std::string text = pattern_.value_or(partition[0].second);
  if (pattern_) {
    for (const auto& [key, value] : partition) ReplaceAll(text, "$" + key, value);
  }
  Result<CivilTime> civil = Parse(text);
  if (!civil.ok()) return civil.error().WithContext("the time of the partition " + PartitionFolder(partition));
  return zone_->LocalToUtcMillis(TimestampFromCivil(*civil).millis);
}

}  // namespace sluice::engine::filesystem
