// Time as an input. Everything that reads the time or waits takes a Clock, so that a test can step it.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

namespace sluice {

/// All methods may be called from any thread.
class Clock {
 public:
  virtual ~Clock() = default;

  /// Wall clock: milliseconds since 1970-01-01 UTC. May jump.
  virtual int64_t NowMs() const = 0;
  /// Nanoseconds since an arbitrary start; never goes back. For measuring and for deadlines.
  virtual int64_t MonotonicNs() const = 0;

  /// Waits until `done()` holds or MonotonicNs() reaches `deadline_ns`, and returns done(). `lock` must be held; it is
  /// released while waiting and held again on return. `done` is called with the lock held. Whoever changes what `done`
  /// reads does so under the same mutex and notifies `changed`.
  virtual bool WaitUntil(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, int64_t deadline_ns,
                         const std::function<bool()>& done) = 0;

  /// Like WaitUntil with a deadline `timeout` from now.
  bool WaitFor(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, std::chrono::nanoseconds timeout,
               const std::function<bool()>& done) {
    return WaitUntil(lock, changed, MonotonicNs() + timeout.count(), done);
  }
  /// Blocks the caller for `duration`. Prefer WaitFor: a sleeper cannot be told to stop.
  void Sleep(std::chrono::nanoseconds duration);
};

/// The machine's clock.
class SystemClock : public Clock {
 public:
  int64_t NowMs() const override;
  int64_t MonotonicNs() const override;
  bool WaitUntil(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, int64_t deadline_ns,
                 const std::function<bool()>& done) override;
};

/// A clock that stands still until a test moves it. Waits end when the clock is moved past their deadline.
class ManualClock : public Clock {
 public:
  explicit ManualClock(int64_t now_ms = 0) : now_ms_(now_ms) {}

  int64_t NowMs() const override { return now_ms_.load(); }
  int64_t MonotonicNs() const override { return monotonic_ns_.load(); }
  bool WaitUntil(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, int64_t deadline_ns,
                 const std::function<bool()>& done) override;

  /// Moves wall and monotonic time forward together and wakes the waiters. The caller must not hold a waiter's mutex.
  void Advance(std::chrono::nanoseconds by);
  /// Sets only the wall clock, as an operator or NTP would.
  void SetNowMs(int64_t now_ms) { now_ms_.store(now_ms); }
  /// Blocks until `count` threads wait on this clock: a test then knows that its step will be seen.
  void AwaitWaiters(size_t count);

 private:
  struct Waiter {
    std::mutex* mutex;
    std::condition_variable* changed;
  };

  std::atomic<int64_t> now_ms_;
  std::atomic<int64_t> monotonic_ns_{0};
  int64_t spare_ns_ = 0;      // the part of Advance() below a millisecond
  std::mutex waiters_mutex_;  // taken before a waiter's own mutex, never after
  std::condition_variable waiters_changed_;
  std::vector<Waiter> waiters_;
};

}  // namespace sluice
