// The watermark of an operator with several input channels: the smallest one over those that are not idle, never going
// back (Flink's StatusWatermarkValve).
#pragma once

#include <cstdint>
#include <vector>

#include "engine/columnar/batch.h"

namespace sluice::engine {

class WatermarkMerger {
 public:
  explicit WatermarkMerger(size_t channels) : channels_(channels) {}

  int64_t watermark() const { return watermark_; }
  bool idle() const { return idle_; }

  /// What was merged when the snapshot was taken: no channel was below it.
  void Restore(int64_t watermark);
  /// Merges a batch's watermarks on `channel`: batch.watermark_before becomes the operator's, and the answer is the
  /// operator's watermark after the batch, or kNoWatermark if it did not move.
  int64_t Merge(size_t channel, Batch& batch);
  /// Channel becomes idle or active; answers like Merge.
  int64_t SetIdle(size_t channel, bool idle);

 private:
  struct Channel {
    int64_t watermark = kNoWatermark;
    bool idle = false;
  };
  int64_t Advance();
  int64_t MinOfOthers(size_t channel) const;

  std::vector<Channel> channels_;
  int64_t watermark_ = kNoWatermark;
  bool idle_ = false;
};

}  // namespace sluice::engine
