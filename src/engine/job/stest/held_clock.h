// The clock of a test's statement: its wall clock stands still for the first seconds, so that all rows of a small input
// have the same processing time, as they have in Flink's recorded answers, however busy the machine is. Then it goes
// on, for what waits for time.
#pragma once

#include <algorithm>
#include <atomic>

#include "base/clock.h"

namespace sluice::engine::stest {

class HeldClock final : public Clock {
 public:
  /// `real` must outlive it. Goes on until it is held.
  explicit HeldClock(Clock& real) : real_(real), start_ms_(real.NowMs()), start_ns_(real.MonotonicNs() - kHeldNs) {}

  /// At the start of a statement, while no job runs: the time is now, and stays.
  void Hold() {
    start_ms_ = std::max(real_.NowMs(), start_ms_.load());
    start_ns_ = real_.MonotonicNs();
  }

  int64_t NowMs() const override {
    const int64_t beyond_ns = real_.MonotonicNs() - start_ns_ - kHeldNs;
    return start_ms_ + std::max<int64_t>(beyond_ns / 1'000'000, 0);
  }
  int64_t MonotonicNs() const override { return real_.MonotonicNs(); }
  bool WaitUntil(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, int64_t deadline_ns,
                 const std::function<bool()>& done) override {
    return real_.WaitUntil(lock, changed, deadline_ns, done);
  }

 private:
  static constexpr int64_t kHeldNs = 2'000'000'000;

  Clock& real_;
  std::atomic<int64_t> start_ms_, start_ns_;
};

}  // namespace sluice::engine::stest
