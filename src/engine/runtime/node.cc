#include "engine/runtime/node.h"

#include "base/clock.h"

namespace sluice::engine {

Node::Node(const JobVertex& vertex, TaskContext context) : vertex_(vertex), context_(std::move(context)) {}

size_t Node::AddChannel(int input) {
  channel_inputs_.push_back(input);
  if (open_channels_.size() <= static_cast<size_t>(input)) open_channels_.resize(static_cast<size_t>(input) + 1);
  ++open_channels_[static_cast<size_t>(input)];
  return channel_inputs_.size() - 1;
}

Status Node::Make() {
  if (vertex_.make_source) {
    SLUICE_ASSIGN_OR_RETURN(source_, vertex_.make_source());
  } else if (vertex_.make_operator) {
    SLUICE_ASSIGN_OR_RETURN(operator_, vertex_.make_operator());
  } else {
    SLUICE_ASSIGN_OR_RETURN(sink_, vertex_.make_sink());
  }
  return {};
}

Error Node::Name(const Error& error) const {
  std::string where = "operator '" + vertex_.name + "'";
  if (context_.parallelism > 1) {
    where += " (" + std::to_string(context_.subtask + 1) + "/" + std::to_string(context_.parallelism) + ")";
  }
  return error.WithContext(where);
}

Status Node::Open() {
  SetState(ExecutionState::kInitializing);
  open_inputs_ = static_cast<int>(open_channels_.size());
  merger_ = std::make_unique<WatermarkMerger>(channel_inputs_.size());
  opened_ = true;
  if (operator_) {
    const auto max_parallelism = static_cast<uint32_t>(context_.max_parallelism);
    state_ = MakeMemoryStateBackend(
        {.key_groups = KeyGroupsOfSubtask(static_cast<uint32_t>(context_.subtask), max_parallelism,
                                          static_cast<uint32_t>(context_.parallelism)),
         .max_parallelism = max_parallelism,
         .clock = context_.clock});
    context_.state = state_.get();
    holds_watermark_ = operator_->holds_watermark();
    SLUICE_RETURN_IF_ERROR(Named(operator_->Open(context_)));
  } else if (source_) {
    SLUICE_RETURN_IF_ERROR(Named(source_->Open(context_)));
  } else {
    SLUICE_RETURN_IF_ERROR(Named(sink_->Open(context_)));
    if (vertex_.commit_interval_ms > 0) next_commit_ms_ = context_.clock->NowMs() + vertex_.commit_interval_ms;
  }
  SetState(ExecutionState::kRunning);
  return {};
}

Result<PollResult> Node::Poll() {
  Result<PollResult> result = source_->Poll(*this);
  if (!result.ok()) {
    SetState(ExecutionState::kFailed);
    return Name(result.error());
  }
  if (result->state == PollState::kEnd) {
    SLUICE_RETURN_IF_ERROR(Forward(kMaxWatermark));
    SLUICE_RETURN_IF_ERROR(End());
  }
  return result;
}

Status Node::Receive(size_t channel, Batch batch) {
  if (ended_) return {};
  const int64_t advanced = merger_->Merge(channel, batch);
  batch.watermark = kNoWatermark;
  const size_t rows = batch.row_count();
  if (rows > 0) {
    counters_.records_in.fetch_add(static_cast<int64_t>(rows), std::memory_order_relaxed);
    if (sink_) {
      dirty_ = true;
      SLUICE_RETURN_IF_ERROR(Named(sink_->Write(std::move(batch))));
    } else {
      if (operator_->NextProcessingTime() != kMaxWatermark) {
        SLUICE_RETURN_IF_ERROR(AdvanceProcessingTime(context_.clock->NowMs()));
      }
      SLUICE_RETURN_IF_ERROR(Named(operator_->Process(channel_inputs_[channel], std::move(batch), *this)));
    }
  }
  return advanced == kNoWatermark ? Status() : Advance(advanced);
}

Status Node::Advance(int64_t watermark) {
  counters_.watermark.store(watermark, std::memory_order_relaxed);
  if (sink_) return {};
  SLUICE_RETURN_IF_ERROR(Named(operator_->AdvanceWatermark(watermark, *this)));
  return holds_watermark_ ? Status() : Forward(watermark);
}

Status Node::Forward(int64_t watermark) {
  Batch mark;
  mark.watermark = watermark;
  return Emit(std::move(mark));
}

Status Node::ReceiveIdle(size_t channel, bool idle) {
  if (ended_) return {};
  const int64_t advanced = merger_->SetIdle(channel, idle);
  if (advanced != kNoWatermark) SLUICE_RETURN_IF_ERROR(Advance(advanced));
  if (sink_ || holds_watermark_ || merger_->idle() == idle_sent_) return {};
  return SetIdle(merger_->idle());
}

Status Node::ReceiveEnd(size_t channel) {
  if (ended_) return {};
  const auto input = static_cast<size_t>(channel_inputs_[channel]);
  if (--open_channels_[input] > 0) return {};
  --open_inputs_;
  if (operator_) SLUICE_RETURN_IF_ERROR(Named(operator_->EndInput(static_cast<int>(input), *this)));
  return open_inputs_ > 0 ? Status() : End();
}

Status Node::End() {
  ended_ = true;
  if (sink_) SLUICE_RETURN_IF_ERROR(Named(sink_->Finish()));
  SetState(ExecutionState::kFinished);
  for (const Local& local : locals_) SLUICE_RETURN_IF_ERROR(local.node->ReceiveEnd(local.channel));
  for (auto& exchange : exchanges_) exchange->SendAll(Element::Kind::kEnd);
  return {};
}

Status Node::CommitSink(int64_t now_ms) {
  next_commit_ms_ = now_ms + vertex_.commit_interval_ms;
  Result<std::string> prepared = sink_->PrepareCommit(++commits_);
  return Named(prepared.ok() ? sink_->Commit(*prepared) : Status(prepared.error()));
}

Status Node::AdvanceProcessingTime(int64_t now_ms) {
  if (sink_) return now_ms < next_commit_ms_ ? Status() : CommitSink(now_ms);
  if (now_ms < operator_->NextProcessingTime()) return {};
  return Named(operator_->AdvanceProcessingTime(now_ms, *this));
}

Status Node::Idle(int64_t now_ms) {
  if (!sink_ || ended_) return {};
  if (dirty_) SLUICE_RETURN_IF_ERROR(Named(sink_->Flush()));
  dirty_ = false;
  return Named(sink_->OnTime(now_ms));
}

Status Node::Emit(Batch batch) {
  const size_t rows = batch.row_count();
  if (rows == 0 && batch.watermark == kNoWatermark) return {};
  counters_.records_out.fetch_add(static_cast<int64_t>(rows), std::memory_order_relaxed);
  size_t left = locals_.size() + exchanges_.size();
  for (const Local& local : locals_) {
    SLUICE_RETURN_IF_ERROR(local.node->Receive(local.channel, --left == 0 ? std::move(batch) : batch));
  }
  for (auto& exchange : exchanges_) exchange->Send(--left == 0 ? std::move(batch) : batch);
  return {};
}

Status Node::SetIdle(bool idle) {
  idle_sent_ = idle;
  for (const Local& local : locals_) SLUICE_RETURN_IF_ERROR(local.node->ReceiveIdle(local.channel, idle));
  for (auto& exchange : exchanges_) exchange->SendAll(idle ? Element::Kind::kIdle : Element::Kind::kActive);
  return {};
}

bool Node::Drain() {
  bool done = true;
  for (auto& exchange : exchanges_) done &= exchange->Drain();
  return done;
}

bool Node::blocked() const {
  for (const auto& exchange : exchanges_) {
    if (exchange->waiting()) return true;
  }
  return false;
}

void Node::Close() {
  if (!opened_) return;
  opened_ = false;
  // The job has its result by now; what closing says can only be an afterthought.
  if (source_) (void)source_->Close();
  if (operator_) (void)operator_->Close();
  if (sink_) (void)sink_->Close();
}

}  // namespace sluice::engine
