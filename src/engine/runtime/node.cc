#include "engine/runtime/node.h"

#include <algorithm>

#include "base/clock.h"
#include "engine/runtime/passes_idleness.h"

namespace sluice::engine {

Node::Node(const JobVertex& vertex, int vertex_index, TaskContext context, const Surroundings& surroundings)
    : vertex_(vertex), vertex_index_(vertex_index), surroundings_(surroundings), context_(std::move(context)) {}

size_t Node::AddChannel(int input) {
  channel_inputs_.push_back(input);
  if (open_channels_.size() <= static_cast<size_t>(input)) open_channels_.resize(static_cast<size_t>(input) + 1);
  ++open_channels_[static_cast<size_t>(input)];
  return channel_inputs_.size() - 1;
}

size_t Node::ChannelOf(int input, int producer) const {
  size_t found = 0;
  int number = 0;  // an input's channels were added in the order of the producers
  for (size_t c = 0; c < channel_inputs_.size(); ++c) {
    if (channel_inputs_[c] != input) continue;
    found = c;
    if (number++ == producer) break;
  }
  return found;
}

Status Node::Make() {
  if (vertex_.make_source) {
    SLUICE_ASSIGN_OR_RETURN(source_, vertex_.make_source());
  } else if (vertex_.make_operator) {
    SLUICE_ASSIGN_OR_RETURN(operator_, vertex_.make_operator());
    async_ = dynamic_cast<AsyncOperator*>(operator_.get());
  } else {
    SLUICE_ASSIGN_OR_RETURN(sink_, vertex_.make_sink());
    async_ = dynamic_cast<AsyncOperator*>(sink_.get());
    watermark_listener_ = dynamic_cast<WatermarkListener*>(sink_.get());
  }
  return {};
}

std::string Node::label() const {
  std::string where = "operator '" + vertex_.name + "'";
  if (context_.parallelism > 1) {
    where += " (" + std::to_string(context_.subtask + 1) + "/" + std::to_string(context_.parallelism) + ")";
  }
  return where;
}

Error Node::Name(const Error& error) const { return error.WithContext(label()); }

Status Node::Open() {
  SetState(ExecutionState::kInitializing);
  open_inputs_ = static_cast<int>(open_channels_.size());
  merger_ = std::make_unique<WatermarkMerger>(channel_inputs_.size());
  finished_before_ = restore_ != nullptr && restore_->finished;
  if (finished_before_) {
    final_position_ = restore_->final_position;
    if (!sink_ || restore_->prepared.empty()) return {};  // it will only say that it has ended
  }
  opened_ = true;
  if (operator_) {
    SLUICE_RETURN_IF_ERROR(OpenState());
    holds_watermark_ = operator_->holds_watermark();
    SLUICE_RETURN_IF_ERROR(Named(operator_->Open(context_)));
    if (restore_ == nullptr) return {};
    SLUICE_RETURN_IF_ERROR(Named(state_->CheckRestored(restore_->allow_unclaimed)));
    const int64_t watermark = restore_->watermarks.input;
    if (watermark == kNoWatermark) return {};
    merger_->Restore(watermark);
    counters_.watermark.store(watermark, std::memory_order_relaxed);
    return Named(operator_->AdvanceWatermark(watermark, *this));
  }
  if (sink_) return OpenSink();
  SLUICE_RETURN_IF_ERROR(Named(source_->Open(context_)));
  return restore_ == nullptr ? Status() : Named(source_->RestorePositions(restore_->positions));
}

Status Node::OpenState() {
  const auto max_parallelism = static_cast<uint32_t>(context_.max_parallelism);
  StateBackendRequest request;
  request.key_groups = KeyGroupsOfSubtask(static_cast<uint32_t>(context_.subtask), max_parallelism,
                                          static_cast<uint32_t>(context_.parallelism));
  request.max_parallelism = max_parallelism;
  request.clock = context_.clock;
  if (restore_ != nullptr && !restore_->state.snapshots.empty()) request.restore = &restore_->state;
  if (surroundings_.make_state != nullptr && *surroundings_.make_state) {
    Result<std::unique_ptr<KeyedStateBackend>> made = (*surroundings_.make_state)(request);
    if (!made.ok()) return Named(made.error());
    state_ = std::move(*made);
  } else {
    state_ = MakeMemoryStateBackend(request);
  }
  context_.state = state_.get();
  return {};
}

Status Node::OpenSink() {
  SLUICE_RETURN_IF_ERROR(Named(sink_->Open(context_)));
  if (restore_ == nullptr) return {};
  for (std::string& prepared : restore_->prepared) {
    if (restore_->hold_commits) {
      sink_commits_.Hold(std::move(prepared));
    } else {
      SLUICE_RETURN_IF_ERROR(Named(sink_->Commit(prepared)));
    }
  }
  return {};
}

std::vector<RestoredBatch> Node::TakeRestoredBatches() {
  return restore_ == nullptr ? std::vector<RestoredBatch>() : std::move(restore_->in_flight);
}

Status Node::ResumeOutput() {
  const std::unique_ptr<SubtaskRestore> restore = std::move(restore_);
  SetState(ExecutionState::kRunning);
  if (restore == nullptr) return {};
  if (restore->finished) {
    if (!sink_) SLUICE_RETURN_IF_ERROR(Forward(kMaxWatermark));
    return End();
  }
  return restore->watermarks.output == kNoWatermark ? Status() : Forward(restore->watermarks.output);
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
  if (ended_ || finished_before_) return {};
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
  if (sink_) return watermark_listener_ == nullptr ? Status() : Named(watermark_listener_->AdvanceWatermark(watermark));
  SLUICE_RETURN_IF_ERROR(Named(operator_->AdvanceWatermark(watermark, *this)));
  return holds_watermark_ ? Status() : Forward(watermark);
}

Status Node::Forward(int64_t watermark) {
  Batch mark;
  mark.watermark = watermark;
  return Emit(std::move(mark));
}

Status Node::ReceiveIdle(size_t channel, bool idle) {
  if (ended_ || finished_before_) return {};
  const int64_t advanced = merger_->SetIdle(channel, idle);
  if (advanced != kNoWatermark) SLUICE_RETURN_IF_ERROR(Advance(advanced));
  const bool passes = !holds_watermark_ || async_ || dynamic_cast<PassesIdleness*>(operator_.get()) != nullptr;
  if (sink_ || !passes || merger_->idle() == idle_sent_) return {};
  return SetIdle(merger_->idle());
}

Status Node::ReceiveEnd(size_t channel) {
  if (ended_ || finished_before_) return {};
  const auto input = static_cast<size_t>(channel_inputs_[channel]);
  if (--open_channels_[input] > 0) return {};
  --open_inputs_;
  if (operator_) SLUICE_RETURN_IF_ERROR(Named(operator_->EndInput(static_cast<int>(input), *this)));
  if (open_inputs_ > 0) return {};
  end_waits_ = async_ != nullptr && !async_->idle();
  return end_waits_ ? Status() : End();
}

Result<bool> Node::EmitReady() {
  if (async_ == nullptr || !opened_ || ended_) return false;
  Result<bool> emitted = async_->EmitReady(*this);
  if (!emitted.ok()) return Named(emitted.error()).error();
  if (!end_waits_ || !async_->idle()) return emitted;
  end_waits_ = false;
  SLUICE_RETURN_IF_ERROR(End());
  return true;
}

Status Node::End() {
  ended_ = true;
  if (sink_) SLUICE_RETURN_IF_ERROR(EndSink());
  if (source_ && opened_ && !context_.batch) {
    Result<std::string> position = source_->SnapshotPosition();
    if (!position.ok()) return Named(position.error());
    final_position_ = std::move(*position);
  }
  if (!awaits_commit_) SetState(ExecutionState::kFinished);
  for (const Local& local : locals_) SLUICE_RETURN_IF_ERROR(local.node->ReceiveEnd(local.channel));
  for (auto& exchange : exchanges_) exchange->SendAll(Element::Kind::kEnd);
  return {};
}

Status Node::EndSink() {
  if (finished_before_ && sink_commits_.empty()) return {};
  if (surroundings_.final_checkpoint && sink_->two_phase()) {
    awaits_commit_ = true;
    if (surroundings_.want_final_checkpoint) surroundings_.want_final_checkpoint();
    return {};
  }
  // Of savepoints that were not confirmed: nothing will confirm them now.
  SLUICE_RETURN_IF_ERROR(Named(sink_commits_.CommitUpTo(*sink_, INT64_MAX)));
  return finished_before_ ? Status() : Named(sink_->Finish());
}

Status Node::AdvanceProcessingTime(int64_t now_ms) {
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
  if (batch.watermark != kNoWatermark) {
    output_watermark_ = std::max(output_watermark_, batch.watermark);
  } else if (rows == 0) {
    return {};
  }
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

Status Node::SetSplits(const std::vector<int32_t>& splits) {
  for (const Local& local : locals_) SLUICE_RETURN_IF_ERROR(local.node->ReceiveSplits(splits));
  return {};
}

Status Node::ReceiveSplits(const std::vector<int32_t>& splits) {
  // Only what reads one source keeps the rows of its splits apart.
  if (!operator_ || channel_inputs_.size() != 1 || ended_ || finished_before_) return {};
  if (holds_watermark_) return Named(operator_->SetSplits(splits, *this));
  return SetSplits(splits);
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
  return async_ != nullptr && opened_ && !ended_ && async_->saturated();
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
