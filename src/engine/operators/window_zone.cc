#include "engine/operators/window_zone.h"

#include "engine/columnar/batch.h"

namespace sluice::engine {

namespace {

constexpr int64_t kHourMs = 3600 * 1000;

}  // namespace

Result<WindowZone> WindowZone::Make(const WindowSpec& window) {
  WindowZone out;
  if (window.time_zone.empty()) return out;
  SLUICE_ASSIGN_OR_RETURN(TimeZonePtr zone, TimeZone::Find(window.time_zone));
  const bool utc = zone->is_fixed() && zone->OffsetAt(0) == 0;
  if (!utc) out.zone_ = std::move(zone);
  return out;
}

int64_t WindowZone::TimerInstant(int64_t local_ms) const {
  if (!zone_) return local_ms;
  const int64_t instant = zone_->LocalToUtcMillis(local_ms);
  if (zone_->is_fixed()) return instant;
  const int64_t hour_later = zone_->LocalToUtcMillis(local_ms + kHourMs);
  if (hour_later - instant > kHourMs) return hour_later - kHourMs;
  if (hour_later == instant) return instant - instant % kHourMs;
  return instant;
}

int64_t WindowZone::Progress(int64_t watermark) const {
  if (!zone_ || watermark == kNoWatermark || watermark == kMaxWatermark) return watermark;
  const int64_t local = zone_->UtcToLocalMillis(watermark);
  if (zone_->is_fixed() || TimerInstant(local) <= watermark) return local;
  // The local time comes a second time: timers of it wait.
  int64_t fired = local - 3 * kHourMs;
  int64_t waiting = local;
  while (waiting - fired > 1) {
    const int64_t middle = fired + (waiting - fired) / 2;
    (TimerInstant(middle) <= watermark ? fired : waiting) = middle;
  }
  return fired;
}

}  // namespace sluice::engine
