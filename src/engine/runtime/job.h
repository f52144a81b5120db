// A job: the tasks of a JobGraph on a WorkerPool, from creation to a terminal status.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "engine/runtime/checkpoint.h"
#include "engine/runtime/job_graph.h"
#include "engine/runtime/job_status.h"
#include "engine/state/keyed_state.h"

namespace sluice::engine {

class WorkerPool;

/// Told of what happens to a job. Calls come from worker threads, one at a time; they must not wait for the job.
class JobListener {
 public:
  virtual ~JobListener() = default;
  virtual void OnJobStatus(JobStatus status, int64_t now_ms) {
    (void)status;
    (void)now_ms;
  }
  /// The first error; later ones only follow from it.
  virtual void OnFailure(const Error& error, int64_t now_ms) {
    (void)error;
    (void)now_ms;
  }
  /// A subtask's part of a checkpoint is durable. This and OnDecline come from storage threads too, and, for subtasks
  /// that are finished, from the caller of TriggerCheckpoint before that returns.
  virtual void OnSubtaskAck(SubtaskAck ack) { (void)ack; }
  /// A subtask could not do its part; the others go on until AbortCheckpoint.
  virtual void OnDecline(int64_t checkpoint_id, const Error& error) {
    (void)checkpoint_id;
    (void)error;
  }
  /// Every task has opened its operators: what was restored is read. Monotonic time.
  virtual void OnAllOpen(int64_t now_ns) { (void)now_ns; }
  /// Two-phase sinks have come to the end of their input and wait for one more checkpoint to commit by.
  virtual void OnFinalCheckpointWanted() {}
};

struct JobEnvironment {
  Clock* clock = nullptr;
  WorkerPool* workers = nullptr;
  MetricsRegistry* metrics = nullptr;
  JobListener* listener = nullptr;  // may be null; outlives the job
  /// Empty: the memory backend.
  StateBackendFactory make_state;
  /// Checkpoints will be taken: two-phase sinks commit by them, also at the end of bounded input.
  bool checkpoints = false;
  /// Of the same job: 0, 1, …; only shown.
  int attempt = 0;
};

class Job {
 public:
  /// Makes all sources, operators and sinks; a refusal ("not supported yet: …") comes from here.
  /// `restore` may be null, else its reader outlives the job; the rest is copied. What does not fit is refused here
  /// (CheckRestore) or, where only the operator can tell, makes the job fail when it opens.
  static Result<std::unique_ptr<Job>> Create(JobGraph graph, const JobEnvironment& environment,
                                             const JobRestore* restore = nullptr);
  /// Cancels and waits if the job still runs.
  virtual ~Job() = default;

  // All methods may be called from any thread.
  virtual void Start() = 0;
  virtual void Cancel() = 0;
  /// Ends a streaming job gracefully: sources end where they are, without the last watermark, so open windows do not
  /// fire; sinks make all that they have visible; the status becomes FINISHED. A batch job is cancelled, because its
  /// operators would take the end for the end of the input.
  virtual void Stop() = 0;
  /// Blocks until the status is terminal.
  virtual JobStatus Wait() = 0;
  virtual JobStatus status() const = 0;
  /// The root error of a failed job.
  virtual std::optional<Error> failure() const = 0;
  virtual JobSnapshot Snapshot() const = 0;

  // --- checkpoints; ids ascend. Each subtask answers with OnSubtaskAck or OnDecline.
  /// Every subtask of every vertex answers, finished ones at once with `finished`. Without a running job, and in batch
  /// jobs, it is declined at once.
  virtual void TriggerCheckpoint(const CheckpointRequest& request) = 0;
  /// Subtasks that still work on it stop doing so and answer no more.
  virtual void AbortCheckpoint(int64_t id) = 0;
  /// The manifest is written: sinks commit, backends may refer to it, a job that was to stop finishes.
  virtual void ConfirmCheckpoint(int64_t id) = 0;
};

}  // namespace sluice::engine
