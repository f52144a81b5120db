#include "engine/runtime/restart_strategy.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace sluice::engine {

std::optional<int64_t> RestartStrategy::Failed(int64_t now_ms) {
  switch (config_.kind) {
    case RestartKind::kNone: return std::nullopt;
    case RestartKind::kFixedDelay:
      return ++attempts_ > config_.attempts ? std::nullopt : std::optional(config_.delay_ms);
    case RestartKind::kFailureRate: return FailureRate(now_ms);
    case RestartKind::kExponentialDelay: return ExponentialDelay(now_ms);
  }
  return std::nullopt;
}

std::optional<int64_t> RestartStrategy::FailureRate(int64_t now_ms) {
  const auto full = [&] { return failures_ms_.size() > static_cast<size_t>(config_.max_failures); };
  if (full()) failures_ms_.pop_front();
  failures_ms_.push_back(now_ms);
  if (full() && now_ms - failures_ms_.front() <= config_.failure_interval_ms) return std::nullopt;
  return config_.delay_ms;
}

std::optional<int64_t> RestartStrategy::ExponentialDelay(int64_t now_ms) {
  // A failure while the last one's pause is not over belongs to the same restart.
  if (now_ms <= next_restart_ms_) return next_restart_ms_ - now_ms;
  if (next_restart_ms_ != INT64_MIN && now_ms - next_restart_ms_ >= config_.reset_backoff_ms) attempts_ = 0;
  const double raw =
      static_cast<double>(config_.initial_backoff_ms) * std::pow(config_.multiplier, static_cast<double>(attempts_));
  // Beyond the largest pause only the jitter's size would change, and that is cut off too.
  const auto backoff = static_cast<int64_t>(std::min(raw, 4.0 * static_cast<double>(config_.max_backoff_ms)));
  const auto spread = static_cast<int64_t>(static_cast<double>(backoff) * config_.jitter);
  const int64_t jitter =
      spread == 0 ? 0 : static_cast<int64_t>(random_.Below(2 * static_cast<uint64_t>(spread) + 1)) - spread;
  const int64_t pause = std::max(config_.initial_backoff_ms, std::min(backoff + jitter, config_.max_backoff_ms));
  next_restart_ms_ = now_ms + pause;
  if (++attempts_ > config_.attempts_before_reset) return std::nullopt;
  return pause;
}

std::string SuppressedBy(const RestartConfig& config) {
  const auto number = [](int64_t n) { return std::to_string(n); };
  std::string by = "NoRestartBackoffTimeStrategy";
  if (config.kind == RestartKind::kFixedDelay) {
    by = "FixedDelayRestartBackoffTimeStrategy(maxNumberRestartAttempts=" + number(config.attempts) +
         ", backoffTimeMS=" + number(config.delay_ms) + ")";
  } else if (config.kind == RestartKind::kFailureRate) {
    by = "FailureRateRestartBackoffTimeStrategy(FailureRateRestartBackoffTimeStrategy(failuresIntervalMS=" +
         number(config.failure_interval_ms) + ",backoffTimeMS=" + number(config.delay_ms) +
         ",maxFailuresPerInterval=" + number(config.max_failures) + ")";
  } else if (config.kind == RestartKind::kExponentialDelay) {
    by = "ExponentialDelayRestartBackoffTimeStrategy(attemptsBeforeResetBackoff=" +
         number(config.attempts_before_reset) + ")";
  }
  return "Recovery is suppressed by " + by;
}

}  // namespace sluice::engine
