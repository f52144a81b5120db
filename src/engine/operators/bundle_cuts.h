// Where the bundles of a mini-batch end in a stream of rows (Flink's AbstractMapBundleOperator with a
// CountBundleTrigger): with `size` rows, and before a watermark.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/columnar/batch.h"
#include "engine/runtime/interfaces.h"

namespace sluice::engine {

class BundleCuts {
 public:
  explicit BundleCuts(int64_t size) : size_(std::max<int64_t>(size, 1)) {}

  /// Calls add(Rows) for runs of the batch's rows that stand in one bundle, full() when `size` rows have come since
  /// Restart, end() before a watermark. Both end the bundle, or what the caller takes for one, by Restart.
  template <typename Add, typename Full, typename End>
  Status Walk(const Batch& batch, Add&& add, Full&& full, End&& end) {
    positions_.clear();
    batch.rows().ForEach([&](size_t i) { positions_.push_back(static_cast<uint32_t>(i)); });
    marks_ |= !batch.watermark_before.empty();
    for (size_t at = 0; at < positions_.size();) {
      if (Passes(batch, positions_[at])) {
        SLUICE_RETURN_IF_ERROR(end());
        watermark_ = batch.watermark_before[positions_[at]];
      }
      size_t to = at + 1;
      const size_t most = std::min(positions_.size(), at + static_cast<size_t>(size_ - rows_));
      while (to < most && !Passes(batch, positions_[to])) ++to;
      SLUICE_RETURN_IF_ERROR(add(Rows{positions_.data() + at, to - at}));
      rows_ += static_cast<int64_t>(to - at);
      at = to;
      if (rows_ == size_) SLUICE_RETURN_IF_ERROR(full());
    }
    return {};
  }

  void Restart() { rows_ = 0; }
  int64_t size() const { return size_; }
  /// The watermark ends the bundle: it has not been seen between rows.
  bool IsNew(int64_t watermark) const { return watermark > watermark_; }
  void Advance(int64_t watermark) { watermark_ = std::max(watermark_, watermark); }
  /// What a bundle says stands before the watermark that ended it.
  void Stamp(Batch& batch) const {
    if (marks_) batch.watermark_before.assign(batch.length, watermark_);
  }

 private:
  bool Passes(const Batch& batch, size_t i) const {
    return !batch.watermark_before.empty() && batch.watermark_before[i] > watermark_;
  }

  const int64_t size_;
  int64_t rows_ = 0;
  int64_t watermark_ = kNoWatermark;  // the one that holds
  bool marks_ = false;                // watermarks stand between rows
  std::vector<uint32_t> positions_;
};

}  // namespace sluice::engine
