// Time zones by name with the system's tzdata (TZif files, for ever by their footer rule), with java.time's rules for
// local times that do not exist or exist twice.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/types/data_type.h"

namespace sluice::engine {

/// Immutable, thread-safe, shared.
class TimeZone {
 public:
  /// "UTC", "Europe/Berlin", "GMT+08:00", "+8", "UTC-01:30", "Z", three-letter ids of Java ("PST"). kInvalidArgument
  /// if unknown.
  static Result<std::shared_ptr<const TimeZone>> Find(std::string_view name);
  /// As java.util.TimeZone.getTimeZone: an unknown name is GMT.
  static std::shared_ptr<const TimeZone> FindOrGmt(std::string_view name);
  static std::shared_ptr<const TimeZone> Utc();

  /// This zone as java.util.TimeZone (SimpleDateFormat) knows it: without history before 1900, when today's standard
  /// offset holds. Lives as long as this zone.
  const TimeZone& since_1900() const { return since_1900_ ? *since_1900_ : *this; }

  const std::string& name() const { return name_; }
  bool is_fixed() const { return transitions_.empty() && !has_rule_; }

  /// Seconds east of UTC at an instant.
  int32_t OffsetAt(int64_t utc_seconds) const;
  /// Abbreviation ("CEST") and whether daylight saving holds at an instant.
  std::string AbbreviationAt(int64_t utc_seconds, bool* is_dst = nullptr) const;

  /// Instant of a local time (ms since the epoch as if UTC). In a gap the local time moves forward by the gap's length,
  /// in an overlap the earlier offset (summer time) counts, as LocalDateTime.atZone.
  int64_t LocalToUtcMillis(int64_t local_ms) const;
  int64_t UtcToLocalMillis(int64_t utc_ms) const;
  Timestamp LocalToUtc(Timestamp t) const { return {LocalToUtcMillis(t.millis), t.nanos, 0}; }
  Timestamp UtcToLocal(Timestamp t) const { return {UtcToLocalMillis(t.millis), t.nanos, 0}; }

 private:
  friend class TimeZoneLoader;
  struct Kind {
    int32_t offset = 0;
    bool dst = false;
    std::string abbreviation;
  };
  /// One end of daylight saving in a POSIX TZ rule: "M3.2.0/2".
  struct RuleDate {
    enum Form { kMonthWeekDay, kJulian, kDayOfYear } form = kMonthWeekDay;
    int month = 1, week = 1, day = 0;
    int32_t time = 7200;
  };
  const Kind& KindAt(int64_t utc_seconds) const;
  const Kind& KindByRule(int64_t utc_seconds) const;

  std::string name_;
  std::shared_ptr<const TimeZone> since_1900_;  // null: the same as this
  std::vector<int64_t> transitions_;            // UTC seconds, ascending
  std::vector<uint8_t> kind_after_;             // index into kinds_, one a transition
  std::vector<Kind> kinds_;                     // kinds_[0] before the first transition
  bool has_rule_ = false;
  Kind rule_standard_, rule_dst_;
  bool rule_has_dst_ = false;
  RuleDate rule_start_, rule_end_;
};
using TimeZonePtr = std::shared_ptr<const TimeZone>;

}  // namespace sluice::engine
