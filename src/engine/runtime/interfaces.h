// The narrow interfaces that the runtime drives: Source, Operator, Sink. Implementations stand in operators/ and
// connectors/; the runtime names none of them. One instance is one subtask's and is called by one thread at a time,
// in this order: Open, then data calls, then Close. Errors end the job (its restart strategy decides what follows).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/columnar/batch.h"
#include "engine/types/data_type.h"

namespace sluice {
class Clock;
class Logger;
class MetricsRegistry;
}  // namespace sluice

namespace sluice::engine {

class KeyedStateBackend;
class WatermarkAlignment;

/// What a subtask knows of itself. Outlives the instance that it was opened with.
struct TaskContext {
  std::string operator_uid;
  std::string operator_name;
  int subtask = 0;
  int parallelism = 1;
  int max_parallelism = 128;
  bool batch = false;
  Clock* clock = nullptr;
  MetricsRegistry* metrics = nullptr;
  KeyedStateBackend* state = nullptr;       // null for stateless tasks
  WatermarkAlignment* alignment = nullptr;  // the job's; null: nobody to align with
  size_t batch_rows = 1024;                 // cap of a batch; sources obey it, operators need not
  /// Asks for another Poll soon, of a source that answered kIdle. From any thread, while the source is open.
  std::function<void()> wake;
};

/// Takes what an operator or source produces. Emit moves the batch to the next operator of the chain or into the
/// exchange; it never blocks (a full exchange is seen by the task before it calls Process again).
class Output {
 public:
  virtual ~Output() = default;
  virtual Status Emit(Batch batch) = 0;
  /// From now on the stream sends no watermarks (idle), or does again; only for those that make watermarks.
  virtual Status SetIdle(bool idle) {
    (void)idle;
    return {};
  }
  /// The splits that this source subtask reads from now on, for sources whose batches name theirs (Batch::split). Said
  /// after Open or RestorePositions, before the first batch, and whenever the set changes. A split that is new holds
  /// the watermark back until its first row or until it is idle; one that is gone counts no more.
  virtual Status SetSplits(const std::vector<int32_t>& splits) {
    (void)splits;
    return {};
  }
};

enum class PollState : uint8_t {
  kMore,  // rows were emitted or may be at once: poll again
  kIdle,  // nothing now; poll again after `wake_after_ms` or when the source calls its waker
  kEnd,   // bounded input is read to its end
};
struct PollResult {
  PollState state = PollState::kMore;
  int64_t wake_after_ms = 10;
};

class Source {
 public:
  virtual ~Source() = default;
  virtual Status Open(const TaskContext& context) = 0;
  /// Emits at most about one batch of what is there; never waits for more (engine.md 2).
  virtual Result<PollResult> Poll(Output& out) = 0;
  /// The position after everything emitted so far: opaque, versioned bytes of this subtask. Also asked of a source that
  /// has answered kEnd.
  virtual Result<std::string> SnapshotPosition() { return std::string(); }
  /// Right after Open: the positions of all subtasks of the restored snapshot, in their order. Their number is the old
  /// parallelism; if it is ours too, positions[subtask] is the own one. Else the source divides all of them anew by the
  /// same rule by which it divides its input, so that no part is read twice and none is left out.
  virtual Status RestorePositions(const std::vector<std::string>& positions) {
    (void)positions;
    return {};
  }
  virtual Status Close() { return {}; }
};

class Operator {
 public:
  virtual ~Operator() = default;
  virtual Status Open(const TaskContext& context) = 0;
  /// A batch of input `input`. batch.watermark_before (merged over inputs by the runtime) holds within the batch; the
  /// batch's final watermark comes as AdvanceWatermark after this call, so implementations ignore batch.watermark.
  virtual Status Process(int input, Batch batch, Output& out) = 0;
  /// The combined watermark of all inputs moved to `watermark`. The runtime passes the watermark on downstream after
  /// the call (unless holds_watermark() says otherwise). After a restore the one that held at the snapshot (at another
  /// parallelism: the smallest) comes before any batch.
  virtual Status AdvanceWatermark(int64_t watermark, Output& out) {
    (void)watermark;
    (void)out;
    return {};
  }
  /// Wall clock reached a time asked for through NextProcessingTime(); also called right before each Process with a
  /// batch, so that time moves even under load.
  virtual Status AdvanceProcessingTime(int64_t now_ms, Output& out) {
    (void)now_ms;
    (void)out;
    return {};
  }
  /// A snapshot is about to be taken: emit what is held back for speed (mini-batches), put what is not kept in tables
  /// (OperatorValues). What was emitted stands before the barrier.
  virtual Status BeforeSnapshot(Output& out) {
    (void)out;
    return {};
  }
  /// The earliest wall-clock ms at which AdvanceProcessingTime must be called; kMaxWatermark = never.
  virtual int64_t NextProcessingTime() const { return kMaxWatermark; }
  /// Input `input` has ended (after its Long.MAX watermark). Called once an input; emit what is left after the last.
  virtual Status EndInput(int input, Output& out) {
    (void)input;
    (void)out;
    return {};
  }
  /// See Output::SetSplits; asked only of operators that emit watermarks themselves.
  virtual Status SetSplits(const std::vector<int32_t>& splits, Output& out) {
    (void)splits;
    (void)out;
    return {};
  }
  /// Asked before the sources of its task are polled: true lets them wait (watermark alignment). Only of operators that
  /// emit watermarks themselves.
  virtual bool HoldsBack(int64_t now_ms) {
    (void)now_ms;
    return false;
  }
  /// The operator emits watermarks itself, in its output batches (watermark assigner).
  virtual bool holds_watermark() const { return false; }
  virtual Status Close() { return {}; }
};

class Sink {
 public:
  virtual ~Sink() = default;
  virtual Status Open(const TaskContext& context) = 0;
  virtual Status Write(Batch batch) = 0;
  /// Everything written so far becomes durable or visible as far as the sink can without a commit; called when idle,
  /// at the end of input and before a checkpoint.
  virtual Status Flush() { return {}; }
  /// What is written becomes visible only by a commit: at the end of a bounded input the job then waits for one more
  /// checkpoint (if it makes any) instead of Finish.
  virtual bool two_phase() const { return false; }
  /// Two-phase commit: everything written so far is made durable, but not visible; the answer goes into the checkpoint.
  /// Commit(bytes) makes it visible once the checkpoint is complete, in this process or, after a crash, in another one
  /// that restored the checkpoint (perhaps on another subtask, right after Open). Commit must be idempotent. The
  /// runtime keeps what was prepared for a checkpoint that failed and hands it in with the next one; if the process
  /// dies first, it must stay invisible for ever.
  virtual Result<std::string> PrepareCommit(int64_t checkpoint_id) {
    (void)checkpoint_id;
    return std::string();
  }
  virtual Status Commit(std::string_view prepared) {
    (void)prepared;
    return {};
  }
  /// End of bounded input: everything is made final and visible.
  virtual Status Finish() { return Flush(); }
  /// Wall-clock driven work (file rolling); called from time to time while idle.
  virtual Status OnTime(int64_t now_ms) {
    (void)now_ms;
    return {};
  }
  /// After Finish, or without it when the job fails or is cancelled: nothing half-written may stay visible.
  virtual Status Close() { return {}; }
};

}  // namespace sluice::engine
