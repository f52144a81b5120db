// A job over all its attempts: checkpoints, restarts, savepoints, rescaling. The master decides by the coordinator and
// the restart strategy (both pure) and carries it out on one Job at a time.
//
// It has a control thread of its own, which starts with the first need of it: a bounded job without checkpoints and
// restarts never has one. Job's calls only leave a note for it; nothing of the master runs on worker threads but the
// end of such a plain job.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/runtime/checkpoint_config.h"
#include "engine/runtime/checkpoint_statistics.h"
#include "engine/runtime/job.h"

namespace sluice {
class Random;
}

namespace sluice::engine {

/// All pointers outlive the master.
struct JobMasterEnvironment {
  Clock* clock = nullptr;
  Random* random = nullptr;  // jitter of the restart strategy, names of savepoint folders
  WorkerPool* workers = nullptr;
  MetricsRegistry* metrics = nullptr;
  /// Empty: the memory backend.
  StateBackendFactory make_state;
  /// Opens the storage at a URI ("file:/x", "/x", "s3://…"). Empty: only memory is there, other folders are refused.
  std::function<Result<std::shared_ptr<CheckpointStorage>>(const std::string& uri)> open_storage;
  /// Makes an attempt. Empty: Job::Create.
  std::function<Result<std::unique_ptr<Job>>(JobGraph graph, const JobEnvironment& environment,
                                             const JobRestore* restore)>
      make_job;
  /// Told of every change of the status, in order, and at last of the terminal one. Must not call the master, nor wait.
  std::function<void(JobStatus status, int64_t now_ms)> on_status;
  /// Told once, just before on_status hears of the terminal status. Must not call the master.
  std::function<void(JobStatus status, const std::optional<Error>& failure)> on_end;
  /// Told of what went wrong without ending the job (a checkpoint that failed, a corrupt one that was skipped), of
  /// restarts and of restores: one line each.
  std::function<void(const std::string& line, bool problem)> on_note;
};

/// POST /jobs/:id/savepoints and /jobs/:id/stop.
struct SavepointOrder {
  std::string folder;  // URI; empty: execution.checkpointing.savepoint-dir
  AfterCheckpoint then = AfterCheckpoint::kGoOn;
  /// With kGoOn: the job is cancelled once the savepoint is complete ("cancel-job" of Flink's REST call), and until
  /// then takes no other checkpoint, whose commits would go beyond it.
  bool cancel_job = false;
};

struct SavepointFacts {
  bool done = false;
  std::string location;        // done without failure
  std::optional<Error> error;  // done with one
};

/// /jobs/:id/exceptions: a root failure, newest first in JobHistory.
struct FailureFacts {
  int64_t time_ms = 0;
  Error error{ErrorCode::kInternal, ""};
  std::string vertex_uid;  // empty: of the job as a whole
  int subtask = -1;
};

struct JobHistory {
  std::vector<FailureFacts> failures;  // newest first, at most web.exception-history-size
  bool truncated = false;              // there were more
  /// Flink's metrics: restarts so far (failures and rescalings); fullRestarts is the same number.
  int64_t restarts = 0;
  int64_t uptime_ms = 0;    // since the job runs without a break; 0 if it does not run
  int64_t downtime_ms = 0;  // since the failure that it is recovering from; 0 while it runs; -1 once it has ended
  int64_t restarting_ms = 0;
  int rescales = 0;
  int64_t last_rescale_gap_us = 0;  // from the last batch of the old tasks to the first of the new being able to run
};

/// Wall-clock ms at which a job came into each status (by JobStatus); 0: never.
using StatusTimes = std::array<int64_t, kJobStatusCount>;

class JobMaster {
 public:
  /// Makes the first attempt, so that refusals ("not supported yet: …", a savepoint that does not fit) come from here.
  /// The job restores from `config.restore`, else, if `resume` is set, from the newest checkpoint that is complete and
  /// whole below the job's own folder ("<checkpoint folder>/<job id>"), if there is one.
  static Result<std::unique_ptr<JobMaster>> Create(std::string job_id, JobGraph graph, JobConfig config,
                                                   JobMasterEnvironment environment, bool resume = false);
  /// Cancels and waits if the job still runs. What it does to its checkpoints then is Abandon's, not Cancel's.
  virtual ~JobMaster() = default;

  // All methods may be called from any thread but those of on_status.
  virtual void Start() = 0;
  /// The user's cancelling: checkpoints are deleted unless they are to be retained on cancellation.
  virtual void Cancel() = 0;
  /// Like Cancel for a process that ends but may come back: checkpoints stay.
  virtual void Abandon() = 0;
  /// See Job::Stop.
  virtual void Stop() = 0;
  virtual JobStatus Wait() = 0;
  virtual JobStatus status() const = 0;
  virtual std::optional<Error> failure() const = 0;
  /// Of the current attempt (while restarting: of the last); status, start and end are the whole job's.
  virtual JobSnapshot Snapshot() const = 0;
  virtual StatusTimes status_times() const = 0;
  virtual JobHistory History() const = 0;

  // --- checkpoints
  virtual const JobConfig& config() const = 0;
  virtual int max_parallelism() const = 0;
  virtual CheckpointStatistics Checkpoints() const = 0;
  virtual std::optional<CheckpointFacts> FindCheckpoint(int64_t id) const = 0;
  /// Takes a checkpoint now (POST /jobs/:id/checkpoints). Answers an order's number for FindOrder.
  virtual int64_t TriggerCheckpoint() = 0;
  /// Answers an order's number; kInvalidArgument if no folder is known. With kSuspend or kDrain the job is FINISHED
  /// once the savepoint is confirmed; if it fails the job goes on (kSuspend) or restarts (kDrain).
  virtual Result<int64_t> TriggerSavepoint(const SavepointOrder& order) = 0;
  /// Of the last 1000.
  virtual std::optional<SavepointFacts> FindOrder(int64_t order) const = 0;
  /// The id of the checkpoint that the order led to; 0: none yet.
  virtual std::optional<int64_t> CheckpointOfOrder(int64_t order) const = 0;

  // --- rescaling in place
  /// By vertex uid; vertices that are not named, and those that must run alone, keep what they have.
  virtual Status UpdateParallelism(const std::map<std::string, int>& parallelism) = 0;
  /// All vertices that the job may run in parallel.
  virtual Status UpdateParallelism(int parallelism) = 0;
};

}  // namespace sluice::engine
