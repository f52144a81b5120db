#include "engine/operators/window_slices.h"

#include <numeric>

#include "engine/columnar/batch.h"

namespace sluice::engine {

int64_t WindowStart(int64_t timestamp, int64_t offset, int64_t size) {
  const int64_t remainder = (timestamp - offset) % size;
  return remainder < 0 ? timestamp - (remainder + size) : timestamp - remainder;
}

void AssignWindows(const WindowSpec& w, int64_t timestamp, std::vector<WindowSpan>& out) {
  switch (w.kind) {
    case WindowKind::kHop:
      for (int64_t start = WindowStart(timestamp, w.offset_ms, w.slide_ms); start > timestamp - w.size_ms;
           start -= w.slide_ms) {
        out.push_back({start, start + w.size_ms});
      }
      return;
    case WindowKind::kCumulate: {
      const int64_t start = WindowStart(timestamp, w.offset_ms, w.size_ms);
      const int64_t first = WindowStart(timestamp, w.offset_ms, w.slide_ms) + w.slide_ms;
      for (int64_t end = first; end <= start + w.size_ms; end += w.slide_ms) out.push_back({start, end});
      return;
    }
    default: {
      const int64_t start = WindowStart(timestamp, w.offset_ms, w.size_ms);
      out.push_back({start, start + w.size_ms});
    }
  }
}

SliceAssigner::SliceAssigner(const WindowSpec& w)
    : size_(w.size_ms), slide_(w.size_ms), offset_(w.offset_ms), slice_(w.size_ms) {
  const bool attached = w.window_end_column >= 0;
  if (w.kind == WindowKind::kHop && !attached) {
    slide_ = w.slide_ms;
    slice_ = std::gcd(size_, slide_);
    shared_ = true;
  } else if (w.kind == WindowKind::kCumulate) {
    cumulative_ = true;
    slide_ = slice_ = w.slide_ms;
    shared_ = !attached;
  }
}

int64_t SliceAssigner::WindowStartOf(int64_t window_end) const {
  return cumulative_ ? WindowStart(window_end - 1, offset_, size_) : window_end - size_;
}

int64_t SliceAssigner::FirstWindowEnd(int64_t slice_end) const {
  if (!shared_ || cumulative_) return slice_end;
  const int64_t at_least = slice_end - size_;  // of the window's start
  const int64_t aligned = WindowStart(at_least, offset_, slide_);
  return (aligned < at_least ? aligned + slide_ : aligned) + size_;
}

int64_t SliceAssigner::LastWindowEnd(int64_t slice_end) const {
  if (!shared_) return slice_end;
  if (cumulative_) return WindowStart(slice_end - 1, offset_, size_) + size_;
  return WindowStart(slice_end - slice_, offset_, slide_) + size_;
}

int64_t SliceAssigner::NextWindowEnd(int64_t window_end) const {
  if (!shared_) return kMaxWatermark;
  if (!cumulative_) return window_end + slide_;
  return window_end + slide_ > WindowStartOf(window_end) + size_ ? kMaxWatermark : window_end + slide_;
}

int64_t SliceAssigner::FirstUnfired(int64_t slice_end, int64_t progress) const {
  const int64_t last = LastWindowEnd(slice_end);
  for (int64_t end = FirstWindowEnd(slice_end); end <= last; end += slide_) {
    if (!WindowFired(end, progress)) return end;
  }
  return kMaxWatermark;
}

}  // namespace sluice::engine
