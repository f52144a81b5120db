// Which windows a time belongs to, and how windows are put together from slices: pure arithmetic in milliseconds, after
// org.apache.flink.table.runtime.operators.window.tvf.slicing.SliceAssigners.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/plan/physical_plan.h"

namespace sluice::engine {

struct WindowSpan {
  int64_t start = 0;
  int64_t end = 0;
};

/// TimeWindow.getWindowStartWithOffset: also right for times before 1970.
int64_t WindowStart(int64_t timestamp, int64_t offset, int64_t size);

/// Appends the windows of `timestamp` in the order in which Flink's TVFs emit a row's copies. Not for SESSION.
void AssignWindows(const WindowSpec& window, int64_t timestamp, std::vector<WindowSpan>& out);

/// Slices of a TUMBLE, HOP or CUMULATE window; a slice is named by its end. Attached windows are their own slices.
class SliceAssigner {
 public:
  explicit SliceAssigner(const WindowSpec& window);

  int64_t SliceEnd(int64_t timestamp) const { return WindowStart(timestamp, offset_, slice_) + slice_; }
  int64_t WindowStartOf(int64_t window_end) const;
  /// Ends of the first and the last window that contain the slice; first > last: none does (a HOP with gaps).
  int64_t FirstWindowEnd(int64_t slice_end) const;
  int64_t LastWindowEnd(int64_t slice_end) const;
  /// The window after `window_end`: for CUMULATE within the same maximum window, else kMaxWatermark (none).
  int64_t NextWindowEnd(int64_t window_end) const;
  /// The first window with the slice that has not been fired at `progress`; kMaxWatermark if all have been.
  int64_t FirstUnfired(int64_t slice_end, int64_t progress) const;
  /// Several windows share a slice.
  bool shared() const { return shared_; }
  bool cumulative() const { return cumulative_; }

 private:
  int64_t size_, slide_, offset_, slice_;
  bool shared_ = false;
  bool cumulative_ = false;
};

/// Flink's TimeWindowUtil.isWindowFired.
inline bool WindowFired(int64_t window_end, int64_t progress) { return progress >= window_end - 1; }

}  // namespace sluice::engine
