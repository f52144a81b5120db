// A bounded queue between two tasks: one producer thread, one consumer thread, no lock.
//
// Elements are numbered from 0 in the order in which they are pushed. A barrier either is an element (it keeps its
// place in the queue), or is announced beside the queue with the number of the first element behind it: so it overtakes
// what is queued, and the consumer still knows what stands before it.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "engine/columnar/batch.h"

namespace sluice::engine {

struct Element {
  enum class Kind : uint8_t { kBatch, kIdle, kActive, kEnd, kBarrier };
  Kind kind = Kind::kBatch;
  int64_t checkpoint = 0;  // kBarrier
  Batch batch;
};

/// A barrier that overtakes the queue.
struct Announcement {
  int64_t checkpoint = 0;
  uint64_t position = 0;         // elements with lower numbers stand before the barrier
  std::vector<Element> waiting;  // the last ones of those, which had no room in the queue when it was announced
};

class Channel {
 public:
  static constexpr size_t kCapacity = 16;

  /// Producer. False (and `element` untouched) if the queue is full.
  bool TryPush(Element& element) {
    const size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_.load(std::memory_order_acquire) == kCapacity) {
      // Said before the second look: a consumer that makes room after it sees that somebody waits. To judge by its own
      // view of the tail would not do: that may be older than the push that filled the queue.
      producer_waits_.store(true, std::memory_order_seq_cst);
      if (tail - head_.load(std::memory_order_seq_cst) == kCapacity) return false;
    }
    ring_[tail % kCapacity] = std::move(element);
    tail_.store(tail + 1, std::memory_order_seq_cst);
    if (wake_consumer) wake_consumer();
    return true;
  }
  /// Producer: how many elements were pushed, which is the number of the next one.
  uint64_t pushed() const { return tail_.load(std::memory_order_relaxed); }

  /// Consumer. False if the queue is empty.
  bool TryPop(Element& element) {
    const size_t head = head_.load(std::memory_order_relaxed);
    const size_t tail = tail_.load(std::memory_order_acquire);
    if (tail == head) return false;
    element = std::move(ring_[head % kCapacity]);
    ring_[head % kCapacity] = Element{};
    head_.store(head + 1, std::memory_order_seq_cst);
    if (producer_waits_.load(std::memory_order_seq_cst) && producer_waits_.exchange(false) && wake_producer) {
      wake_producer();
    }
    return true;
  }
  /// Consumer. What was announced before the next element was pushed is seen by whoever looks after this said false.
  bool empty() const { return tail_.load(std::memory_order_acquire) == head_.load(std::memory_order_relaxed); }
  /// Consumer: the number of the next element, and of the one that will be pushed next.
  uint64_t popped() const { return head_.load(std::memory_order_relaxed); }
  uint64_t end() const { return tail_.load(std::memory_order_acquire); }
  /// Consumer: element `number`, popped() <= number < end().
  const Element& at(uint64_t number) const { return ring_[number % kCapacity]; }

  /// Producer: announces a barrier behind everything pushed so far and `waiting`.
  void Announce(Announcement announcement) {
    {
      std::lock_guard lock(announced_mutex_);
      announced_.push_back(std::move(announcement));
    }
    if (consumer_attention != nullptr) consumer_attention->store(true, std::memory_order_release);
    if (wake_consumer) wake_consumer();
  }
  /// Consumer.
  std::vector<Announcement> TakeAnnouncements() {
    std::lock_guard lock(announced_mutex_);
    return std::exchange(announced_, {});
  }

  /// Set before the tasks run; they wake the thread of the other side if it sleeps.
  std::function<void()> wake_consumer, wake_producer;
  /// Set before the tasks run; becomes true when something is announced.
  std::atomic<bool>* consumer_attention = nullptr;

 private:
  std::array<Element, kCapacity> ring_;
  alignas(64) std::atomic<size_t> head_{0};
  alignas(64) std::atomic<size_t> tail_{0};
  alignas(64) std::atomic<bool> producer_waits_{false};  // it found the queue full, and may sleep
  std::mutex announced_mutex_;
  std::vector<Announcement> announced_;
};

}  // namespace sluice::engine
