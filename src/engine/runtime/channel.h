// A bounded queue between two tasks: one producer thread, one consumer thread, no lock.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "engine/columnar/batch.h"

namespace sluice::engine {

struct Element {
  enum class Kind : uint8_t { kBatch, kIdle, kActive, kEnd };
  Kind kind = Kind::kBatch;
  Batch batch;
};

class Channel {
 public:
  static constexpr size_t kCapacity = 16;

  /// Producer. False (and `element` untouched) if the queue is full.
  bool TryPush(Element& element) {
    const size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_.load(std::memory_order_acquire) == kCapacity) return false;
    ring_[tail % kCapacity] = std::move(element);
    tail_.store(tail + 1, std::memory_order_seq_cst);
    if (wake_consumer) wake_consumer();
    return true;
  }
  /// Consumer. False if the queue is empty.
  bool TryPop(Element& element) {
    const size_t head = head_.load(std::memory_order_relaxed);
    const size_t tail = tail_.load(std::memory_order_acquire);
    if (tail == head) return false;
    element = std::move(ring_[head % kCapacity]);
    ring_[head % kCapacity] = Element{};
    head_.store(head + 1, std::memory_order_seq_cst);
    if (tail - head == kCapacity && wake_producer) wake_producer();
    return true;
  }

  /// Set before the tasks run; they wake the thread of the other side if it sleeps.
  std::function<void()> wake_consumer, wake_producer;

 private:
  std::array<Element, kCapacity> ring_;
  alignas(64) std::atomic<size_t> head_{0};
  alignas(64) std::atomic<size_t> tail_{0};
};

}  // namespace sluice::engine
