// What a node does for checkpoints.
#include "engine/runtime/checkpoint_listener.h"
#include "engine/runtime/node.h"

namespace sluice::engine {

Status Node::BeforeSnapshot() {
  if (!operator_ || ended_) return {};
  return Named(operator_->BeforeSnapshot(*this));
}

Status Node::Freeze(const CheckpointRequest& request, SubtaskSnapshot& out, std::optional<Error>& decline) {
  out.finished = ended_;
  if (sink_) {
    if (opened_ && !done()) {
      SLUICE_RETURN_IF_ERROR(Named(sink_->Flush()));
      SLUICE_RETURN_IF_ERROR(Named(sink_commits_.Prepare(*sink_, request.id)));
      dirty_ = false;
      if (ended_ && final_checkpoint_ == 0) final_checkpoint_ = request.id;
    }
    out.prepared = sink_commits_.Waiting();
    return {};
  }
  if (source_) {
    out.position = final_position_;
    if (ended_) return {};
    Result<std::string> position = source_->SnapshotPosition();
    if (!position.ok()) {
      decline = Name(position.error());
      return {};
    }
    out.position = std::move(*position);
    if (auto* listener = dynamic_cast<CheckpointListener*>(source_.get())) listener->SnapshotTaken(request.id);
    return {};
  }
  if (ended_) return {};
  frozen_watermarks_ = {merger_->watermark(), output_watermark_, idle_sent_};
  state_->BeginSnapshot({.checkpoint_id = request.id, .full = request.full});
  return {};
}

Result<bool> Node::CopyState(size_t budget, std::string& out, SubtaskSnapshot& snapshot) {
  Result<bool> done = state_->StepSnapshot(budget, out);
  if (!done.ok()) return Name(done.error());
  if (!*done) return false;
  snapshot.state = state_->TakeSnapshot();
  snapshot.state->values[std::string(kWatermarksValue)] = EncodeWatermarks(frozen_watermarks_);
  return true;
}

void Node::AbandonState() { state_->AbandonSnapshot(); }

void Node::SendBarrier(int64_t checkpoint, bool overtaking) {
  for (auto& exchange : exchanges_) {
    if (overtaking) {
      exchange->AnnounceBarrier(checkpoint);
    } else {
      exchange->SendBarrier(checkpoint);
    }
  }
}

Status Node::Confirm(int64_t checkpoint, const StatePiece* own) {
  if (state_ && own != nullptr) state_->ConfirmSnapshot(checkpoint, *own);
  if (source_ && opened_) {
    if (auto* listener = dynamic_cast<CheckpointListener*>(source_.get())) listener->CheckpointComplete(checkpoint);
  }
  if (!sink_ || !opened_) return {};
  SLUICE_RETURN_IF_ERROR(Named(sink_commits_.CommitUpTo(*sink_, checkpoint)));
  if (awaits_commit_ && final_checkpoint_ != 0 && final_checkpoint_ <= checkpoint) {
    awaits_commit_ = false;
    SetState(ExecutionState::kFinished);
  }
  return {};
}

void Node::PublishStateSize() {
  if (!state_) return;
  counters_.state_bytes.store(static_cast<int64_t>(state_->memory_bytes()), std::memory_order_relaxed);
}

}  // namespace sluice::engine
