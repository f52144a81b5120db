#include "engine/runtime/channel.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <thread>

namespace sluice::engine {
namespace {

/// A thread that sleeps until it is woken; a wake-up before that counts.
class Sleeper {
 public:
  void Wake() {
    std::lock_guard lock(mutex_);
    woken_ = true;
    changed_.notify_one();
  }
  /// False: nobody came.
  bool Sleep() {
    std::unique_lock lock(mutex_);
    const bool came = changed_.wait_for(lock, std::chrono::seconds(20), [&] { return woken_; });
    woken_ = false;
    return came;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
};

// Both sides sleep only by what the channel tells them. The queue is full or empty most of the time.
TEST(Channel, NobodySleepsForEver) {
  constexpr int kElements = 300'000;
  Channel channel;
  Sleeper producer, consumer;
  channel.wake_producer = [&] { producer.Wake(); };
  channel.wake_consumer = [&] { consumer.Wake(); };
  bool lost = false;
  std::thread pushing([&] {
    for (int i = 0; i < kElements && !lost; ++i) {
      Element element{.kind = Element::Kind::kBarrier, .checkpoint = i};
      while (!channel.TryPush(element)) {
        if (producer.Sleep()) continue;
        lost = true;
        return;
      }
    }
  });
  int64_t expected = 0;
  Element element;
  while (expected < kElements) {
    if (channel.TryPop(element)) {
      ASSERT_EQ(element.checkpoint, expected++);
    } else if (!consumer.Sleep()) {
      break;
    }
  }
  pushing.join();
  EXPECT_FALSE(lost) << "the producer was not woken";
  EXPECT_EQ(expected, kElements);
}

}  // namespace
}  // namespace sluice::engine
