// The time of a row for its window: an event-time column or the clock, and how NULL is treated.
#pragma once

#include <string>

#include "base/clock.h"
#include "engine/columnar/batch.h"
#include "engine/operators/operator_parts.h"

namespace sluice::engine {

class WindowTime {
 public:
  static Result<WindowTime> Make(const WindowSpec& window, const Schema& input) {
    if (!window.time_zone.empty() && window.time_zone != "UTC" && window.time_zone != "Etc/UTC" &&
        window.time_zone != "Z" && window.time_zone != "GMT") {
      return NotYet("windows over TIMESTAMP_LTZ in time zone " + window.time_zone);
    }
    WindowTime time;
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
  int64_t operator[](size_t i) const { return times_ == nullptr ? now_ms_ : times_->at<int64_t>(i); }

 private:
  bool processing_ = false;
  int column_ = -1;
  int64_t now_ms_ = 0;
  const Column* times_ = nullptr;
};

}  // namespace sluice::engine
