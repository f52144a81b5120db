// When a checkpoint is triggered, when it is complete, given up, or reason enough to fail the job. Pure: facts and the
// time come in by calls, what shall be done comes out of Decide; no clock, thread or file. Follows Flink's
// CheckpointCoordinator, CheckpointRequestDecider and CheckpointFailureManager.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/runtime/checkpoint.h"
#include "engine/runtime/checkpoint_config.h"
#include "engine/runtime/checkpoint_statistics.h"

namespace sluice::engine {

/// Flink's CheckpointFailureReason, as far as it happens here.
enum class CheckpointFailure : uint8_t {
  kDeclined,    // by a subtask, before its snapshot
  kAsync,       // a subtask could not write its snapshot
  kExpired,     // execution.checkpointing.timeout
  kTrigger,     // it could not be started: no folder for a savepoint, …
  kFinalize,    // the manifest could not be written
  kNotRunning,  // not all tasks run
  kSubsumed,    // a newer one is complete
  kSuspended,   // the job failed or is restarting
  kShutDown,    // the job has ended
};
/// Flink's sentence.
std::string_view CheckpointFailureText(CheckpointFailure failure);
/// execution.checkpointing.tolerable-failed-checkpoints counts it.
bool CountsAsFailed(CheckpointFailure failure);

/// What a checkpoint is taken for.
struct CheckpointOrder {
  int64_t number = 0;  // the caller's; 0: periodic or final
  CheckpointKind kind = CheckpointKind::kCheckpoint;
  AfterCheckpoint then = AfterCheckpoint::kGoOn;
  bool cancel_job = false;  // SavepointOrder
  /// In preparation of another parallelism: into memory, in no statistics; the tasks wait behind it.
  bool rescale = false;
};

struct CheckpointAction {
  enum class Kind : uint8_t {
    kTrigger,  // with `mode` and `aligned_timeout_ms`
    kAbort,    // tell the tasks, remove what was written; id 0: it had not begun
    kFailJob,  // too many failures: `message`
  };
  Kind kind = Kind::kTrigger;
  int64_t id = 0;
  CheckpointOrder order;
  BarrierMode mode = BarrierMode::kAligned;
  int64_t aligned_timeout_ms = -1;
  std::string message;
};

class CheckpointCoordinator {
 public:
  explicit CheckpointCoordinator(const CheckpointConfig& config, int64_t next_id = 1)
      : config_(config), next_id_(next_id) {}

  /// Ids below `id` are taken.
  void SkipTo(int64_t id) { next_id_ = id > next_id_ ? id : next_id_; }

  // --- facts
  /// All tasks of an attempt run: `parallelism` by vertex.
  void JobRuns(int64_t now_ms, std::vector<int> parallelism);
  /// The attempt is over or about to be: what is in progress and what waits is aborted for this reason.
  void JobStops(CheckpointFailure why);
  /// The tasks are exchanged for others (another parallelism): what is ordered waits until those run. Nothing may be in
  /// progress.
  void JobPauses();
  void Order(const CheckpointOrder& order);
  /// A task has come to its end and such jobs are not to be saved (checkpoints-after-tasks-finish = false): what is
  /// under way or ordered from now on is given up, except to stop by.
  void TaskFinished(int64_t now_ms);
  /// Sinks wait for a checkpoint that is triggered from now on.
  void FinalWanted();
  enum class Ack : uint8_t { kLate, kCounted, kAll };
  Ack Acknowledged(int64_t id, int vertex, int subtask);
  /// `detail` follows Flink's sentence.
  void Failed(int64_t id, CheckpointFailure why, const std::string& detail, int64_t now_ms);
  /// Older periodic ones that are still under way are given up.
  void Completed(int64_t id, int64_t now_ms);

  // --- decisions
  /// What is to be done now, in this order.
  std::vector<CheckpointAction> Decide(int64_t now_ms);
  /// When Decide has something to do without another fact; INT64_MAX: never.
  int64_t WakeAtMs() const;

  size_t in_progress() const { return pending_.size(); }
  bool runs() const { return runs_; }

 private:
  struct Pending {
    CheckpointOrder order;
    int64_t deadline_ms = 0;
    bool final = false;
    std::vector<std::vector<bool>> acknowledged;
    size_t missing = 0;
  };
  int64_t PeriodicAtMs() const;
  /// Whether `order` (nothing: a periodic checkpoint) may begin beside what is in progress.
  bool MayBegin(const CheckpointOrder* order) const;
  CheckpointAction Begin(const CheckpointOrder& order, int64_t now_ms);
  void Give(int64_t id, const CheckpointOrder& order, CheckpointFailure why, const std::string& detail);

  CheckpointConfig config_;
  int64_t next_id_;
  bool runs_ = false, paused_ = false;
  bool task_finished_ = false;
  std::vector<int> parallelism_;
  std::map<int64_t, Pending> pending_;
  std::deque<CheckpointOrder> orders_;
  std::vector<CheckpointAction> actions_;  // decided by facts, not yet taken
  int64_t started_ms_ = 0;
  int64_t last_trigger_ms_ = 0;  // of a periodic one
  int64_t last_end_ms_ = INT64_MIN / 2;
  bool final_wanted_ = false;
  int64_t final_at_ms_ = INT64_MIN;
  int failed_in_a_row_ = 0;
};

}  // namespace sluice::engine
