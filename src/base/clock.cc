#include "base/clock.h"

#include <algorithm>

namespace sluice {

void Clock::Sleep(std::chrono::nanoseconds duration) {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  WaitFor(lock, never, duration, [] { return false; });
}

int64_t SystemClock::NowMs() const {
  auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

int64_t SystemClock::MonotonicNs() const {
  auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

bool SystemClock::WaitUntil(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, int64_t deadline_ns,
                            const std::function<bool()>& done) {
  auto deadline = std::chrono::steady_clock::time_point(
      std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::nanoseconds(deadline_ns)));
  return changed.wait_until(lock, deadline, done);
}

bool ManualClock::WaitUntil(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, int64_t deadline_ns,
                            const std::function<bool()>& done) {
  if (done() || monotonic_ns_.load() >= deadline_ns) return done();
  // The list's mutex comes before the caller's: step out of the caller's to enter and leave the list.
  lock.unlock();
  {
    std::lock_guard guard(waiters_mutex_);
    waiters_.push_back({lock.mutex(), &changed});
    waiters_changed_.notify_all();
  }
  lock.lock();
  changed.wait(lock, [&] { return done() || monotonic_ns_.load() >= deadline_ns; });
  lock.unlock();
  {
    std::lock_guard guard(waiters_mutex_);
    auto self = std::find_if(waiters_.begin(), waiters_.end(), [&](const Waiter& w) { return w.changed == &changed; });
    waiters_.erase(self);
    waiters_changed_.notify_all();
  }
  lock.lock();
  return done();
}

void ManualClock::Advance(std::chrono::nanoseconds by) {
  std::lock_guard guard(waiters_mutex_);
  spare_ns_ += by.count();
  now_ms_.fetch_add(spare_ns_ / 1'000'000);
  spare_ns_ %= 1'000'000;
  monotonic_ns_.fetch_add(by.count());
  for (const Waiter& waiter : waiters_) {
    // Passing through the waiter's mutex closes the gap between its look at the clock and its wait.
    { std::lock_guard pass(*waiter.mutex); }
    waiter.changed->notify_all();
  }
}

void ManualClock::AwaitWaiters(size_t count) {
  std::unique_lock lock(waiters_mutex_);
  waiters_changed_.wait(lock, [&] { return waiters_.size() >= count; });
}

}  // namespace sluice
