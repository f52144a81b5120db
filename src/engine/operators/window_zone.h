// Windows over TIMESTAMP_LTZ are cut in local time: rows, watermarks and timers between instants and the wall clock of
// table.local-time-zone, as org.apache.flink.table.runtime.util.TimeWindowUtil.
#pragma once

#include <cstdint>

#include "engine/plan/physical_plan.h"
#include "engine/types/time_zone.h"

namespace sluice::engine {

class WindowZone {
 public:
  /// Without a zone (TIMESTAMP, or UTC) everything stays as it is.
  static Result<WindowZone> Make(const WindowSpec& window);

  int64_t ToLocal(int64_t instant_ms) const { return zone_ ? zone_->UtcToLocalMillis(instant_ms) : instant_ms; }
  int64_t ToInstant(int64_t local_ms) const { return zone_ ? zone_->LocalToUtcMillis(local_ms) : local_ms; }
  /// When a timer of a local time fires: the later instant of a local time that comes twice, the end of the gap for one
  /// that does not exist.
  int64_t TimerInstant(int64_t local_ms) const;
  /// The last local time whose timer has fired by `watermark`.
  int64_t Progress(int64_t watermark) const;

 private:
  TimeZonePtr zone_;
};

}  // namespace sluice::engine
