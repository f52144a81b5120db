#include "service/lifecycle/scaling_policy.h"

#include <algorithm>
#include <sstream>

namespace sluice::service {

ScalingWish LoadHistory::Add(const ScalingRules& rules, int64_t at_ms, double percent) {
  if (at_ms < last_ms_ || at_ms - last_ms_ >= 2 * rules.datapoint.count()) high_ = low_ = 0;
  last_ms_ = at_ms;
  high_ = percent >= rules.up_percent ? high_ + 1 : 0;
  low_ = percent < rules.down_percent ? low_ + 1 : 0;
  ScalingWish wish = ScalingWish::kNone;
  if (high_ >= rules.up_datapoints) wish = ScalingWish::kUp;
  if (low_ >= rules.down_datapoints) wish = ScalingWish::kDown;
  if (wish != ScalingWish::kNone) high_ = low_ = 0;
  return wish;
}

std::string LoadHistory::Serialize() const {
  return std::to_string(last_ms_) + ' ' + std::to_string(high_) + ' ' + std::to_string(low_);
}

LoadHistory LoadHistory::Parse(const std::string& text) {
  LoadHistory out;
  std::istringstream in(text);
  if (!(in >> out.last_ms_ >> out.high_ >> out.low_) || out.high_ < 0 || out.low_ < 0) return {};
  return out;
}

int64_t KpusFor(int64_t parallelism, int64_t per_kpu) {
  const int64_t each = std::max<int64_t>(1, per_kpu);
  return std::max<int64_t>(1, (parallelism + each - 1) / each);
}

int64_t ScaledParallelism(ScalingWish wish, const ScalingBounds& bounds) {
  if (wish == ScalingWish::kUp) {
    int64_t most = bounds.per_kpu * bounds.max_kpus;
    if (bounds.max_parallelism > 0) most = std::min(most, bounds.max_parallelism);
    return std::max(bounds.current, std::min(bounds.current * 2, most));
  }
  if (wish == ScalingWish::kDown) {
    return std::min(bounds.current, std::max((bounds.current + 1) / 2, bounds.configured));
  }
  return bounds.current;
}

}  // namespace sluice::service
