#include "engine/runtime/watermark_alignment.h"

#include <algorithm>
#include <unordered_map>

#include "engine/columnar/batch.h"

namespace sluice::engine {

class WatermarkAlignment::Group {
 public:
  explicit Group(int64_t update_interval_ms) : update_interval_ms_(update_interval_ms) {}

  void Put(const Member* member, int64_t watermark) {
    std::lock_guard lock(mutex_);
    reported_[member] = watermark;
  }
  void Leave(const Member* member) {
    std::lock_guard lock(mutex_);
    reported_.erase(member);
  }
  /// The smallest of what members had reported at the last update.
  int64_t Smallest(int64_t now_ms) {
    std::lock_guard lock(mutex_);
    if (now_ms >= update_at_ms_) {
      update_at_ms_ = now_ms + update_interval_ms_;
      smallest_ = kMaxWatermark;
      for (const auto& [member, watermark] : reported_) smallest_ = std::min(smallest_, watermark);
    }
    return smallest_;
  }

 private:
  const int64_t update_interval_ms_;
  std::mutex mutex_;
  std::unordered_map<const Member*, int64_t> reported_;
  int64_t update_at_ms_ = INT64_MIN;
  int64_t smallest_ = kMaxWatermark;
};

WatermarkAlignment::Member::Member(std::shared_ptr<Group> group, int64_t max_drift_ms)
    : group_(std::move(group)), max_drift_ms_(max_drift_ms), reported_(kMaxWatermark) {}

WatermarkAlignment::Member::~Member() { group_->Leave(this); }

void WatermarkAlignment::Member::Report(int64_t watermark) {
  if (watermark == reported_) return;
  reported_ = watermark;
  group_->Put(this, watermark);
}

bool WatermarkAlignment::Member::MayRead(int64_t now_ms) {
  const int64_t smallest = group_->Smallest(now_ms);
  if (reported_ == kNoWatermark || reported_ == kMaxWatermark || smallest == kMaxWatermark) return true;
  // Where another has no watermark yet, nobody who has one reads on.
  return smallest != kNoWatermark && reported_ - smallest <= max_drift_ms_;
}

std::unique_ptr<WatermarkAlignment::Member> WatermarkAlignment::Join(const std::string& group, int64_t max_drift_ms,
                                                                     int64_t update_interval_ms) {
  std::lock_guard lock(mutex_);
  std::weak_ptr<Group>& known = groups_[group];
  std::shared_ptr<Group> joined = known.lock();
  if (!joined) known = joined = std::make_shared<Group>(update_interval_ms);
  return std::make_unique<Member>(std::move(joined), max_drift_ms);
}

}  // namespace sluice::engine
