#include "engine/runtime/watermark_merger.h"

#include <algorithm>

namespace sluice::engine {

int64_t WatermarkMerger::MinOfOthers(size_t channel) const {
  int64_t least = kMaxWatermark;
  for (size_t c = 0; c < channels_.size(); ++c) {
    if (c != channel && !channels_[c].idle) least = std::min(least, channels_[c].watermark);
  }
  return least;
}

void WatermarkMerger::Restore(int64_t watermark) {
  watermark_ = watermark;
  for (Channel& c : channels_) c.watermark = watermark;
}

int64_t WatermarkMerger::Merge(size_t channel, Batch& batch) {
  if (channels_.size() == 1) {
    if (batch.watermark <= watermark_) return kNoWatermark;
    watermark_ = batch.watermark;
    channels_[0].watermark = watermark_;
    return watermark_;
  }
  if (!batch.watermark_before.empty()) {
    const int64_t others = MinOfOthers(channel);
    const int64_t now = watermark_;
    for (int64_t& w : batch.watermark_before) w = std::max(now, std::min(w, others));
  }
  channels_[channel].watermark = std::max(channels_[channel].watermark, batch.watermark);
  return Advance();
}

int64_t WatermarkMerger::SetIdle(size_t channel, bool idle) {
  channels_[channel].idle = idle;
  return Advance();
}

int64_t WatermarkMerger::Advance() {
  int64_t least = kMaxWatermark, greatest = kNoWatermark;
  idle_ = true;
  for (const Channel& c : channels_) {
    greatest = std::max(greatest, c.watermark);
    if (c.idle) continue;
    idle_ = false;
    least = std::min(least, c.watermark);
  }
  const int64_t merged = idle_ ? greatest : least;
  if (merged <= watermark_) return kNoWatermark;
  watermark_ = merged;
  return watermark_;
}

}  // namespace sluice::engine
