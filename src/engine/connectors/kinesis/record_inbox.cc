#include "engine/connectors/kinesis/record_inbox.h"

#include <utility>

namespace sluice::engine::kinesis {

bool RecordInbox::Push(Delivery delivery) {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || waiting_[delivery.split] < kPerSplit; });
    if (closed_) return false;
    ++waiting_[delivery.split];
    deliveries_.push_back(std::move(delivery));
  }
  if (wake_) wake_();
  return true;
}

void RecordInbox::Fail(Error error) {
  {
    std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
  }
  if (wake_) wake_();
}

void RecordInbox::SetSplits(std::vector<int32_t> splits) {
  {
    std::lock_guard lock(mutex_);
    splits_ = std::move(splits);
  }
  if (wake_) wake_();
}

Result<std::optional<Delivery>> RecordInbox::Pop() {
  std::optional<Delivery> out;
  {
    std::lock_guard lock(mutex_);
    if (error_) return *error_;
    if (deliveries_.empty()) return out;
    out = std::move(deliveries_.front());
    deliveries_.pop_front();
    --waiting_[out->split];
  }
  changed_.notify_all();
  return out;
}

std::optional<std::vector<int32_t>> RecordInbox::TakeSplits() {
  std::lock_guard lock(mutex_);
  return std::exchange(splits_, std::nullopt);
}

void RecordInbox::Close() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

}  // namespace sluice::engine::kinesis
