// Whether and when a failed job is started again: Flink's restart strategies
// (org.apache.flink.runtime.executiongraph.failover). Pure: time is a parameter, jitter comes from the given Random.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "engine/runtime/checkpoint_config.h"

namespace sluice {
class Random;
}

namespace sluice::engine {

class RestartStrategy {
 public:
  /// `random` is asked by exponential-delay only, and outlives the strategy.
  RestartStrategy(const RestartConfig& config, Random& random) : config_(config), random_(random) {}

  /// A failure at `now_ms`: how long to wait before the restart, or nothing if the job shall fail for good.
  std::optional<int64_t> Failed(int64_t now_ms);

 private:
  std::optional<int64_t> FailureRate(int64_t now_ms);
  std::optional<int64_t> ExponentialDelay(int64_t now_ms);

  RestartConfig config_;
  Random& random_;
  int64_t attempts_ = 0;
  int64_t next_restart_ms_ = INT64_MIN;
  std::deque<int64_t> failures_ms_;
};

/// "Recovery is suppressed by FixedDelayRestartBackoffTimeStrategy(maxNumberRestartAttempts=1, …)": what Flink says
/// when a job fails for good.
std::string SuppressedBy(const RestartConfig& config);

}  // namespace sluice::engine
