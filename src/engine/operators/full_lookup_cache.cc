#include "engine/operators/full_lookup_cache.h"

#include <algorithm>
#include <cctype>

#include "base/options_registry.h"
#include "engine/columnar/row_encoding.h"
#include "engine/types/time_zone.h"

namespace sluice::engine {

namespace {

constexpr int64_t kDayMs = 86'400'000;

enum class ReloadStrategy : uint8_t { kPeriodic, kTimed };
enum class ScheduleMode : uint8_t { kFixedDelay, kFixedRate };

constexpr Option<ReloadStrategy> kStrategy{
    .key = "lookup.full-cache.reload-strategy",
    .default_value = "PERIODIC",
    .enum_class = "org.apache.flink.table.connector.source.lookup.LookupOptions$ReloadStrategy",
    .enum_values = "PERIODIC, TIMED",
    .text = "When the whole table is read again."};
constexpr Option<std::chrono::milliseconds> kInterval{.key = "lookup.full-cache.periodic-reload.interval",
                                                      .text = "Between two readings of the table."};
constexpr Option<ScheduleMode> kMode{
    .key = "lookup.full-cache.periodic-reload.schedule-mode",
    .default_value = "FIXED_DELAY",
    .enum_class =
        "org.apache.flink.table.connector.source.lookup.cache.trigger.PeriodicCacheReloadTrigger$ScheduleMode",
    .enum_values = "FIXED_DELAY, FIXED_RATE",
    .text = "Whether the interval begins with the end or with the start of a reading."};
constexpr Option<std::string> kIsoTime{.key = "lookup.full-cache.timed-reload.iso-time",
                                       .text = "The time of the day, as 10:15 or 10:15:30+01:00."};
constexpr Option<int32_t> kDays{.key = "lookup.full-cache.timed-reload.interval-in-days",
                                .default_value = "1",
                                .min = 1,
                                .text = "Days between two readings."};

Error Bad(std::string_view key, std::string_view value, const char* wanted) {
  return Error(ErrorCode::kOption,
               "Invalid value '" + std::string(value) + "' for option '" + std::string(key) + "': " + wanted);
}

/// Two digits at the front of `text`, moved behind them; -1 if there are none.
int TakeTwo(std::string_view& text) {
  if (text.size() < 2 || std::isdigit(static_cast<unsigned char>(text[0])) == 0 ||
      std::isdigit(static_cast<unsigned char>(text[1])) == 0) {
    return -1;
  }
  const int value = (text[0] - '0') * 10 + (text[1] - '0');
  text.remove_prefix(2);
  return value;
}

/// HH:mm[:ss] at the front; nothing if it is none.
std::optional<int64_t> TakeTime(std::string_view& text) {
  const int hours = TakeTwo(text);
  if (hours < 0 || hours > 23 || !text.starts_with(':')) return std::nullopt;
  text.remove_prefix(1);
  const int minutes = TakeTwo(text);
  if (minutes < 0 || minutes > 59) return std::nullopt;
  int seconds = 0;
  if (text.starts_with(':')) {
    text.remove_prefix(1);
    seconds = TakeTwo(text);
    if (seconds < 0 || seconds > 59) return std::nullopt;
  }
  return ((hours * 60 + minutes) * 60 + seconds) * int64_t{1000};
}

Result<int64_t> TimeOfDay(const std::string& value, const std::string& zone) {
  constexpr const char* kWanted = "expected a time like 10:15 or 10:15:30+01:00.";
  std::string_view text = value;
  const auto time = TakeTime(text);
  if (!time) return Bad(kIsoTime.key, value, kWanted);
  if (text == "Z") return *time;
  int64_t offset = 0;
  if (text.starts_with('+') || text.starts_with('-')) {
    const int64_t sign = text[0] == '+' ? 1 : -1;
    text.remove_prefix(1);
    const auto by = TakeTime(text);
    if (!by || !text.empty()) return Bad(kIsoTime.key, value, kWanted);
    offset = sign * *by;
  } else if (text.empty()) {
    SLUICE_ASSIGN_OR_RETURN(const TimeZonePtr local, TimeZone::Find(zone));
    offset = local->UtcToLocalMillis(0);
  } else {
    return Bad(kIsoTime.key, value, kWanted);
  }
  return ((*time - offset) % kDayMs + kDayMs) % kDayMs;
}

}  // namespace

Result<std::optional<FullCacheSettings>> ReadFullCache(const OptionMap& options, const std::string& zone) {
  const auto kind = options.find("lookup.cache");
  if (kind == options.end() || (kind->second != "FULL" && kind->second != "full")) {
    return std::optional<FullCacheSettings>();
  }
  const OptionValues values(options.begin(), options.end());
  FullCacheSettings out;
  SLUICE_ASSIGN_OR_RETURN(const auto strategy, GetOption(values, kStrategy));
  if (strategy == ReloadStrategy::kPeriodic) {
    SLUICE_ASSIGN_OR_RETURN(const auto interval, GetOption(values, kInterval));
    if (interval.count() <= 0) return Bad(kInterval.key, std::to_string(interval.count()), "it must be positive.");
    out.interval_ms = interval.count();
    SLUICE_ASSIGN_OR_RETURN(const auto mode, GetOption(values, kMode));
    out.fixed_rate = mode == ScheduleMode::kFixedRate;
    return std::optional(out);
  }
  SLUICE_ASSIGN_OR_RETURN(const std::string time, GetOption(values, kIsoTime));
  SLUICE_ASSIGN_OR_RETURN(const int64_t time_of_day, TimeOfDay(time, zone));
  out.time_of_day_ms = time_of_day;
  SLUICE_ASSIGN_OR_RETURN(out.days, GetOption(values, kDays));
  return std::optional(out);
}

int64_t NextReload(const FullCacheSettings& settings, int64_t began_ms, int64_t ended_ms) {
  if (!settings.time_of_day_ms) return (settings.fixed_rate ? began_ms : ended_ms) + settings.interval_ms;
  const int64_t midnight = began_ms - (began_ms % kDayMs + kDayMs) % kDayMs;
  const int64_t today = midnight + *settings.time_of_day_ms;
  return (today > began_ms ? today : today + kDayMs) + (settings.days - 1) * kDayMs;
}

Result<size_t> FullLookupCache::Lookup(std::span<const ColumnPtr> keys, size_t row, std::span<const ColumnPtr> out) {
  if (clock_.NowMs() >= next_reload_ms_) SLUICE_RETURN_IF_ERROR(Load());
  std::string key;
  for (const ColumnPtr& column : keys) EncodeField(*column, row, key);
  const auto found = rows_.find(key);
  if (found == rows_.end()) return size_t{0};
  for (const std::string& bytes : found->second) INVARIANT(DecodeRow(bytes, out), "a cached row is malformed");
  return found->second.size();
}

Status FullLookupCache::Load() {
  const int64_t began = clock_.NowMs();
  std::vector<ColumnPtr> columns;
  for (const RowField& field : node_.row) columns.push_back(Column::Make(field.type, 0));
  SLUICE_ASSIGN_OR_RETURN(const size_t count, all_->Lookup({}, 0, columns));
  rows_.clear();
  for (size_t i = 0; i < count; ++i) {
    std::string key, row;
    bool null = false;
    for (const LookupKey& part : node_.keys) {
      const Column& column = *columns[static_cast<size_t>(part.column)];
      null |= column.IsNull(i);
      EncodeField(column, i, key);
    }
    if (null) continue;  // NULL equals nothing
    EncodeRow(columns, i, row);
    rows_[std::move(key)].push_back(std::move(row));
  }
  next_reload_ms_ = NextReload(settings_, began, clock_.NowMs());
  return {};
}

}  // namespace sluice::engine
