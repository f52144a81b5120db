// One subtask of one vertex inside its task: gives batches to the operator or sink, merges watermarks, passes on what
// comes out. Runs on its task's thread; only the counters are read by others.
#pragma once

#include <memory>
#include <vector>

#include "engine/runtime/exchange.h"
#include "engine/runtime/interfaces.h"
#include "engine/runtime/job_graph.h"
#include "engine/runtime/watermark_merger.h"
#include "engine/state/keyed_state.h"

namespace sluice::engine {

class Node final : public Output {
 public:
  Node(const JobVertex& vertex, TaskContext context);

  // --- wiring, before Open
  /// Adds an input channel to input `input`; answers its number.
  size_t AddChannel(int input);
  void AddLocalOutput(Node* to, size_t channel) { locals_.push_back({to, channel}); }
  void AddExchange(std::unique_ptr<Exchange> exchange) { exchanges_.push_back(std::move(exchange)); }
  void SetWaker(std::function<void()> wake) { context_.wake = std::move(wake); }
  Status Make();

  // --- the task's calls
  Status Open();
  bool is_source() const { return source_ != nullptr; }
  /// A source that has not ended.
  bool live_source() const { return source_ != nullptr && !ended_; }
  Result<PollResult> Poll();
  /// Ends a live source before the end of its input: no watermark follows.
  Status StopSource() { return End(); }
  Status Receive(size_t channel, Batch batch);
  Status ReceiveIdle(size_t channel, bool idle);
  Status ReceiveEnd(size_t channel);
  int64_t NextProcessingTime() const {
    if (ended_) return kMaxWatermark;
    return operator_ ? operator_->NextProcessingTime() : next_commit_ms_;
  }
  Status AdvanceProcessingTime(int64_t now_ms);
  /// Nothing more to do for now: sinks flush what they hold.
  Status Idle(int64_t now_ms);
  bool ended() const { return ended_; }
  bool Drain();
  bool blocked() const;
  void Close();

  // --- Output of the node's own source or operator
  Status Emit(Batch batch) override;
  Status SetIdle(bool idle) override;

  SubtaskCounters& counters() { return counters_; }
  const TaskContext& context() const { return context_; }
  void SetState(ExecutionState state) { counters_.state.store(state, std::memory_order_relaxed); }

 private:
  struct Local {
    Node* node;
    size_t channel;
  };
  Status Advance(int64_t watermark);
  Status Forward(int64_t watermark);
  Status End();
  Status CommitSink(int64_t now_ms);
  Error Name(const Error& error) const;
  Status Named(Status status) {
    if (status.ok()) return status;
    SetState(ExecutionState::kFailed);
    return Name(status.error());
  }

  const JobVertex& vertex_;
  TaskContext context_;
  std::unique_ptr<KeyedStateBackend> state_;
  std::unique_ptr<Source> source_;
  std::unique_ptr<Operator> operator_;
  std::unique_ptr<Sink> sink_;
  std::vector<int> channel_inputs_;  // channel -> input
  std::vector<int> open_channels_;   // input -> channels that have not ended
  int open_inputs_ = 0;
  std::unique_ptr<WatermarkMerger> merger_;
  bool holds_watermark_ = false;
  bool idle_sent_ = false;
  bool opened_ = false;
  bool ended_ = false;
  bool dirty_ = false;                      // sink: written since the last flush
  int64_t next_commit_ms_ = kMaxWatermark;  // sink: see JobVertex::commit_interval_ms
  int64_t commits_ = 0;
  std::vector<Local> locals_;
  std::vector<std::unique_ptr<Exchange>> exchanges_;
  SubtaskCounters counters_;
};

}  // namespace sluice::engine
