// The time of a row for its window: an event-time column or the clock, and how NULL is treated.
#pragma once

#include <string>

#include "base/clock.h"
#include "engine/columnar/batch.h"
#include "engine/operators/operator_parts.h"
#include "engine/operators/window_zone.h"

namespace sluice::engine {

class WindowTime {
 public:
  static Result<WindowTime> Make(const WindowSpec& window, const Schema& input) {
    WindowTime time;
    SLUICE_ASSIGN_OR_RETURN(time.zone_, WindowZone::Make(window));
    time.attached_ = window.window_end_column >= 0;
    time.processing_ = window.processing_time;
    time.column_ = window.window_end_column >= 0 ? window.window_end_column : window.time_column;
    if (!time.processing_ && input[static_cast<size_t>(time.column_)].type.physical() != PhysicalType::kInt64) {
      return NotYet("windows over a time of more than 3 digits");
    }
    return time;
  }

  bool attached_or_event() const { return !processing_; }
  /// Prepares for the rows of a batch; `now_ms` is their time in processing time.
  void Start(const Batch& batch, int64_t now_ms) {
    now_ms_ = now_ms;
    times_ = processing_ && column_ < 0 ? nullptr : batch.columns[static_cast<size_t>(column_)].get();
    if (processing_) times_ = nullptr;
  }
  bool IsNull(size_t i) const { return times_ != nullptr && times_->IsNull(i); }
  /// In the wall clock of the window's zone.
  int64_t operator[](size_t i) const {
    const int64_t time = times_ == nullptr ? now_ms_ : times_->at<int64_t>(i);
    return attached_ ? time : zone_.ToLocal(time);
  }
  const WindowZone& zone() const { return zone_; }

 private:
  WindowZone zone_;
  bool processing_ = false;
  bool attached_ = false;  // the window came with the row, in local time already
  int column_ = -1;
  int64_t now_ms_ = 0;
  const Column* times_ = nullptr;
};

}  // namespace sluice::engine
