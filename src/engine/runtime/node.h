// One subtask of one vertex inside its task: gives batches to the operator or sink, merges watermarks, passes on what
// comes out. Runs on its task's thread; only the counters are read by others.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/runtime/async_operator.h"
#include "engine/runtime/exchange.h"
#include "engine/runtime/interfaces.h"
#include "engine/runtime/job_graph.h"
#include "engine/runtime/restore.h"
#include "engine/runtime/sink_commits.h"
#include "engine/runtime/watermark_listener.h"
#include "engine/runtime/watermark_merger.h"
#include "engine/state/keyed_state.h"

namespace sluice::engine {

class Node final : public Output {
 public:
  /// What the node asks of its job.
  struct Surroundings {
    const StateBackendFactory* make_state = nullptr;  // empty function: the memory backend
    /// Two-phase sinks wait for a checkpoint at the end of their input, and say so.
    bool final_checkpoint = false;
    std::function<void()> want_final_checkpoint;
  };
  Node(const JobVertex& vertex, int vertex_index, TaskContext context, const Surroundings& surroundings);

  // --- wiring, before Open
  /// Adds an input channel to input `input`; answers its number.
  size_t AddChannel(int input);
  void AddLocalOutput(Node* to, size_t channel) { locals_.push_back({to, channel}); }
  void AddExchange(std::unique_ptr<Exchange> exchange) { exchanges_.push_back(std::move(exchange)); }
  void SetWaker(std::function<void()> wake) { context_.wake = std::move(wake); }
  /// The channel by which subtask `producer` sends to input `input`; any of the input's if there is none.
  size_t ChannelOf(int input, int producer) const;
  /// What the subtask starts from; before Open.
  void SetRestore(SubtaskRestore restore) { restore_ = std::make_unique<SubtaskRestore>(std::move(restore)); }
  Status Make();

  // --- the task's calls
  Status Open();
  /// The batches that were under way to the node at the snapshot; moves them out.
  std::vector<RestoredBatch> TakeRestoredBatches();
  /// After those are delivered, producers first: sends the watermark that it had sent before, or its end.
  Status ResumeOutput();
  bool is_source() const { return source_ != nullptr; }
  /// A source that has not ended.
  bool live_source() const { return source_ != nullptr && !ended_; }
  /// Its operator wants the sources of the task to wait.
  bool HoldsBack(int64_t now_ms) { return holds_watermark_ && !ended_ && operator_->HoldsBack(now_ms); }
  Result<PollResult> Poll();
  /// Ends a live source before the end of its input. `drain`: as if it were the end, else no watermark follows.
  Status StopSource(bool drain) {
    if (drain) SLUICE_RETURN_IF_ERROR(Forward(kMaxWatermark));
    return End();
  }
  Status Receive(size_t channel, Batch batch);
  Status ReceiveIdle(size_t channel, bool idle);
  Status ReceiveEnd(size_t channel);
  Status ReceiveSplits(const std::vector<int32_t>& splits);
  int64_t NextProcessingTime() const { return operator_ && !ended_ ? operator_->NextProcessingTime() : kMaxWatermark; }
  Status AdvanceProcessingTime(int64_t now_ms);
  /// Nothing more to do for now: sinks flush what they hold.
  Status Idle(int64_t now_ms);
  bool ended() const { return ended_; }
  /// At its end, and nothing waits to be committed.
  bool done() const { return ended_ && !awaits_commit_; }
  bool Drain();
  /// What an AsyncOperator has got since; true if there was anything.
  Result<bool> EmitReady();
  /// Nothing may be given to the node: its output is full, or its operator waits.
  bool blocked() const;
  void Close();
  /// Between two batches: keyed state does what it puts off. From time to time its size is told.
  void Maintain() {
    if (state_ && !ended_) state_->Maintain();
  }
  void PublishStateSize();

  // --- checkpoints, between two batches (node_checkpoint.cc)
  Status BeforeSnapshot();
  /// Freezes everything and fills in what is there at once: position, prepared commits. `decline` is set if that fails
  /// without harm to the job.
  Status Freeze(const CheckpointRequest& request, SubtaskSnapshot& out, std::optional<Error>& decline);
  /// Copies up to `budget` bytes of frozen state to `out`; true: that was all, `snapshot` is complete but for the
  /// piece.
  Result<bool> CopyState(size_t budget, std::string& out, SubtaskSnapshot& snapshot);
  void AbandonState();
  void SendBarrier(int64_t checkpoint, bool overtaking);
  /// The checkpoint is complete; `own` is null if the subtask wrote nothing for it.
  Status Confirm(int64_t checkpoint, const StatePiece* own);
  /// The last position of a source that has ended.
  const std::string& final_position() const { return final_position_; }
  void AwaitFinalCheckpoint() { surroundings_.final_checkpoint = true; }

  // --- Output of the node's own source or operator
  Status Emit(Batch batch) override;
  Status SetIdle(bool idle) override;
  /// Goes along the chain to whoever makes the watermarks; an exchange is the end of it.
  Status SetSplits(const std::vector<int32_t>& splits) override;

  SubtaskCounters& counters() { return counters_; }
  const TaskContext& context() const { return context_; }
  bool has_state() const { return state_ != nullptr; }
  /// "operator 'name' (2/4)": who speaks in messages.
  std::string label() const;
  const std::string& uid() const { return vertex_.uid; }
  int vertex() const { return vertex_index_; }
  int input_of(size_t channel) const { return channel_inputs_[channel]; }
  void SetState(ExecutionState state) { counters_.state.store(state, std::memory_order_relaxed); }

 private:
  struct Local {
    Node* node;
    size_t channel;
  };
  Status Advance(int64_t watermark);
  Status Forward(int64_t watermark);
  Status End();
  Status EndSink();
  Status OpenState();
  Status OpenSink();
  Error Name(const Error& error) const;
  Status Named(Status status) {
    if (status.ok()) return status;
    SetState(ExecutionState::kFailed);
    return Name(status.error());
  }

  const JobVertex& vertex_;
  const int vertex_index_;
  Surroundings surroundings_;
  TaskContext context_;
  std::unique_ptr<KeyedStateBackend> state_;
  std::unique_ptr<Source> source_;
  std::unique_ptr<Operator> operator_;
  AsyncOperator* async_ = nullptr;  // operator_, if it is one
  bool end_waits_ = false;          // async_ is not idle yet, but all inputs have ended
  std::unique_ptr<Sink> sink_;
  WatermarkListener* watermark_listener_ = nullptr;  // sink_, if it is one
  std::vector<int> channel_inputs_;                  // channel -> input
  std::vector<int> open_channels_;                   // input -> channels that have not ended
  int open_inputs_ = 0;
  std::unique_ptr<WatermarkMerger> merger_;
  bool holds_watermark_ = false;
  bool idle_sent_ = false;
  bool opened_ = false;
  bool ended_ = false;
  std::unique_ptr<SubtaskRestore> restore_;  // until the output is resumed
  int64_t output_watermark_ = kNoWatermark;  // last sent
  bool finished_before_ = false;             // restored at its end: it hears nothing any more and says only that
  std::string final_position_;
  SavedWatermarks frozen_watermarks_;
  SinkCommits sink_commits_;
  bool awaits_commit_ = false;    // sink: at its end, not all committed
  int64_t final_checkpoint_ = 0;  // sink: the first one taken at its end
  bool dirty_ = false;            // sink: written since the last flush
  std::vector<Local> locals_;
  std::vector<std::unique_ptr<Exchange>> exchanges_;
  SubtaskCounters counters_;
};

}  // namespace sluice::engine
