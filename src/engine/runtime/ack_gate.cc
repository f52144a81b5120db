#include "engine/runtime/ack_gate.h"

#include "engine/runtime/job.h"

namespace sluice::engine {

void AckGate::Ack(SubtaskAck ack) {
  std::lock_guard lock(mutex_);
  if (listener_ != nullptr && !aborted_.contains(ack.checkpoint_id)) listener_->OnSubtaskAck(std::move(ack));
}

void AckGate::Decline(int64_t checkpoint_id, const Error& error) {
  std::lock_guard lock(mutex_);
  if (listener_ != nullptr && !aborted_.contains(checkpoint_id)) listener_->OnDecline(checkpoint_id, error);
}

void AckGate::Abort(int64_t checkpoint_id) {
  constexpr size_t kRemembered = 64;  // far more than may be under way at once
  std::lock_guard lock(mutex_);
  aborted_.insert(checkpoint_id);
  if (aborted_.size() > kRemembered) aborted_.erase(aborted_.begin());
}

void AckGate::Close() {
  std::lock_guard lock(mutex_);
  listener_ = nullptr;
}

}  // namespace sluice::engine
