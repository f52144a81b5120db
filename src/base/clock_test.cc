#include "base/clock.h"

#include <gtest/gtest.h>

#include <thread>

namespace sluice {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

TEST(ManualClockTest, StandsStillUntilMoved) {
  ManualClock clock(1000);
  EXPECT_EQ(clock.NowMs(), 1000);
  EXPECT_EQ(clock.MonotonicNs(), 0);
  clock.Advance(milliseconds(5));
  EXPECT_EQ(clock.NowMs(), 1005);
  EXPECT_EQ(clock.MonotonicNs(), 5'000'000);
  clock.Advance(microseconds(600));
  clock.Advance(microseconds(600));
  EXPECT_EQ(clock.NowMs(), 1006);
  clock.SetNowMs(7);
  EXPECT_EQ(clock.NowMs(), 7);
  EXPECT_EQ(clock.MonotonicNs(), 6'200'000);
}

TEST(ManualClockTest, WaitEndsAtItsDeadlineOrWhenDone) {
  ManualClock clock;
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
  bool timed_out_result = true;
  std::thread waiter([&] {
    std::unique_lock lock(mutex);
    timed_out_result = clock.WaitFor(lock, changed, milliseconds(10), [&] { return done; });
  });
  clock.AwaitWaiters(1);
  clock.Advance(milliseconds(9));
  clock.AwaitWaiters(1);
  clock.Advance(milliseconds(1));
  waiter.join();
  EXPECT_FALSE(timed_out_result);

  bool done_result = false;
  std::thread second([&] {
    std::unique_lock lock(mutex);
    done_result = clock.WaitFor(lock, changed, milliseconds(10), [&] { return done; });
  });
  clock.AwaitWaiters(1);
  {
    std::lock_guard guard(mutex);
    done = true;
  }
  changed.notify_all();
  second.join();
  EXPECT_TRUE(done_result);
}

TEST(SystemClockTest, MovesForwardAndWaits) {
  SystemClock clock;
  EXPECT_GT(clock.NowMs(), 1'600'000'000'000);
  int64_t before = clock.MonotonicNs();
  clock.Sleep(milliseconds(1));
  EXPECT_GE(clock.MonotonicNs() - before, 1'000'000);
}

}  // namespace
}  // namespace sluice
